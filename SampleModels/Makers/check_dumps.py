# SPDX-License-Identifier: Apache-2.0
"""Exports every sample with `heavytail export` and reads the dumps with the safetensors package and NumPy: names,
shapes and SHA-256 sums are those of graph.json.

    check_dumps.py path/to/heavytail"""

import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile

import common
import manifest

import numpy as np
from safetensors import safe_open

# Types that NumPy lacks: the safetensors package does not hand them over as arrays.
OPAQUE = {"bfloat16", "float8e4m3fn", "float8e4m3fnuz", "float8e5m2", "float8e5m2fnuz", "float8e8m0fnu"}


def arrays(folder, graph):
    """Name, entry and array of each tensor."""
    if graph["layout"] == "npy":
        for tensor in graph["tensors"]:
            yield tensor, np.load(folder / tensor["file"])
        return
    files = {}
    for tensor in graph["tensors"]:
        path = folder / tensor["file"]
        if path not in files:
            files[path] = safe_open(path, "np")
        if tensor["element_type"] not in OPAQUE:
            yield tensor, files[path].get_tensor(tensor["name"])


def check(folder):
    graph = json.loads((folder / "graph.json").read_text())
    index = folder / "weights.safetensors.index.json"
    if index.exists():
        places = json.loads(index.read_text())["weight_map"]
        assert places == {t["name"]: t["file"] for t in graph["tensors"]}
    count = 0
    for tensor, array in arrays(folder, graph):
        shape = list(array.shape)
        if tensor["element_type"] == "complex128" and graph["layout"] == "safetensors":
            shape.pop()
        assert shape == tensor["shape"], (folder, tensor["name"])
        assert hashlib.sha256(array.tobytes()).hexdigest() == tensor["sha256"], (folder, tensor["name"])
        count += 1
    return count


def main():
    count = 0
    for entry in manifest.load()["files"]:
        if "expect" in entry:
            continue
        for options in ([], ["--shard-size", "16K"], ["--layout", "npy"]):
            with tempfile.TemporaryDirectory() as folder:
                target = pathlib.Path(folder) / "dump"
                subprocess.run([sys.argv[1], "export", common.ROOT / entry["path"], "-o", target, *options], check=True)
                count += check(target)
    print(f"{count} tensors are what their dumps say")


if __name__ == "__main__":
    main()
