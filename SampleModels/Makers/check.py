# SPDX-License-Identifier: Apache-2.0
"""Reads every model with the library of its format and looks for each manifest row in it.

A row is found when some stored tensor, put into some axis order, has the row's bytes; that order is not
prescribed here, so a mistake in a maker's truth does not hide behind the same mistake."""

import hashlib
import io
import itertools
import zipfile

import common

import h5py
import numpy as np
import onnx
import torch
from safetensors.torch import load_file

import manifest


def from_torch(value, into):
    """Collects the bits of every tensor, whatever its element type."""
    if isinstance(value, torch.Tensor):
        plain = value.detach().contiguous()
        element = {1: np.uint8, 2: np.uint16, 4: np.uint32, 8: np.uint64, 16: np.complex128}[plain.element_size()]
        into.append(plain.reshape(-1).view(torch.uint8).numpy().view(element).reshape(plain.shape))
    elif isinstance(value, dict):
        for key, item in value.items():
            if "optimizer" not in str(key):
                from_torch(item, into)


def from_hdf5(stream, into):
    def visit(name, node):
        if isinstance(node, h5py.Dataset) and not name.startswith(("optimizer", "optimizer_weights")):
            into.append(np.asarray(node))

    with h5py.File(stream) as file:
        file.visititems(visit)


def stored(entry):
    path, found = common.ROOT / entry["path"], []
    if entry["format"] == "pytorch":
        from_torch(torch.load(path, weights_only=True), found)
    elif entry["format"] == "safetensors":
        for part in sorted(path.glob("*.safetensors")) if path.is_dir() else [path]:
            from_torch(load_file(part), found)
    elif entry["format"] == "keras" and path.suffix == ".keras":
        with zipfile.ZipFile(path) as archive:
            if "model.weights.npz" in archive.namelist():  # written by make_keras.py, as the pickle below
                arrays = np.load(io.BytesIO(archive.read("model.weights.npz")), allow_pickle=True)
                found = [array for key in arrays.files for array in arrays[key].item().values()]
            else:
                from_hdf5(io.BytesIO(archive.read("model.weights.h5")), found)
    elif entry["format"] == "keras" and path.is_dir():
        for part in sorted(path.glob("*.h5")):
            from_hdf5(part, found)
    elif entry["format"] == "keras":
        from_hdf5(path, found)
    elif entry["format"] == "onnx":
        graph = onnx.load(path).graph
        constants = [a.t for node in graph.node if node.op_type == "Constant" for a in node.attribute]
        found = [onnx.numpy_helper.to_array(t) for t in (*graph.initializer, *constants)]
    elif path.name == "pickled-dict.npy":  # written by make_variety.py; never do this with a file of others
        zoo = np.load(path, allow_pickle=True).item()
        found = [array for layer in zoo.values() for array in layer.values()]
    elif path.suffix == ".npz":
        with np.load(path) as archive:
            found = [archive[key] for key in archive.files]
    else:
        found = [np.load(path)]
    return found


def candidates(array, shape):
    """Every array of that shape which a change of axes, a merge of axes or a split into groups can give."""
    parts = [array] + ([array[i] for i in range(array.shape[0])] if array.ndim == 3 and array.shape[0] <= 2 else [])
    if array.ndim == 2 and array.shape[0] == 3 * array.shape[1]:  # query, key and value in one
        parts += list(array.reshape(3, -1, array.shape[1]))
    for part in parts:
        if part.size != np.prod(shape, dtype=np.int64):
            continue
        for order in itertools.permutations(range(part.ndim)):
            turned = part.transpose(order)
            if turned.shape == shape:
                yield turned
            elif part.ndim > 2 and (len(shape) == 2 or shape[1] == 1):
                yield turned.reshape(shape)
        for groups in (2, 3, 4):
            if part.ndim > 2 and part.shape[0] % groups == 0:
                turned = common.transposed_convolution(part, groups)
                if turned.shape == shape:
                    yield turned


def main():
    missing, rows = [], 0
    for entry in manifest.load()["files"]:
        if "expect" in entry or "derived" in entry:
            continue
        arrays = stored(entry)
        for row in [*entry["layers"], *entry.get("others", [])]:
            rows += 1
            if not any(hashlib.sha256(common.little_endian(c).tobytes()).hexdigest() == row["sha256"]
                       for array in arrays for c in candidates(array, tuple(row["shape"]))):
                missing.append(f"{entry['path']}: {row['name']}")
    print(f"{rows - len(missing)} of {rows} rows found")
    if missing:
        raise SystemExit("\n".join(missing))


if __name__ == "__main__":
    main()
