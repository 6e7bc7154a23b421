# SPDX-License-Identifier: Apache-2.0
"""Variety/dump/*: layer dumps of other samples, by `heavytail export`. Their rows are those of the originals.

    make_dumps.py path/to/heavytail"""

import shutil
import subprocess
import sys

import common
import manifest

MADE = {
    "sharded": ("Variety/variety.onnx", ["--shard-size", "8K"], "a layer dump of variety.onnx in several files"),
    "arrays": ("Variety/variety.onnx", ["--layout", "npy"], "a layer dump of variety.onnx as arrays"),
    "quantised": ("Quantised/mlx", [], "a layer dump of mlx/, dequantised"),
}


def main():
    kept = manifest.load()["files"]
    rows = {entry["path"]: entry.get("layers", []) for entry in kept}
    made = []
    for name, (source, options, text) in MADE.items():
        path = f"Variety/dump/{name}"
        place = common.ROOT / path
        shutil.rmtree(place, ignore_errors=True)
        place.parent.mkdir(exist_ok=True)
        subprocess.run([sys.argv[1], "export", common.ROOT / source, "-o", place, *options], check=True)
        made.append(common.entry(path, "dump", "make_dumps.py", text, rows[source], derived=True))
    names = {entry["path"] for entry in made}
    manifest.store({"schema": 1, "files": [e for e in kept if e["path"] not in names] + made})


if __name__ == "__main__":
    main()
