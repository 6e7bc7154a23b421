# SPDX-License-Identifier: Apache-2.0
"""Broken files, one defect each. A reader must answer with an error: no crash, no big allocation, and
nothing from the file executed. All are written byte by byte; none is ever loaded here."""

import io
import json
import shutil
import struct
import zipfile

import common

import h5py
import numpy as np
import onnx
import torch

import manifest

FOLDER = common.ROOT / "Bad"
MATRIX = np.arange(48, dtype=np.float32).reshape(6, 8) / 16


def safetensors(header, data=MATRIX.tobytes()):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


def f32(shape, begin, end):
    return {"dtype": "F32", "shape": shape, "data_offsets": [begin, end]}


def npy_header(text, version=1):
    length = struct.pack("<H" if version == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes([version, 0]) + length + text


def zipped(members):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name, common.EPOCH), data)
    return stream.getvalue()


def torch_zip(program, storages=()):
    """A PyTorch zip around a handmade pickle."""
    return zipped({"archive/data.pkl": program, "archive/byteorder": b"little",
                   **{f"archive/data/{i}": data for i, data in enumerate(storages)}, "archive/version": b"3\n"})


# Pickle opcodes, by hand ----------------------------------------------------------------------------

def text(value):
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def number(value):
    return b"K" + bytes([value])


def tensor(key, count, offset, size, stride):
    """torch._utils._rebuild_tensor_v2 of a float32 storage of `count` elements."""
    storage = (b"(" + text("storage") + b"ctorch\nFloatStorage\n" + text(key) + text("cpu") + number(count) + b"tQ")
    pair = [b"".join(map(number, values)) + b"\x86" for values in (size, stride)]
    return (b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + number(offset) + pair[0] + pair[1]
            + b"\x89ccollections\nOrderedDict\n)RtR")


def calls_os_system():
    """{'fc.weight': os.system('echo unsafe')} as a REDUCE."""
    return b"\x80\x02}" + text("fc.weight") + b"cos\nsystem\n" + text("echo unsafe") + b"\x85Rs."


def pickle_bomb():
    """[] doubled 60 times by DUP + TUPLE2 and 60 times by a list that holds its predecessor twice."""
    doubled = b"2\x86" * 60
    lists = b"q\x00" + b"".join(b"0(h%ch%clq%c" % (i, i, i + 1) for i in range(60))
    return b"\x80\x02]" + doubled + lists + b"."


# ONNX ------------------------------------------------------------------------------------------------

def varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def nested_subgraphs(levels):
    """graph.node.attribute.g.node.attribute.g…: the tags and lengths are collected from the inside out."""
    pieces, size = [], 0
    for _ in range(levels):
        for tag in (b"\x32", b"\x2a", b"\x0a"):  # AttributeProto.g, NodeProto.attribute, GraphProto.node
            piece = tag + varint(size)
            pieces.append(piece)
            size += len(piece)
    graph = b"".join(reversed(pieces))
    return b"\x08\x08" + b"\x3a" + varint(len(graph)) + graph + b"\x42\x02\x10\x11"


def small_onnx():
    weight = onnx.numpy_helper.from_array(MATRIX, "fc.weight")
    node = onnx.helper.make_node("Gemm", ["x", "fc.weight"], ["y"], name="/fc/Gemm", transB=1)
    value = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph([node], "small", [value("x", onnx.TensorProto.FLOAT, (1, 8))],
                                   [value("y", onnx.TensorProto.FLOAT, (1, 6))], [weight])
    return onnx.helper.make_model(graph, ir_version=8).SerializeToString(deterministic=True)


def external_onnx(location):
    """A model whose weight lies in another file."""
    model = onnx.load_from_string(small_onnx())
    weight = model.graph.initializer[0]
    weight.ClearField("raw_data")
    weight.data_location = onnx.TensorProto.EXTERNAL
    weight.external_data.add(key="location", value=location)
    weight.external_data.add(key="length", value=str(MATRIX.nbytes))
    return model.SerializeToString(deterministic=True)


# GGUF and layer dumps ---------------------------------------------------------------------------------

def gguf(tensor_count, rest=b""):
    """Version 3, no metadata."""
    return b"GGUF" + struct.pack("<IQQ", 3, tensor_count, 0) + rest


def dump(file):
    """The document of a layer dump whose only weight lies in `file`."""
    parameter = {"role": "kernel", "is_weight": True, "source_name": "fc.weight", "aliases": [],
                 "axes": ["output", "input"], "extents": [6, 8], "heads": None, "tensor": "fc.kernel"}
    layer = {"name": "fc", "kind": "dense", "groups": 1, "note": None, "parameters": [parameter], "parts": []}
    tensor = {"name": "fc.kernel", "file": file, "element_type": "float32", "shape": [6, 8], "sha256": "0" * 64}
    return json.dumps({
        "schema": "heavytail.dump/1", "tool": {"name": "heavytail", "version": "0.1.0"}, "layout": "safetensors",
        "source": {"format": "numpy", "variant": "npy", "producer": None, "files": ["fc.npy"], "metadata": []},
        "files": [file], "topology": "order", "layers": [layer], "edges": [], "tensors": [tensor],
        "other_tensors": [], "diagnostics": []}, indent=1).encode() + b"\n"


# Whole files to cut -----------------------------------------------------------------------------------

def small_torch(legacy):
    path = FOLDER / "truncated.pt"
    state = {"fc.weight": torch.from_numpy(MATRIX.copy())}
    (common.save_legacy_torch if legacy else common.save_torch)(state, path)
    data = path.read_bytes()
    path.unlink()
    return data


def small_numpy(archive):
    stream = io.BytesIO()
    np.savez(stream, **{"fc.weight": MATRIX}) if archive else np.save(stream, MATRIX)
    return stream.getvalue()


def small_hdf5():
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        file.attrs["layer_names"] = np.array([b"fc"])
        file.attrs["keras_version"] = b"2.4.0"
        file.attrs["backend"] = b"tensorflow"
        group = file.create_group("fc")
        group.attrs["weight_names"] = np.array([b"fc/kernel:0"])
        group["fc/kernel:0"] = MATRIX
    return stream.getvalue()


def bomb_npz():
    """A member of zeros whose central directory admits to a thousandth of it."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("a.npy", common.EPOCH), bytes(1 << 20), zipfile.ZIP_DEFLATED)
    data = bytearray(stream.getvalue())
    for place in (22, data.index(b"PK\x01\x02") + 24):  # uncompressed size, in both headers
        data[place:place + 4] = struct.pack("<I", 1 << 10)
    return bytes(data)


def doubled_entry():
    """Two members of one name: loaders disagree which of them counts."""
    first = zipped({"archive/data.pkl": b"\x80\x02}.", "archive/version": b"3\n", "archive/Data.pkl": b"\x80\x02}."})
    return first.replace(b"archive/Data.pkl", b"archive/data.pkl")


def linking_hdf5(link):
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        file.attrs["layer_names"] = np.array([b"fc"])
        group = file.create_group("fc")
        group.attrs["weight_names"] = np.array([b"kernel:0"])
        if link == "external":
            group["kernel:0"] = h5py.ExternalLink("/etc/passwd", "/x")
        elif link == "storage":
            space = h5py.h5s.create_simple((6, 8))
            properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
            properties.set_external(b"/etc/passwd", 0, MATRIX.nbytes)
            h5py.h5d.create(group.id, b"kernel:0", h5py.h5t.IEEE_F32LE, space, properties)
        else:
            group.create_dataset("kernel:0", (1 << 20, 1 << 20), "<f4", chunks=(1 << 10, 1 << 10), compression="gzip")
    return stream.getvalue()


def files():
    """(name, format, expected answer, bytes, the defect)

    `error`: the file is refused; `diagnosed`: it is read without what is wrong in it, which is named."""
    size = MATRIX.nbytes
    whole = safetensors({"fc.weight": f32([6, 8], 0, size)})
    twice = (b'{"fc.weight":{"dtype":"F32","shape":[6,8],"data_offsets":[0,192]},'
             b'"fc.weight":{"dtype":"F32","shape":[8,6],"data_offsets":[0,192]}}')
    pointer = (b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0123456789abcdef" * 4
               + b"\nsize 247592\n")
    page = (b"<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head>\n"
            b"<body><h1>Not Found</h1><p>The model is not here.</p></body></html>\n")
    zip_file, legacy, archive, hdf5, model = (small_torch(False), small_torch(True), small_numpy(True), small_hdf5(),
                                              small_onnx())
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 8), }"
    header += b" " * (117 - len(header)) + b"\n"
    view = b"\x80\x02}" + text("fc.weight") + tensor("0", 12, 4, (4, 5), (5, 1)) + b"s."
    return [
        ("empty.safetensors", "safetensors", "error", b"", "The file has no bytes."),
        ("html.onnx", "onnx", "error", page, "The file is a web page that a failed download left."),
        ("lfs-pointer.safetensors", "safetensors", "error", pointer, "The file is a Git LFS pointer, not the model."),
        ("truncated.safetensors", "safetensors", "error", whole[:-70], "The last 70 bytes of the data are missing."),
        ("header-too-long.safetensors", "safetensors", "error", struct.pack("<Q", 1 << 63) + whole[8:],
         "The header claims a length of 2^63 bytes."),
        ("overlapping.safetensors", "safetensors", "error",
         safetensors({"a.weight": f32([4, 8], 0, 128), "b.weight": f32([4, 8], 64, 192)}),
         "The bytes of two tensors overlap."),
        ("shape-mismatch.safetensors", "safetensors", "error", safetensors({"fc.weight": f32([6, 9], 0, size)}),
         "The shape [6,9] needs 216 bytes and the offsets give 192."),
        ("duplicate-key.safetensors", "safetensors", "error", safetensors(twice),
         "The header has one tensor name twice, with different shapes (lenient readers take one of them)."),
        ("truncated.pt", "pytorch", "error", zip_file[:len(zip_file) * 3 // 5],
         "The zip is cut before its central directory."),
        ("truncated-legacy.pth", "pytorch", "error", legacy[:-70], "The last storage lacks 70 bytes."),
        ("truncated.npy", "numpy", "error", small_numpy(False)[:-70], "The last 70 bytes of the data are missing."),
        ("header-4gib.npy", "numpy", "error", b"\x93NUMPY\x02\x00" + struct.pack("<I", 0xFFFFFFF0) + b"{'",
         "A file of 14 bytes claims a header of almost 4 GiB."),
        ("shape-overflow.npy", "numpy", "error", npy_header(header) + MATRIX.tobytes(),
         "The product of the shape overflows 64 bits (and wraps to zero)."),
        ("truncated.npz", "numpy", "error", archive[:len(archive) * 3 // 5],
         "The zip is cut before its central directory."),
        ("truncated.h5", "keras", "error", hdf5[:len(hdf5) // 2], "The second half of the HDF5 file is missing."),
        ("truncated.onnx", "onnx", "error", model[:len(model) // 2], "The protobuf ends inside the weight."),
        ("calls-os-system.pt", "pytorch", "error", torch_zip(calls_os_system()),
         "The pickle would call os.system(\"echo unsafe\") in an unpickler that executes what it reads."),
        ("pickle-bomb.pkl", "pytorch", "error", pickle_bomb(),
         "120 doublings: a pickle of under 1 KB whose value, expanded, has more than 2^120 parts."),
        ("nested-10000.onnx", "onnx", "error", nested_subgraphs(10_000),
         "10,000 subgraphs inside each other exhaust the stack of a recursive parser."),
        ("storage-too-small.pt", "pytorch", "error", torch_zip(view, [MATRIX.tobytes()[:48]]),
         "A view of 4×5 elements from offset 4 leaves its storage of 12 elements."),
        ("stride-bomb.pt", "pytorch", "error",
         torch_zip(b"\x80\x02}" + text("fc.weight") + tensor("0", 12, 0, (255,) * 2, (0, 0)).replace(
             b"K\xffK\xff\x86", b"J" + struct.pack("<i", 1 << 30) + b"J" + struct.pack("<i", 1 << 30) + b"\x86") + b"s.", [MATRIX.tobytes()[:48]]),
         "A view of 2^30 × 2^30 elements with strides of zero over 48 bytes."),
        ("doubled-entry.pt", "pytorch", "error", doubled_entry(),
         "The archive has two members called data.pkl (PyTorch reads the first, Python's zipfile the last)."),
        ("deflate-bomb.npz", "numpy", "error", bomb_npz(),
         "A member inflates to 1 MiB where its headers announce 1 KiB."),
        ("nested-literal.npy", "numpy", "error", npy_header(b"{'descr': " + b"(" * 20_000 + b"}\n"),
         "20,000 parentheses inside each other in the header."),
        ("nested-header.safetensors", "safetensors", "error",
         safetensors(b'{"a":' + b"[" * 50_000), "50,000 brackets inside each other in the header."),
        ("external-path.onnx", "onnx", "error", external_onnx("../../../../etc/passwd"),
         "The weight is to be read from a file outside the model's folder."),
        ("memory-address.onnx", "onnx", "error", external_onnx("*/_ORT_MEM_ADDR_/*"),
         "The weight is to be read from an address in the memory of the reading process."),
        ("external-link.h5", "keras", "diagnosed", linking_hdf5("external"),
         "The weight is a link into another file."),
        ("external-storage.h5", "keras", "diagnosed", linking_hdf5("storage"),
         "The weight's elements lie in another file."),
        ("shape-bomb.h5", "keras", "diagnosed", linking_hdf5("bomb"),
         "A dataset of 4 TiB that no chunk was ever written of, in a file of a few kilobytes."),
        ("truncated.gguf", "gguf", "error", gguf(1, struct.pack("<Q", 9) + b"fc.w"),
         "A tensor is announced, and the file ends within its name."),
        ("count-bomb.gguf", "gguf", "error", gguf(1 << 40), "24 bytes announce 2^40 tensors."),
        ("dump-truncated.json", "dump", "error", dump("weights.safetensors")[:-70],
         "The last 70 bytes of the document are missing."),
        ("dump-outside.json", "dump", "error", dump("../weights.safetensors"),
         "The weight is to be read from a file outside the dump's folder."),
    ]


# What a reader says, word for word, of each.
MESSAGES = {
    "empty.safetensors": "is empty",
    "html.onnx": "is an HTML page",
    "lfs-pointer.safetensors": "is a Git LFS pointer, not the file it stands for",
    "truncated.safetensors": "has tensors up to byte 192 of its data, which have 122",
    "header-too-long.safetensors": "announces a header of 9223372036854775808 bytes, the limit is 100000000",
    "overlapping.safetensors": "has a tensor at byte 64 of its data, where the one before it ends at 128",
    "shape-mismatch.safetensors": "has the shape [6, 9] of F32, which takes 216 bytes, in 192",
    "duplicate-key.safetensors": "has the JSON key 'fc.weight' twice in one object",
    "truncated.pt": "is a zip archive that ends, after 1069 bytes, before its central directory",
    "truncated-legacy.pth": "storage '94000000000000' needs 192 bytes at 361, 122 remain",
    "truncated.npy": "the array needs 192 bytes at 128, 122 remain",
    "header-4gib.npy": "announces a header of 4294967280 bytes, the limit is 65536",
    "shape-overflow.npy": "has the shape [4611686018427387904, 8], which is negative or overflows",
    "truncated.npz": "is a zip archive that ends, after 278 bytes, before its central directory",
    "truncated.h5": "declares 8128 bytes, 4064 are there",
    "truncated.onnx": "field 7 needs 314 bytes, 156 remain",
    "calls-os-system.pt": "is a pickle that names os.system and holds no tensor",
    "pickle-bomb.pkl": "is a pickle that holds no tensor",
    "nested-10000.onnx": "messages nest deeper than 100 levels",
    "storage-too-small.pt": "needs 24 elements of float32, its storage holds 12",
    "stride-bomb.pt": "describes [1073741824, 1073741824] elements over 48 bytes, the limit is 1073741824",
    "doubled-entry.pt": "lists the member 'archive/data.pkl' twice",
    "deflate-bomb.npz": "inflates to more than the 1024 bytes declared",
    "nested-literal.npy": "nests its header deeper than 8, the limit",
    "nested-header.safetensors": "nests JSON values deeper than 128, the limit",
    "external-path.onnx": "refers to the file '../../../../etc/passwd', which could lie outside its folder",
    "memory-address.onnx": "refers to the file '*/_ORT_MEM_ADDR_/*', which could lie outside its folder",
    "external-link.h5": "is a link into another file, which is not followed",
    "external-storage.h5": "is not read: its values lie in another file",
    "shape-bomb.h5": "decodes to 1099511627776 elements, the limit is 68719476736 bytes",
    "truncated.gguf": "announces 1 tensors in 12 bytes",
    "count-bomb.gguf": "announces 1099511627776 tensors, the limit is 1000000",
    "dump-truncated.json": "has JSON that ends inside a value, after 909 bytes",
    "dump-outside.json": "refers to the file '../weights.safetensors', which lies in another folder",
}


def main():
    common.arguments(__doc__, mnist=False).parse_args()
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    entries = []
    for name, format, expect, data, defect in files():
        path = FOLDER / name
        path.write_bytes(data)
        entries.append({"path": f"Bad/{name}", "format": format, "sha256": common.digest(path),
                        "byte_count": len(data), "maker": "Makers/make_bad.py", "expect": expect, "defect": defect,
                        "message": MESSAGES[name]})
        print(f"{name:30} {len(data):8,} bytes  {expect}")
    manifest.record("Bad", entries)


if __name__ == "__main__":
    main()
