#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes models of well-known shapes with random weights into a folder, one folder of safetensors each.

    make_random_models.py FOLDER     # needs numpy; leaves alone what is there already

Every weight is normal with variance 1/(inputs × kernel positions), from a seed of its own model: the same files
wherever they are made."""

import json
import pathlib
import struct
import sys

import numpy


def block():
    """Three projections of a transformer of seven thousand million parameters."""
    return {"q_proj": (4096, 4096), "down_proj": (4096, 11008), "k_proj": (1024, 4096)}


def resnet18():
    """The convolutions of 3×3 of a ResNet-18: inputs, outputs, how many."""
    stages = ((64, 64, 4), (64, 128, 1), (128, 128, 3), (128, 256, 1), (256, 256, 3), (256, 512, 1), (512, 512, 3))
    shapes = [(outputs, inputs, 3, 3) for inputs, outputs, count in stages for _ in range(count)]
    return {f"layer{i}.conv": shape for i, shape in enumerate(shapes)}


def small300():
    return {f"layer{i}.conv": (32, 32, 3, 3) for i in range(300)}


def gpt2():
    """The smallest GPT-2: its embedding and four matrices in each of twelve blocks."""
    shapes = {"embedding": (50257, 768)}
    for i in range(12):
        shapes |= {f"h.{i}.attention": (768, 2304), f"h.{i}.projection": (768, 768),
                   f"h.{i}.up": (768, 3072), f"h.{i}.down": (3072, 768)}
    return shapes


MODELS = {"block-f32": (block, "F32"), "block-bf16": (block, "BF16"), "resnet18": (resnet18, "F32"),
          "small300": (small300, "F32"), "gpt2": (gpt2, "F32")}
WIDTHS = {"F32": 4, "BF16": 2}


def encoded(values, dtype):
    """Little-endian bytes; bfloat16 is the upper half of a float, rounded to even."""
    if dtype == "F32":
        return values.astype("<f4").tobytes()
    bits = values.astype("<f4").view("<u4")
    return ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16).astype("<u2").tobytes()


def write(folder, shapes, dtype):
    header, end = {}, 0
    for name, shape in shapes.items():
        start, end = end, end + WIDTHS[dtype] * int(numpy.prod(shape))
        header[f"{name}.weight"] = {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}
    head = json.dumps(header).encode()
    head += b" " * (-len(head) % 8)
    random = numpy.random.default_rng(1)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps({"model_type": "random"}))
    partial = folder / "partial"
    with open(partial, "wb") as file:
        file.write(struct.pack("<Q", len(head)) + head)
        for shape in shapes.values():
            scale = numpy.float32(1 / numpy.sqrt(numpy.prod(shape[1:])))
            file.write(encoded(random.standard_normal(shape, dtype=numpy.float32) * scale, dtype))
    partial.rename(folder / "model.safetensors")


if __name__ == "__main__":
    place = pathlib.Path(sys.argv[1])
    for name, (shapes, dtype) in MODELS.items():
        if not (place / name / "model.safetensors").exists():
            write(place / name, shapes(), dtype)
