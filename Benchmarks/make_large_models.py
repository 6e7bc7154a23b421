#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes models larger than memory into a folder, their weights as holes: they take no room on the disk.

    make_large_models.py FOLDER      # then: heavytail inspect FOLDER/…

No package is needed. The files: an ONNX model of 1 GiB with its weights inside, one of 2 GiB with its weights
beside it, and a folder of safetensors of 20 GiB in 20 shards."""

import json
import pathlib
import struct
import sys

ROWS, COLUMNS, COUNT = 8192, 4096, 8  # eight matrices of 128 MiB


def varint(value):
    head = b""
    while value >= 0x80:
        head, value = head + bytes([value & 0x7F | 0x80]), value >> 7
    return head + bytes([value])


def field(number, contents, hole=0):
    """A length-delimited field, `hole` bytes of which follow later."""
    return varint(number << 3 | 2) + varint(len(contents) + hole) + contents


def text(number, value):
    return field(number, value.encode())


def node(index):
    return field(1, text(1, "x") + text(1, f"layer{index}.weight") + text(2, f"y{index}") + text(4, "MatMul"))


def outline(index):
    return b"\x08" + varint(ROWS) + b"\x08" + varint(COLUMNS) + b"\x10\x01" + text(8, f"layer{index}.weight")


def write(path, parts):
    """Bytes as they are, numbers as holes."""
    with open(path, "wb") as file:
        for part in parts:
            if isinstance(part, int):
                file.seek(part, 1)
            else:
                file.write(part)
        file.truncate()


def onnx_inline(path):
    size = ROWS * COLUMNS * 4
    parts = [b"".join(node(i) for i in range(COUNT))]
    for i in range(COUNT):
        parts += [field(5, outline(i) + varint(9 << 3 | 2) + varint(size), size), size]
    total = sum(part if isinstance(part, int) else len(part) for part in parts)
    write(path, [b"\x08\x08" + field(8, b"\x10\x11") + varint(7 << 3 | 2) + varint(total), *parts])


def onnx_external(path):
    size, graph = ROWS * COLUMNS * 4, b"".join(node(i) for i in range(2 * COUNT))
    for i in range(2 * COUNT):
        entries = {"location": path.name + "_data", "offset": str(i * size), "length": str(size)}
        external = b"".join(field(13, text(1, k) + text(2, v)) for k, v in entries.items())
        graph += field(5, outline(i) + external + b"\x70\x01")
    write(path, [b"\x08\x08" + field(8, b"\x10\x11") + field(7, graph)])
    write(path.with_name(path.name + "_data"), [2 * COUNT * size])


def safetensors(folder):
    folder.mkdir(exist_ok=True)
    size, names = ROWS * COLUMNS * 4, {}
    for shard in range(20):
        file = f"model-{shard + 1:05}-of-00020.safetensors"
        header = {f"layers.{shard}.{i}.weight": {"dtype": "F32", "shape": [ROWS, COLUMNS],
                                                 "data_offsets": [i * size, (i + 1) * size]} for i in range(COUNT)}
        names |= dict.fromkeys(header, file)
        encoded = json.dumps(header).encode()
        encoded += b" " * (-len(encoded) % 8)
        write(folder / file, [struct.pack("<Q", len(encoded)) + encoded, COUNT * size])
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": names}))


if __name__ == "__main__":
    place = pathlib.Path(sys.argv[1])
    place.mkdir(parents=True, exist_ok=True)
    onnx_inline(place / "inline-1gib.onnx")
    onnx_external(place / "external-2gib.onnx")
    safetensors(place / "sharded-20gib")
