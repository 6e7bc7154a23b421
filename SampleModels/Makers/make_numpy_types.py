# SPDX-License-Identifier: Apache-2.0
"""Variety/structures.npy and Variety/pickled-types.npy: arrays of structures, records, masked arrays and the types
of ml_dtypes, in numpy's format and inside a pickle."""

import ml_dtypes
import numpy as np

import common
import manifest

MAKER = "make_numpy_types.py"
random = np.random.default_rng(31)


def draw(*shape):
    return random.normal(size=shape).astype(np.float32)


def structures(rows):
    """A structure whose parts lie at no multiple of their size, big-endian and nested ones among them."""
    type = np.dtype([("flag", "u1"), ("matrix", "<f4", (3,)), ("inner", [("h", ">f2", (2,)), ("wide", "<f8", (4,))])])
    array = np.zeros(rows, type)
    array["matrix"] = draw(rows, 3)
    array["inner"]["h"], array["inner"]["wide"] = draw(rows, 2), draw(rows, 4)
    return array, [("matrix", array["matrix"]), ("inner.h", array["inner"]["h"]), ("inner.wide", array["inner"]["wide"])]


def save(name, array, description, rows):
    path = common.ROOT / "Variety" / name
    np.save(path, array)
    layers = [common.layer(n, "dense", a, element_type=type) for n, a, type in rows]
    return common.entry("Variety/" + name, "numpy", MAKER, description, layers, derived=True)


def main():
    array, fields = structures(5)
    made = [save("structures.npy", array, "an array of structures, packed without gaps",
                 [(f"structures.{n}", a, common.little_endian(a).dtype.name) for n, a in fields])]
    array, fields = structures(4)
    record = np.rec.array(array)
    masked = np.ma.array(draw(3, 5), mask=random.random((3, 5)) < 0.3)
    brain = draw(4, 6).astype(ml_dtypes.bfloat16)
    value = {"structure": array, "record": record, "partial": masked, "brain": brain}
    rows = [(f"{p}.{n}", a, common.little_endian(a).dtype.name) for p in ("structure", "record") for n, a in fields]
    rows += [("partial", masked.data, "float32"), ("brain", brain, "bfloat16")]
    made.append(save("pickled-types.npy", np.array(value, dtype=object), "the same in a pickle, and other arrays", rows))
    names = {entry["path"] for entry in made}
    kept = manifest.load()
    manifest.store({"schema": 1, "files": [e for e in kept["files"] if e["path"] not in names] + made})


if __name__ == "__main__":
    main()
