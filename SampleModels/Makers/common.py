# SPDX-License-Identifier: Apache-2.0
"""Helpers shared by the makers: places, data, canonical tensors, reproducible containers."""

import argparse
import hashlib
import io
import json
import os
import pathlib
import pickle
import pickletools
import re
import struct
import zipfile
from collections import OrderedDict

os.environ.setdefault("KERAS_BACKEND", "torch")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import numpy as np

MAKERS = pathlib.Path(__file__).resolve().parent
ROOT = MAKERS.parent
DEFAULT_MNIST = ROOT.parent / ".." / "shared" / "datasets"
EPOCH = (1980, 1, 1, 0, 0, 0)


def arguments(description, mnist=True):
    parser = argparse.ArgumentParser(description=description)
    if mnist:
        parser.add_argument("--mnist", type=pathlib.Path, default=DEFAULT_MNIST,
                            help="folder with mnist_train_from_png.npz and mnist_test_from_png.npz "
                                 "(default: ../shared/datasets beside the repository)")
        parser.add_argument("--keep-weights", action="store_true",
                            help="do not train; rewrite the containers from the stored safetensors file")
    return parser


def load_mnist(folder):
    """Training and test images as float32 [n,1,28,28] in [0,1], labels as int64."""
    import torch

    def part(name):
        with np.load(pathlib.Path(folder) / f"mnist_{name}_from_png.npz") as data:
            images = torch.from_numpy(data["x"].astype(np.float32) / np.float32(255))
            return images.unsqueeze(1), torch.from_numpy(data["y"].astype(np.int64))

    return part("train"), part("test")


def accuracy(model, images, labels):
    import torch

    model.eval()
    with torch.no_grad():
        hits = sum((model(images[i:i + 1000]).argmax(1) == labels[i:i + 1000]).sum().item()
                   for i in range(0, len(labels), 1000))
    return hits / len(labels)


def train(model, data, epochs, make_optimizer, batch=64, seed=1, schedule=None, after=lambda epoch: None):
    """Plain cross-entropy training on one thread; returns the test accuracy. `after` is called with each epoch's
    number, from 1, when it is over."""
    import torch

    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    (images, labels), (test_images, test_labels) = data
    order = torch.Generator().manual_seed(seed)
    optimizer = make_optimizer(model.parameters())
    for epoch in range(epochs):
        if schedule:
            for group in optimizer.param_groups:
                group["lr"] = schedule[epoch]
        model.train()
        permutation = torch.randperm(len(labels), generator=order)
        for start in range(0, len(labels), batch):
            chosen = permutation[start:start + batch]
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(model(images[chosen]), labels[chosen]).backward()
            optimizer.step()
        print(f"  epoch {epoch + 1}: test accuracy {accuracy(model, test_images, test_labels):.4f}", flush=True)
        after(epoch + 1)
    return accuracy(model, test_images, test_labels)


# Truth -------------------------------------------------------------------------------------------

def little_endian(array):
    """The array in C order and little endian, its element type unchanged."""
    array = np.ascontiguousarray(array)
    return array.astype(array.dtype.newbyteorder("<")) if array.dtype.byteorder == ">" else array


def layer(name, kind, array, role="kernel", element_type=None, **extra):
    """One manifest row; `array` must already be in canonical orientation."""
    array = little_endian(array)
    return {"name": name, "kind": kind, "role": role,
            "element_type": element_type or array.dtype.name, "shape": list(array.shape),
            "sha256": hashlib.sha256(array.tobytes()).hexdigest(), **extra}


def transposed_convolution(kernel, groups):
    """[in, out/g, k…] to [g·out/g, in/g, k…]."""
    inputs, outputs = kernel.shape[:2]
    blocks = kernel.reshape(groups, inputs // groups, outputs, *kernel.shape[2:])
    return np.ascontiguousarray(blocks.swapaxes(1, 2)).reshape(groups * outputs, inputs // groups, *kernel.shape[2:])


def digest(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


def entry(path, format, maker, description, layers, **extra):
    """The manifest entry of a model; `path` is relative to SampleModels."""
    place = ROOT / path
    if place.is_dir():
        parts = sorted(p for p in place.rglob("*") if p.is_file())
        sums = {"files": [{"path": p.relative_to(place).as_posix(), "sha256": digest(p),
                           "byte_count": p.stat().st_size} for p in parts],
                "byte_count": sum(p.stat().st_size for p in parts)}
    else:
        sums = {"sha256": digest(place), "byte_count": place.stat().st_size}
    return {"path": path, "format": format, **sums, "maker": f"Makers/{maker}",
            "description": description, **extra, "layers": layers}


# Reproducible containers -------------------------------------------------------------------------

def rewrite_zip(path, change=lambda name, data: data, method=None):
    """Writes a zip again with fixed dates, keeping the order and the names of its members."""
    with zipfile.ZipFile(path) as source:
        members = [(info, source.read(info)) for info in source.infolist()]
    with zipfile.ZipFile(path, "w") as target:
        for info, data in members:
            fresh = zipfile.ZipInfo(info.filename, EPOCH)
            fresh.compress_type = info.compress_type if method is None else method
            fresh.external_attr = 0o644 << 16
            target.writestr(fresh, change(info.filename, data))


def save_keras(model, path):
    """model.save for .keras files without what changes between runs: the date of the day, and the heap
    addresses that Keras uses as shared_object_id (numbered here in order of appearance)."""
    model.save(path)

    def settle(name, data):
        if name == "metadata.json":
            return json.dumps({**json.loads(data), "date_saved": "2026-01-01@00:00:00"}).encode()
        if name == "config.json":
            numbers = {}
            return re.sub(rb'("shared_object_id": )(\d+)',
                          lambda m: m[1] + str(numbers.setdefault(m[2], len(numbers) + 1)).encode(), data)
        return data

    rewrite_zip(path, settle)


STORAGE_SIZES = {"DoubleStorage": 8, "FloatStorage": 4, "HalfStorage": 2, "BFloat16Storage": 2, "LongStorage": 8,
                 "IntStorage": 4, "ShortStorage": 2, "CharStorage": 1, "ByteStorage": 1, "BoolStorage": 1,
                 "ComplexFloatStorage": 8, "ComplexDoubleStorage": 16, "UntypedStorage": 1}


class _StorageCensus(pickle.Unpickler):
    """Walks a pickle that this process has just written and notes the element size of every storage."""

    def __init__(self, stream):
        super().__init__(stream)
        self.element_sizes = {}

    def find_class(self, module, name):
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        return name if name.endswith("Storage") else (lambda *_: None)

    def persistent_load(self, identifier):
        _, storage_type, key, *_ = identifier
        self.element_sizes[key] = STORAGE_SIZES[storage_type]


def save_legacy_torch(value, path):
    """torch.save in the layout before 1.6. The storage keys are heap addresses there; here they are
    numbered in order of appearance, so that a second run writes the same bytes."""
    import torch

    stream = io.BytesIO()
    torch.save(value, stream, _use_new_zipfile_serialization=False)
    data = stream.getvalue()
    stream.seek(0)
    for _ in range(3):  # magic number, protocol number, system information
        pickle.load(stream)
    object_start = stream.tell()
    census = _StorageCensus(stream)
    census.load()
    object_end = stream.tell()
    keys = pickle.load(stream)
    position = stream.tell()

    payloads = {}
    for key in keys:
        size = 8 + struct.unpack_from("<q", data, position)[0] * census.element_sizes[key]
        payloads[key] = data[position:position + size]
        position += size
    if position != len(data):
        raise ValueError("bytes after the last storage")

    numbers = {}
    body, done = bytearray(), 0
    pickled = data[object_start:object_end]
    for opcode, argument, at in pickletools.genops(pickled):
        if opcode.name == "BINUNICODE" and argument in payloads:
            number = numbers.setdefault(argument, str(94000000000000 + 64 * len(numbers)))
            body += pickled[done:at] + b"X" + struct.pack("<I", len(number)) + number.encode()
            done = at + 5 + len(argument)
    body += pickled[done:]
    ordered = sorted(numbers, key=numbers.get)
    pathlib.Path(path).write_bytes(
        data[:object_start] + bytes(body) + pickle.dumps([numbers[key] for key in ordered], protocol=2)
        + b"".join(payloads[key] for key in ordered))


def save_safetensors(state, path):
    """save_file, readable for everyone (it writes mode 0600)."""
    from safetensors.torch import save_file

    save_file({name: tensor.clone().contiguous() for name, tensor in state.items()}, path,
              metadata={"format": "pt"})
    os.chmod(path, 0o644)


def save_torch(value, path):
    """torch.save in the zip layout; the folder inside carries the name of the file."""
    import torch

    torch.save(value, str(path))


def strip_onnx(model):
    """Takes out the source locations of the exporting machine that exporters leave in a model."""
    graph = model.graph
    for item in (model, graph, *graph.node, *graph.initializer, *graph.input, *graph.output, *graph.value_info,
                 *model.functions, *(node for function in model.functions for node in function.node)):
        for field in ("doc_string", "metadata_props"):
            item.ClearField(field)
