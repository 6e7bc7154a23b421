# SPDX-License-Identifier: Apache-2.0
"""Quantised/: small random weights in the published layouts of quantisation schemes, and what they stand for.

The numbers are drawn, not fitted: a file holds random codes, scales and zero points, and the manifest the float32
weight that the scheme defines for them, computed here with NumPy alone, straight from the layout."""

import json
import os

import ml_dtypes
import numpy as np
from safetensors import TensorSpec, serialize

import common
import manifest
from common import layer

FOLDER = common.ROOT / "Quantised"
E2M1 = np.array([0, 0.5, 1, 1.5, 2, 3, 4, 6, -0.0, -0.5, -1, -1.5, -2, -3, -4, -6], np.float32)

NF4 = np.array([-1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635,
                -0.18477343022823334, -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725,
                0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941,
                0.7229568362236023, 1.0], np.float32)
# The order of bitsandbytes, which is not that of E2M1.
FP4 = np.array([0, 0.0625, 8, 12, 4, 6, 2, 3, 0, -0.0625, -8, -12, -4, -6, -2, -3], np.float32) / np.float32(12)


class Draws:
    """Random parts of quantised weights, from one seed."""

    def __init__(self, seed):
        self.random = np.random.default_rng(seed)

    def codes(self, bits, *shape):
        return self.random.integers(0, 1 << bits, shape, dtype=np.int64)

    def scales(self, *shape, dtype=np.float16):
        return self.random.uniform(0.004, 0.02, shape).astype(dtype)

    def float8(self, *shape, low=0.25, high=4.0):
        signs = self.random.choice([-1.0, 1.0], shape) if low < 0 else 1.0
        return (self.random.uniform(abs(low), high, shape) * signs).astype(ml_dtypes.float8_e4m3fn)

    def exponents(self, *shape):
        return self.random.integers(115, 124, shape).astype(np.uint8)

    def values(self, *shape):
        return self.random.standard_normal(shape).astype(np.float32)


def stream(codes, bits):
    """Codes of the last axis as one stream of bits in 32-bit words, lowest bit first."""
    flags = (codes[..., None] >> np.arange(bits)) & 1
    flags = flags.reshape(*codes.shape[:-1], -1)
    flags = np.pad(flags, [(0, 0)] * (flags.ndim - 1) + [(0, -flags.shape[-1] % 32)])
    words = flags.reshape(*flags.shape[:-1], -1, 32).astype(np.uint64) << np.arange(32, dtype=np.uint64)
    return words.sum(-1).astype(np.uint32)


def nibbles(codes):
    """Two codes of four bits in a byte, the first in its lower half."""
    return (codes[..., 0::2] | codes[..., 1::2] << 4).astype(np.uint8)


def spread(groups, size):
    """Each number of the last axis `size` times."""
    return np.repeat(groups.astype(np.float32), size, axis=-1)


def power(exponents):
    return np.exp2(exponents.astype(np.float32) - 127).astype(np.float32)


def i32(words):
    return words.view(np.int32)


class File:
    def __init__(self):
        self.tensors, self.rows = {}, []

    def add(self, name, weight, /, **parts):
        for suffix, array in parts.items():
            self.tensors[f"{name}.{suffix.replace('__', '.')}"] = array
        if weight is not None:
            self.rows.append(layer(name, "dense", np.asarray(weight, np.float32)))

    def save(self, path, description, config=None, extra=()):
        parts = [(name, array.dtype.name, array.shape, np.ascontiguousarray(array))
                 for name, array in self.tensors.items()] + list(extra)
        header = {name: TensorSpec(dtype=dtype, shape=shape, data_ptr=array.ctypes.data, data_len=array.nbytes)
                  for name, dtype, shape, array in parts}
        place = FOLDER / path
        file = place / "model.safetensors" if config else place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(serialize(header, {"format": "pt"}))
        os.chmod(file, 0o644)
        if config:
            (place / "config.json").write_text(json.dumps(config, indent=1) + "\n")
        return common.entry(f"Quantised/{path}", "safetensors", "make_quantized.py", description, self.rows,
                            derived=True)


def gptq(file, draws, name, bits, version, shuffled):
    outputs, inputs, groups = 32, 64, 4
    codes, zeros = draws.codes(bits, inputs, outputs), draws.codes(bits, groups, outputs)
    scales = draws.scales(groups, outputs)
    index = np.arange(inputs) // (inputs // groups)
    if shuffled:
        index = draws.random.permutation(index)
    stored = (zeros - 1) % (1 << bits) if version == 1 else zeros
    weight = (codes - zeros[index]).astype(np.float32) * scales[index].astype(np.float32)
    file.add(name, weight.T, qweight=i32(stream(codes.T, bits).T.copy()), qzeros=i32(stream(stored, bits)),
             scales=scales, g_idx=index.astype(np.int32), bias=draws.scales(outputs))


def make_gptq():
    entries = []
    for version, path in ((1, "gptq.safetensors"), (2, "gptq-v2")):
        file, draws = File(), Draws(30 + version)
        for bits in (2, 3, 4, 8):
            gptq(file, draws, f"bits{bits}", bits, version, shuffled=False)
            gptq(file, draws, f"bits{bits}_by_activation", bits, version, shuffled=True)
        config = {"quantization_config": {"quant_method": "gptq", "checkpoint_format": "gptq_v2"}} if version == 2 else None
        entries.append(file.save(path, f"GPTQ of 2, 3, 4 and 8 bits, zero points of version {version}, inputs grouped in "
                                 "order and by activation", config))
    return entries


def make_awq():
    file, draws = File(), Draws(33)
    outputs, inputs = 16, 256
    order = [0, 2, 4, 6, 1, 3, 5, 7]

    def words(codes):
        return i32(stream(codes.reshape(codes.shape[0], -1, 8)[..., order].reshape(codes.shape), 4))

    codes, zeros, scales = draws.codes(4, inputs, outputs), draws.codes(4, 4, outputs), draws.scales(4, outputs)
    group = np.arange(inputs) // 64
    file.add("gemm", ((codes - zeros[group]).astype(np.float32) * scales[group].astype(np.float32)).T,
             qweight=words(codes), qzeros=words(zeros), scales=scales)
    # For matrix-vector products: outputs first, nothing interleaved, groups padded to a multiple of sixteen.
    codes, zeros, scales = draws.codes(4, outputs, inputs), draws.codes(4, outputs, 4), draws.scales(outputs, 4)
    weight = (codes - np.repeat(zeros, 64, 1)).astype(np.float32) * spread(scales, 64)
    padding = ((0, 0), (0, 12))
    file.add("gemv", weight, qweight=i32(stream(codes, 4)), qzeros=i32(stream(np.pad(zeros, padding), 4)),
             scales=np.pad(scales, padding))
    return [file.save("awq.safetensors", "AWQ of 4 bits in both of its layouts")]


def make_bitsandbytes():
    file, draws = File(), Draws(34)
    shape, size = (12, 64), 64

    def add(name, table, nested):
        count = shape[0] * shape[1]
        codes = draws.codes(4, count)
        state = {"quant_type": name, "blocksize": size, "dtype": "bfloat16", "shape": list(shape)}
        parts = {"weight": (codes[0::2] << 4 | codes[1::2]).astype(np.uint8)[:, None], "weight__quant_map": table}
        if nested:
            absmax = draws.codes(8, count // size).astype(np.uint8)
            outer, levels = draws.scales(1, dtype=np.float32), np.linspace(-1, 1, 256).astype(np.float32)
            offset = np.float32(0.03125)
            scales = levels[absmax] * outer[0] + offset
            state |= {"nested_blocksize": 256, "nested_dtype": "float32", "nested_offset": float(offset)}
            parts |= {"weight__nested_absmax": outer, "weight__nested_quant_map": levels}
        else:
            absmax = scales = draws.scales(count // size, dtype=np.float32)
        parts |= {"weight__absmax": absmax,
                  f"weight__quant_state.bitsandbytes__{name}": np.frombuffer(json.dumps(state).encode(), np.uint8)}
        for key in list(parts):
            file.tensors[f"{name}.{key.replace('__', '.', 1)}"] = parts[key]
        file.rows.append(layer(name, "dense", (table[codes] * np.repeat(scales, size)).reshape(shape)))

    add("nf4", NF4, nested=True)
    add("fp4", FP4, nested=False)
    codes, columns = draws.random.integers(-127, 128, shape).astype(np.int8), draws.scales(12, dtype=np.float32)
    file.add("int8", codes.astype(np.float32) * (columns / np.float32(127))[:, None], weight=codes, SCB=columns)
    return [file.save("bitsandbytes.safetensors", "bitsandbytes: NF4 with nested scales, FP4, 8-bit integers")]


def make_float8():
    file, draws = File(), Draws(35)
    for name, shape, grid, suffix in (
            ("per_tensor", (8, 16), (), "weight_scale"), ("per_channel", (8, 16), (8, 1), "weight_scale"),
            ("per_group", (8, 64), (8, 2), "weight_scale"), ("per_block", (40, 56), (2, 3), "weight_scale_inv"),
            ("experts.0.w1", (40, 56), (2, 3), "scale")):
        weight, scale = draws.float8(*shape, low=-0.25), draws.scales(*grid, dtype=np.float32)
        block = {(2, 3): (32, 24), (8, 2): (1, 32), (8, 1): (1, 16), (): shape}[grid]
        factors = np.kron(np.atleast_2d(scale), np.ones(block, np.float32))[:shape[0], :shape[1]].astype(np.float32)
        file.add(name, weight.astype(np.float32) * factors, weight=weight, **{suffix: scale})
    config = {"quantization_config": {"quant_method": "fp8", "fmt": "e4m3", "weight_block_size": [32, 24]}}
    return [file.save("float8", "float8 with a scale per tensor, channel, group and block of 32×24", config)]


def make_compressed_tensors():
    file, draws = File(), Draws(36)
    outputs, inputs, groups = 32, 96, 3
    size = inputs // groups
    shape = np.array([outputs, inputs])
    for name, bits, asymmetric, shuffled in (("pack4", 4, False, False), ("pack8", 8, False, False),
                                             ("pack4_asymmetric", 4, True, False), ("pack3", 3, True, False),
                                             ("pack4_by_activation", 4, False, True)):
        codes, scales = draws.codes(bits, outputs, inputs), draws.scales(outputs, groups, dtype=ml_dtypes.bfloat16)
        zeros = draws.codes(bits, outputs, groups) if asymmetric else np.full((outputs, groups), 1 << (bits - 1))
        index = np.arange(inputs) // size
        if shuffled:
            index = draws.random.permutation(index)
        parts = {"weight_packed": i32(stream(codes, bits)), "weight_scale": scales, "weight_shape": shape}
        if asymmetric:
            parts["weight_zero_point"] = i32(stream(zeros.T, bits).T.copy())
        if shuffled:
            parts["weight_g_idx"] = index.astype(np.int32)
        file.add(name, (codes - zeros[:, index]).astype(np.float32) * scales.astype(np.float32)[:, index], **parts)
    codes, scales = draws.random.integers(-128, 128, (outputs, inputs)).astype(np.int8), draws.scales(outputs, 1)
    zeros = draws.random.integers(-128, 128, (outputs, 1)).astype(np.int8)
    file.add("int8", (codes.astype(np.float32) - zeros) * scales.astype(np.float32), weight=codes, weight_scale=scales,
             weight_zero_point=zeros)
    codes, scales = draws.codes(4, outputs, inputs), draws.float8(outputs, inputs // 16)
    overall = np.array([96], np.float32)
    file.add("nvfp4", E2M1[codes] * spread(scales.astype(np.float32) / overall, 16), weight_packed=nibbles(codes),
             weight_scale=scales, weight_global_scale=overall)
    codes, scales = draws.codes(4, outputs, inputs), draws.exponents(outputs, inputs // 32)
    file.add("mxfp4", E2M1[codes] * spread(power(scales), 32), weight_packed=nibbles(codes), weight_scale=scales)
    weight, scales = draws.float8(outputs, inputs, low=-0.25), draws.exponents(outputs, inputs // 32)
    file.add("mxfp8", weight.astype(np.float32) * spread(power(scales), 32), weight=weight, weight_scale=scales)
    return [file.save("compressed-tensors.safetensors", "compressed-tensors: packed integers of 3, 4 and 8 bits, plain "
                      "8-bit integers, NVFP4, MXFP4, MXFP8")]


def make_four_bit_floats():
    file, draws = File(), Draws(37)
    codes, scales = draws.codes(4, 16, 64), draws.float8(16, 4)
    overall = np.array(0.0078125, np.float32)
    file.add("modelopt", E2M1[codes] * spread(scales.astype(np.float32) * overall, 16), weight=nibbles(codes),
             weight_scale=scales, weight_scale_2=overall)
    codes, scales = draws.codes(4, 16, 64), draws.exponents(16, 2)
    file.add("experts.0.w1", E2M1[codes] * spread(power(scales), 32), weight=nibbles(codes).view(np.int8),
             scale=scales.view(ml_dtypes.float8_e8m0fnu))
    # gpt-oss: [expert, output, input], where its twin in bfloat16 is [expert, input, output].
    for name, outputs, inputs in (("gate_up_proj", 64, 32), ("down_proj", 32, 32)):
        codes, scales = draws.codes(4, 2, outputs, inputs), draws.exponents(2, outputs, inputs // 32)
        key = f"mlp.experts.{name}"
        file.tensors |= {f"{key}_blocks": nibbles(codes).reshape(2, outputs, inputs // 32, 16), f"{key}_scales": scales,
                         f"{key}_bias": draws.values(2, outputs)}
        file.rows.append(layer(key, "experts", E2M1[codes] * spread(power(scales), 32)))
    codes, scaled, scales = draws.codes(4, 6, 10), draws.codes(4, 4, 32), draws.scales(4, 2, dtype=np.float32)
    file.rows += [layer("plain", "dense", E2M1[codes]), layer("scaled", "dense", E2M1[scaled] * spread(scales, 16))]
    file.tensors["scaled.weight_scale"] = scales
    return [file.save("fp4.safetensors", "floats of 4 bits: NVFP4 of ModelOpt, MXFP4 of DeepSeek and of gpt-oss experts, "
                      "the F4 of the format",
                      extra=[("plain.weight", "float4_e2m1fn_x2", (6, 5), nibbles(codes)),
                             ("scaled.weight", "float4_e2m1fn_x2", (4, 16), nibbles(scaled))])]


def make_mlx():
    file, draws = File(), Draws(38)
    outputs, inputs = 16, 128
    for bits, size in ((2, 32), (3, 64), (4, 64), (6, 32), (8, 64)):
        codes, groups = draws.codes(bits, outputs, inputs), inputs // size
        scales, biases = draws.scales(outputs, groups), draws.scales(outputs, groups)
        file.add(f"affine{bits}", codes.astype(np.float32) * spread(scales, size) + spread(biases, size),
                 weight=stream(codes, bits), scales=scales, biases=biases)
    codes, scales = draws.codes(4, outputs, inputs), draws.exponents(outputs, inputs // 32)
    file.add("mxfp4", E2M1[codes] * spread(power(scales), 32), weight=nibbles(codes).view(np.uint32), scales=scales)
    codes, scales = draws.codes(4, outputs, inputs), draws.float8(outputs, inputs // 16)
    file.add("nvfp4", E2M1[codes] * spread(scales, 16), weight=nibbles(codes).view(np.uint32), scales=scales.view(np.uint8))
    weight, scales = draws.float8(outputs, inputs, low=-0.25), draws.exponents(outputs, inputs // 32)
    file.add("mxfp8", weight.astype(np.float32) * spread(power(scales), 32), weight=weight.view(np.uint32), scales=scales)
    config = {"quantization": {"group_size": 64, "bits": 4, "affine2": {"group_size": 32, "bits": 2},
                               "affine6": {"group_size": 32, "bits": 6}}}
    return [file.save("mlx", "MLX: affine of 2 to 8 bits, MXFP4, NVFP4, MXFP8", config)]


def make_opaque():
    """Schemes that are named and not dequantised: the tensors' names and types, and zeros."""
    def zeros(dtype, *shape):
        return np.zeros(shape, dtype)

    file = File()
    file.add("hqq", None, W_q=zeros(np.uint8, 8, 8), scale=zeros(np.float16, 8, 1), zero=zeros(np.float16, 8, 1))
    file.add("aqlm", None, codes=zeros(np.int16, 8, 2, 1), codebooks=zeros(np.float16, 1, 16, 1, 8),
             scales=zeros(np.float16, 8, 1, 1, 1))
    file.add("vptq", None, indices=zeros(np.int32, 1, 8, 2), centroids__weight=zeros(np.float16, 1, 64))
    file.add("quip", None, Qidxs=zeros(np.int16, 8, 2), SU=zeros(np.float16, 8), SV=zeros(np.float16, 8))
    file.add("spqr", None, dense_weights=zeros(np.int64, 16), row_offsets=zeros(np.int32, 9), col_vals=zeros(np.int32, 4))
    file.add("exl2", None, q_weight=zeros(np.int32, 8, 8), q_scale=zeros(np.int32, 2, 1), q_groups=zeros(np.int16, 4))
    file.add("exl3", None, trellis=zeros(np.int16, 1, 1, 64), suh=zeros(np.float16, 16), svh=zeros(np.float16, 16))
    file.add("quanto", None, weight___data=zeros(np.uint8, 8, 4), weight___scale=zeros(np.float16, 8, 1),
             weight___shift=zeros(np.float16, 8, 1))
    file.add("torchao", None, _weight_qdata=zeros(np.int8, 8, 8), _weight_scale=zeros(np.float16, 8, 1))
    file.add("marlin", None, B=zeros(np.int32, 4, 16), s=zeros(np.float16, 1, 8))
    file.add("sparse", None, compressed=zeros(np.float16, 8, 4), bitmask=zeros(np.uint8, 8, 1), shape=zeros(np.int64, 2))
    file.add("marlin24", None, weight_packed=zeros(np.int32, 4, 16), scale_packed=zeros(np.float16, 1, 8),
             meta=zeros(np.int16, 8, 1))
    file.add("eetq", None, weight=zeros(np.int8, 8, 8), weight_scales=zeros(np.float16, 8))
    file.add("higgs", None, weight=zeros(np.int16, 8, 8), scales=zeros(np.float16, 8, 1), tables=zeros(np.float16, 16),
             tables2=zeros(np.float16, 16, 16, 2))
    file.add("bitnet", None, weight=zeros(np.uint8, 2, 8), weight_scale=zeros(np.float16, 1))
    file.tensors["fc.weight"] = np.eye(4, dtype=np.float32)
    file.rows.append(layer("fc", "dense", np.eye(4, dtype=np.float32)))
    return [file.save("opaque.safetensors", "one layer in each of the schemes that are named and not dequantised, and "
                      "a plain one")]


def main():
    for path in FOLDER.rglob("*"):
        if path.is_file():
            path.unlink()
    manifest.record("Quantised", make_gptq() + make_awq() + make_bitsandbytes() + make_float8()
                    + make_compressed_tensors() + make_four_bit_floats() + make_mlx() + make_opaque())
    manifest.main()


if __name__ == "__main__":
    main()
