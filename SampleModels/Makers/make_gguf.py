# SPDX-License-Identifier: Apache-2.0
"""GGUF/: small random weights in every version, byte order and quantisation of GGUF.

Files are written here byte by byte. Blocks hold random bytes, so that every bit of them counts; what they stand for
comes from the package gguf, apart from three types that it does not dequantise (Q8_1, Q8_K, Q1_0)."""

import struct

import numpy as np
from gguf import GGMLQuantizationType as Type
from gguf import GGUFReader, GGUFValueType as Value
from gguf import quants

import common
import manifest
from common import layer

FOLDER = common.ROOT / "GGUF"
SIZES = quants.GGML_QUANT_SIZES
SIZES[Type.Q8_1] = (32, 36)  # as ggml has it; the package has the size of an earlier layout
PLAIN = {Type.F32: "float32", Type.F16: "float16", Type.BF16: "bfloat16", Type.F64: "float64", Type.I8: "int8",
         Type.I16: "int16", Type.I32: "int32", Type.I64: "int64"}
# Where the scales of 16 bits lie in a block.
SCALES = {Type.Q4_0: (0,), Type.Q4_1: (0, 2), Type.Q5_0: (0,), Type.Q5_1: (0, 2), Type.Q8_0: (0,), Type.Q8_1: (0, 2),
          Type.Q2_K: (80, 82), Type.Q3_K: (108,), Type.Q4_K: (0, 2), Type.Q5_K: (0, 2), Type.Q6_K: (208,),
          Type.IQ2_XXS: (0,), Type.IQ2_XS: (0,), Type.IQ3_XXS: (0,), Type.IQ1_S: (0,), Type.IQ4_NL: (0,),
          Type.IQ3_S: (0,), Type.IQ2_S: (0,), Type.IQ4_XS: (0,), Type.TQ1_0: (52,), Type.TQ2_0: (64,),
          Type.Q1_0: (0,)}
# Points of the codebook, points per block, where their lower bytes lie and how the upper bits are set.
POINTS = {Type.IQ1_S: (2048, 32, 2), Type.IQ1_M: (2048, 32, 0), Type.IQ2_S: (1024, 32, 2), Type.IQ3_S: (512, 64, 2)}


class Draws:
    def __init__(self, seed):
        self.random = np.random.default_rng(seed)

    def values(self, *shape):
        return self.random.standard_normal(shape).astype(np.float32)

    def blocks(self, kind, rows, columns):
        """Blocks of random bits with finite scales: [rows, bytes]."""
        size, width = SIZES[kind]
        blocks = self.random.integers(0, 256, (rows * columns // size, width), dtype=np.uint8)
        halves = self.random.uniform(-0.02, 0.02, (len(blocks), 4)).astype(np.float16).view(np.uint8)
        for number, place in enumerate(SCALES.get(kind, ())):
            blocks[:, place:place + 2] = halves[:, 2 * number:2 * number + 2]
        if kind == Type.Q8_K:
            blocks[:, :4] = self.random.uniform(-0.02, 0.02, len(blocks)).astype(np.float32)[:, None].view(np.uint8)
        if kind == Type.IQ1_M:  # one scale in the upper quarters of four words
            scale = halves[:, :2].copy().view(np.uint16)[:, 0]
            for part in range(4):
                blocks[:, 49 + 2 * part] = blocks[:, 49 + 2 * part] & 15 | (scale >> 4 * part << 4 & 240).astype(np.uint8)
        if kind in POINTS:
            self.use_all_points(kind, blocks)
        return blocks.reshape(rows, -1)

    def use_all_points(self, kind, blocks):
        count, per_block, start = POINTS[kind]
        used = count // per_block
        points = self.random.permutation(count).reshape(used, per_block)
        blocks[:used, start:start + per_block] = points & 255
        high = points >> 8
        if kind == Type.IQ1_S:
            words = (high.reshape(used, 8, 4) << np.array([0, 3, 6, 9])).sum(2).astype(np.uint16)
            stored = blocks[:used, 34:50].copy().view(np.uint16) & 0xF000
            blocks[:used, 34:50] = (stored | words).view(np.uint8)
        elif kind == Type.IQ1_M:
            high = high.reshape(used, 16, 2)
            blocks[:used, 32:48] = blocks[:used, 32:48] & 0x88 | high[..., 0] | high[..., 1] << 4
        elif kind == Type.IQ2_S:
            blocks[:used, 66:74] = (high.reshape(used, 8, 4) << np.array([0, 2, 4, 6])).sum(2)
        else:
            blocks[:used, 66:74] = (high.reshape(used, 8, 8) << np.arange(8)).sum(2)


def dequantized(kind, data):
    """What the blocks stand for, as float32."""
    if kind not in (Type.Q8_1, Type.Q8_K, Type.Q1_0):
        return quants.dequantize(data, kind)
    blocks = data.reshape(-1, SIZES[kind][1])
    if kind == Type.Q1_0:
        bits = np.unpackbits(blocks[:, 2:], axis=1, bitorder="little")
        values = blocks[:, :2].copy().view(np.float16).astype(np.float32) * (2 * bits.astype(np.float32) - 1)
    elif kind == Type.Q8_1:
        values = blocks[:, :2].copy().view(np.float16).astype(np.float32) * blocks[:, 4:].view(np.int8)
    else:
        values = blocks[:, :4].copy().view(np.float32) * blocks[:, 4:260].view(np.int8)
    return values.astype(np.float32).reshape(len(data), -1)


def big_endian(kind, data):
    """The same blocks with the bytes of their scales exchanged."""
    blocks = data.reshape(-1, SIZES[kind][1]).copy()
    for place in SCALES.get(kind, ()):
        blocks[:, place:place + 2] = blocks[:, place:place + 2][:, ::-1]
    return blocks.reshape(data.shape)


class File:
    """Tensors and metadata on their way into a file, and the rows that the manifest has for them."""

    def __init__(self, version=3, order="<"):
        self.version, self.order = version, order
        self.metadata, self.tensors, self.rows = [], [], []

    def plain(self, name, array, kind=Type.F32, layer_kind=None, **row):
        stored = array if kind != Type.BF16 else (array.view(np.uint32) >> 16).astype(np.uint16)
        stored = stored if kind == Type.BF16 else stored.astype(PLAIN[kind])
        self.tensors.append((name, kind, array.shape, stored.astype(stored.dtype.newbyteorder(self.order)).tobytes()))
        if layer_kind:
            self.rows.append(layer(name.removesuffix(".weight"), layer_kind, stored, element_type=PLAIN[kind], **row))

    def blocks(self, name, kind, draws, shape, layer_kind="dense", parts=None):
        rows = int(np.prod(shape[:-1]))
        data = draws.blocks(kind, rows, shape[-1])
        weight = dequantized(kind, data).reshape(shape)
        self.tensors.append((name, kind, shape, (data if self.order == "<" else big_endian(kind, data)).tobytes()))
        start = 0
        for role, height in parts or (("kernel", shape[0]),):
            self.rows.append(layer(name.removesuffix(".weight"), layer_kind, weight[start:start + height], role=role))
            start += height

    def number(self, code, value):
        return struct.pack(self.order + code, value)

    def count(self, value):
        return self.number("I" if self.version == 1 else "Q", value)

    def text(self, value):
        return self.count(len(value.encode())) + value.encode()

    def value(self, value):
        codes = {bool: (Value.BOOL, "B"), int: (Value.UINT32, "I"), float: (Value.FLOAT32, "f")}
        if isinstance(value, str):
            return self.number("I", Value.STRING) + self.text(value)
        if isinstance(value, list):
            parts = [self.value(item) for item in value]
            return self.number("I", Value.ARRAY) + parts[0][:4] + self.count(len(parts)) + b"".join(p[4:] for p in parts)
        if isinstance(value, np.integer):
            kind = {"uint16": Value.UINT16, "int32": Value.INT32}[value.dtype.name]
            return self.number("I", kind) + value.astype(value.dtype.newbyteorder(self.order)).tobytes()
        kind, code = codes[type(value)]
        return self.number("I", kind) + self.number(code, value)

    def save(self, path):
        alignment = dict(self.metadata).get("general.alignment", 32)
        header = b"GGUF" + self.number("I", self.version) + self.count(len(self.tensors)) + self.count(len(self.metadata))
        for key, value in self.metadata:
            header += self.text(key) + self.value(value)
        data = b""
        for name, kind, shape, content in self.tensors:
            extents = b"".join(self.count(extent) for extent in reversed(shape))
            header += (self.text(name) + self.number("I", len(shape)) + extents + self.number("I", kind)
                       + self.number("Q", len(data)))
            data += content + bytes(-len(content) % alignment)
        place = FOLDER / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(header + bytes(-len(header) % alignment) + data)
        if self.version > 1:
            self.check(place)

    def check(self, place):
        """The format's own package finds the same tensors at the same places."""
        found = {tensor.name: tensor for tensor in GGUFReader(place).tensors}
        for name, _, shape, content in self.tensors:
            assert tuple(reversed(found[name].shape.tolist())) == tuple(shape), name
            assert found[name].data.tobytes() == content, name


def entry(path, description, rows):
    return common.entry(f"GGUF/{path}", "gguf", "make_gguf.py", description, rows, derived=True)


def make_types():
    file, draws = File(), Draws(41)
    file.metadata = [("general.architecture", "none"), ("general.alignment", 64), ("general.name", "every type"),
                     ("tokenizer.ggml.tokens", ["a", "bc", ""]), ("none.flag", True), ("none.ratio", 0.5)]
    for kind in PLAIN:
        name = f"{kind.name.lower()}.weight"
        is_float = PLAIN[kind] in ("float32", "float16", "bfloat16", "float64")
        file.plain(name, draws.values(3, 5) * 10, kind, "dense" if is_float else None)
    for kind in (kind for kind in SIZES if kind not in PLAIN):
        if kind in POINTS:
            blocks = POINTS[kind][0] // POINTS[kind][1]
            shape = (4, blocks // 4 * 256)
        else:
            shape = (3, 2 * max(SIZES[kind][0], 64))
        file.blocks(f"{kind.name.lower()}.weight", kind, draws, shape)
    file.save("types.gguf")
    return entry("types.gguf", "one matrix in every element type and quantisation; every point of the larger codebooks",
                 file.rows)


def make_llama():
    file, draws = File(), Draws(42)
    file.metadata = [("general.architecture", "llama"), ("general.name", "tiny"), ("llama.block_count", 2),
                     ("llama.embedding_length", 64), ("llama.attention.head_count", 4),
                     ("llama.attention.head_count_kv", [2, 2]), ("llama.attention.key_length", 16),
                     ("llama.attention.value_length", 16), ("llama.expert_count", 3)]
    file.blocks("output.weight", Type.Q8_0, draws, (32, 64))
    file.plain("output_norm.weight", draws.values(64))
    file.blocks("token_embd.weight", Type.Q5_1, draws, (32, 64), "embedding")
    for name, kind, shape in (("attn_q", Type.Q4_0, (64, 64)), ("attn_k", Type.Q4_0, (32, 64)),
                              ("attn_v", Type.Q5_0, (32, 64)), ("attn_output", Type.IQ4_NL, (64, 64)),
                              ("ffn_gate", Type.Q4_1, (96, 64)), ("ffn_up", Type.Q4_1, (96, 64)),
                              ("ffn_down", Type.Q8_0, (64, 96))):
        file.blocks(f"blk.0.{name}.weight", kind, draws, shape)
    file.plain("blk.0.attn_norm.weight", draws.values(64))
    file.plain("blk.0.attn_q.bias", draws.values(64))
    file.blocks("blk.1.attn_qkv.weight", Type.Q4_0, draws, (128, 64), "attention",
                (("query", 64), ("key", 32), ("value", 32)))
    file.blocks("blk.1.attn_output.weight", Type.MXFP4, draws, (64, 64))
    file.plain("blk.1.ffn_gate_inp.weight", draws.values(3, 64), layer_kind="dense")
    file.blocks("blk.1.ffn_gate_exps.weight", Type.Q4_0, draws, (3, 32, 64), "experts", (("kernel", 3),))
    file.blocks("blk.1.ffn_up_exps.weight", Type.Q4_0, draws, (3, 32, 64), "experts", (("kernel", 3),))
    file.blocks("blk.1.ffn_down_exps.weight", Type.Q8_0, draws, (3, 64, 32), "experts", (("kernel", 3),))
    file.save("llama.gguf")
    return entry("llama.gguf", "two blocks of a llama: grouped queries, a fused projection, experts", file.rows)


def make_version(version, order, path, kinds, description):
    file, draws = File(version, order), Draws(50 + version + (order == ">"))
    file.metadata = [("general.architecture", "none"), ("none.numbers", [1, 2, 3])]
    file.plain("f32.weight", draws.values(4, 6), layer_kind="dense")
    file.plain("f16.weight", draws.values(4, 6), Type.F16, "dense")
    file.plain("bf16.weight", draws.values(4, 6), Type.BF16, "dense")
    for kind in kinds:
        file.blocks(f"{kind.name.lower()}.weight", kind, draws, (2, SIZES[kind][0] * 2))
    file.save(path)
    return entry(path, description, file.rows)


def make_split():
    draws, rows = Draws(60), []
    for number in range(2):
        file = File()
        if number == 0:
            file.metadata = [("general.architecture", "llama"), ("llama.attention.head_count", 2),
                             ("llama.embedding_length", 32)]
        file.metadata += [("split.no", np.uint16(number)), ("split.count", np.uint16(2)),
                          ("split.tensors.count", np.int32(4))]
        for name in (("attn_q", "attn_k") if number == 0 else ("ffn_up", "ffn_down")):
            file.blocks(f"blk.0.{name}.weight", Type.Q8_0, draws, (32, 32))
        file.save(f"split/model-0000{number + 1}-of-00002.gguf")
        rows += file.rows
    return entry("split", "one model in two parts", rows)


def main():
    for path in FOLDER.rglob("*"):
        if path.is_file():
            path.unlink()
    old = (Type.Q4_0, Type.Q5_1, Type.Q6_K)
    manifest.record("GGUF", [
        make_types(), make_llama(),
        make_version(1, "<", "version-1.gguf", old, "the first version, with counts of 32 bits"),
        make_version(2, "<", "version-2.gguf", old, "the second version"),
        make_version(3, ">", "big-endian.gguf", (Type.Q4_0, Type.Q8_0, Type.Q4_K, Type.Q6_K, Type.MXFP4, Type.NVFP4,
                                                 Type.Q4_1, Type.Q2_K), "the third version, big-endian"),
        make_split()])
    manifest.main()


if __name__ == "__main__":
    main()
