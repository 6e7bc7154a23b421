# SPDX-License-Identifier: Apache-2.0
"""What PyTorch writes beside plain state dictionaries: sparse and parametrized weights, programs, packages,
distributed checkpoints. Each row of the manifest is compared with PyTorch's own reading here, not by check.py."""

import io
import os
import shutil
import sys
import warnings
import zipfile

import common

import numpy as np
import torch
import torch.package

import manifest

FOLDER = common.ROOT / "Variety" / "PyTorch"
layer = common.layer


def normal(seed):
    generator = np.random.Generator(np.random.PCG64(seed))
    return lambda *shape: torch.from_numpy((0.3 * generator.standard_normal(shape)).astype(np.float32))


def entry(name, text, layers, **extra):
    return common.entry(f"Variety/PyTorch/{name}", "pytorch", "make_torch.py", text, layers, derived=True, **extra)


def fill(module, seed):
    """Parameters and buffers of bits that depend on the seed only."""
    draw = normal(seed)
    with torch.no_grad():
        for name, tensor in [*module.named_parameters(), *module.named_buffers()]:
            if tensor.is_floating_point() and tensor.dim() > 0:
                tensor.copy_(1 + draw(*tensor.shape) ** 2 if name.endswith("running_var") else draw(*tensor.shape))
    return module.eval()


# Sparse ------------------------------------------------------------------------------------------

def make_sparse():
    draw = normal(31)
    full = draw(6, 8)
    full[full.abs() < 0.2] = 0
    state = {
        "coo": torch.sparse_coo_tensor([[0, 1, 1, 5], [2, 0, 0, 7]], draw(4), (6, 8)),
        "coalesced": full.to_sparse(), "csr": full.to_sparse_csr(), "csc": full.to_sparse_csc(),
        "bsr": full.to_sparse_bsr((2, 4)), "bsc": full.to_sparse_bsc((3, 2)),
        "hybrid": torch.sparse_coo_tensor([[0, 2, 2]], draw(3, 4), (5, 4)),
        "half": full.half().to_sparse(), "double": full.double().to_sparse_csr(),
        "batched": draw(2, 4, 6).to_sparse_csr(), "batched_blocks": draw(2, 4, 6).to_sparse_bsr((2, 3)),
        "narrow": torch.sparse_csr_tensor(torch.tensor([0, 1, 2], dtype=torch.int32),
                                          torch.tensor([1, 0], dtype=torch.int32), draw(2).bfloat16(), (2, 2)),
    }
    common.save_torch({f"{name}.weight": value for name, value in state.items()}, FOLDER / "sparse.pt")
    rows = []
    for name, value in state.items():
        dense = value.to_dense()
        dense = dense if dense.dtype == torch.float64 else dense.float()
        rows.append(layer(name, "conv1d" if dense.dim() == 3 else "dense", dense.numpy()))
    return [entry("sparse.pt", "every sparse layout: one matrix with elements listed twice, blocks, batches", rows)]


# Parametrizations --------------------------------------------------------------------------------

def weight_norm(length, direction):
    """g·v/‖v‖ in double precision, rounded once."""
    length, direction = length.numpy().astype(np.float64), direction.numpy().astype(np.float64)
    axis = int(np.argmax(np.array(length.shape) != 1))
    moved = np.moveaxis(direction, axis, 0).reshape(direction.shape[axis], -1)
    squares = np.zeros(len(moved))
    for column in moved.T:
        squares += column * column
    factors = (length.ravel() / np.sqrt(squares)).reshape(length.shape)
    return (direction * factors).astype(np.float32)


def spectral_norm(weight, u, v, axis=0):
    """W/(uᵀWv) in double precision, summed in order, rounded once."""
    weight, u, v = (t.numpy().astype(np.float64) for t in (weight, u, v))
    matrix = np.moveaxis(weight, axis, 0).reshape(len(u), -1)
    rows = np.zeros(len(u))
    for column, factor in zip(matrix.T, v):
        rows += column * factor
    sigma = 0.0
    for value, row in zip(u, rows):
        sigma += value * row
    return (weight / sigma).astype(np.float32)


def make_parametrized():
    from torch.nn.utils import parametrizations, prune, spectral_norm as old_spectral_norm, weight_norm as old_weight_norm

    nn = torch.nn
    model = nn.ModuleDict({
        "weight_norm_old": old_weight_norm(nn.Linear(5, 4)), "weight_norm": parametrizations.weight_norm(nn.Linear(5, 4)),
        "weight_norm_conv": parametrizations.weight_norm(nn.Conv2d(2, 4, 3), dim=1),
        "spectral_old": old_spectral_norm(nn.Conv2d(3, 4, 3)), "spectral": parametrizations.spectral_norm(nn.Linear(5, 4)),
        "spectral_transposed": old_spectral_norm(nn.ConvTranspose2d(3, 4, 3)),
        "spectral_square_transposed": old_spectral_norm(nn.ConvTranspose2d(4, 4, 3)),
        "pruned": nn.Linear(5, 4), "orthogonal": parametrizations.orthogonal(nn.Linear(5, 4)),
    })
    prune.custom_from_mask(model["pruned"], "weight", normal(33)(4, 5) > 0)
    mask = model["pruned"].weight_mask.clone()
    fill(model, 32)
    model["pruned"].weight_mask.copy_(mask)
    for name in ("spectral_old", "spectral_transposed", "spectral_square_transposed", "spectral", "pruned",
                 "weight_norm_old"):
        inputs = {"spectral_old": 3, "spectral_transposed": 3, "spectral_square_transposed": 4}.get(name)
        model[name](torch.zeros(1, inputs, 5, 5) if inputs else torch.zeros(1, 5))  # sets .weight anew
    state = model.state_dict()
    common.save_torch(state, FOLDER / "parametrized.pt")
    s = state.__getitem__
    new = "{}.parametrizations.weight.{}".format
    old = lambda name, axis=0: spectral_norm(*(s(f"{name}.weight_{part}") for part in ("orig", "u", "v")), axis)
    weights = {
        "weight_norm_old": weight_norm(s("weight_norm_old.weight_g"), s("weight_norm_old.weight_v")),
        "weight_norm": weight_norm(s(new("weight_norm", "original0")), s(new("weight_norm", "original1"))),
        "weight_norm_conv": weight_norm(s(new("weight_norm_conv", "original0")), s(new("weight_norm_conv", "original1"))),
        "spectral_old": old("spectral_old"),
        "spectral": spectral_norm(s(new("spectral", "original")), s(new("spectral", "0._u")), s(new("spectral", "0._v"))),
        "spectral_transposed": old("spectral_transposed", 1),
        "spectral_square_transposed": old("spectral_square_transposed", 1),
        "pruned": (s("pruned.weight_orig") * s("pruned.weight_mask")).numpy(),
    }
    rows = []
    for name, weight in weights.items():
        wanted = model[name].weight.detach().numpy()
        np.testing.assert_allclose(weight, wanted, rtol=2e-5, err_msg=name)
        transposed = "transposed" in name
        rows.append(layer(name, "conv2d_transpose" if transposed else "conv2d" if weight.ndim == 4 else "dense",
                          common.transposed_convolution(weight, 1) if transposed else weight))
    rows.append(layer("orthogonal", "dense", s(new("orthogonal", "original")).numpy()))
    return [entry("parametrized.pt", "weight norm, spectral norm and pruning, old and new; an orthogonal weight, "
                  "whose parametrization is not applied", rows)]


# Programs and packages ---------------------------------------------------------------------------

class Program(torch.nn.Module):
    """Layers of every kind that frozen code names: all of its weights become anonymous constants."""

    def __init__(self):
        super().__init__()
        nn = torch.nn
        self.embedding = nn.Embedding(7, 5)
        self.lstm = nn.LSTM(5, 4, num_layers=2, bidirectional=True)
        self.up = nn.ConvTranspose2d(3, 4, 2)
        self.conv = nn.Conv2d(4, 6, 3)
        self.fc = nn.Linear(6, 9)

    def forward(self, tokens, image):
        return self.lstm(self.embedding(tokens))[0], self.fc(self.conv(self.up(image)).mean((2, 3)))


def without(path, *parts):
    """Writes an archive again without the members whose names have one of these parts."""
    with zipfile.ZipFile(path) as source:
        members = [(name, source.read(name)) for name in source.namelist() if not any(part in name for part in parts)]
    with zipfile.ZipFile(path, "w") as target:
        for name, data in members:
            target.writestr(zipfile.ZipInfo(name, common.EPOCH), data)


def program_rows(state, names):
    rows = [layer(names["embedding"], "embedding", state["embedding.weight"])]
    for depth in (0, 1):
        for suffix in ("", "_reverse"):
            for role, part in (("kernel", "ih"), ("recurrent_kernel", "hh")):
                rows.append(layer(f"{names['lstm']}.l{depth}{suffix}", "lstm",
                                  state[f"lstm.weight_{part}_l{depth}{suffix}"], role))
    rows.append(layer(names["up"], "conv2d_transpose", common.transposed_convolution(state["up.weight"], 1)))
    rows.append(layer(names["conv"], "conv2d", state["conv.weight"]))
    rows.append(layer(names["fc"], "dense", state["fc.weight"]))
    return rows


def make_programs():
    model = fill(Program(), 34)
    state = {name: tensor.numpy() for name, tensor in model.state_dict().items()}
    script = torch.jit.script(model)
    plain = {name: name for name in ("embedding", "lstm", "up", "conv", "fc")}
    numbers = {"embedding": "c0.embedding", "lstm": "c1.lstm", "up": "c17.conv_transpose2d", "conv": "c19.conv2d",
               "fc": "c21.linear"}
    frozen = {name: f"CONSTANTS.{number}" for name, number in numbers.items()}
    torch.jit.freeze(script).save(FOLDER / "frozen.pt")
    script._save_for_lite_interpreter(str(FOLDER / "mobile.ptl"))
    # Debug information holds paths of this machine.
    without(FOLDER / "frozen.pt", ".debug_pkl")
    script._save_for_lite_interpreter(str(FOLDER / "mobile-flat.ptl"), _use_flatbuffer=True)
    without(FOLDER / "mobile.ptl", ".debug_pkl", "/code/", "serialization_id")

    stream, constants = io.BytesIO(), io.BytesIO()
    torch.save(model.state_dict(), stream)
    torch.save({}, constants)
    with zipfile.ZipFile(FOLDER / "exported-2.3.pt2", "w") as archive:  # as torch.export wrote it before 2.7
        for name, data in (("version", b"5.1"), ("serialized_exported_program.json", b"{}"),
                           ("serialized_state_dict.pt", stream.getvalue()),
                           ("serialized_constants.pt", constants.getvalue())):
            archive.writestr(zipfile.ZipInfo(name, common.EPOCH), data)

    # Compiled from a string: the functions of this file are no part of the package.
    with torch.package.PackageExporter(str(FOLDER / "package.pt")) as package:
        package.extern("torch.**")
        package.save_source_string("code", "import torch\n")
        package.save_pickle("models", "program.pkl", model.state_dict())
    return [
        entry("frozen.pt", "frozen TorchScript: constants without names", program_rows(state, frozen)),
        entry("mobile.ptl", "TorchScript for the lite interpreter", program_rows(state, plain)),
        entry("mobile-flat.ptl", "flatbuffer for mobile", program_rows(state, plain)),
        entry("exported-2.3.pt2", "torch.export before 2.7: a checkpoint in an archive", program_rows(state, plain)),
        entry("package.pt", "torch.package with a state dictionary and code", program_rows(state, plain)),
    ]


def make_quantized():
    quantization = torch.ao.quantization
    torch.backends.quantized.engine = "fbgemm"

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.quant, self.dequant = quantization.QuantStub(), quantization.DeQuantStub()
            self.conv, self.fc = torch.nn.Conv2d(3, 4, 3), torch.nn.Linear(4, 5)

        def forward(self, image):
            return self.dequant(self.fc(self.conv(self.quant(image)).mean((2, 3))))

    model = fill(Net(), 36)
    model.qconfig = quantization.get_default_qconfig("fbgemm")
    prepared = quantization.prepare(model)
    prepared(normal(37)(2, 3, 6, 6))
    model = quantization.convert(prepared)
    common.save_torch(model.state_dict(), FOLDER / "quantized.pt")
    script = torch.jit.script(model)
    script.save(FOLDER / "quantized-script.pt")
    without(FOLDER / "quantized-script.pt", ".debug_pkl", "/code/", "serialization_id")
    script._save_for_lite_interpreter(str(FOLDER / "quantized-flat.ptl"), _use_flatbuffer=True)
    rows = [layer("conv", "conv2d", model.conv.weight().dequantize().numpy()),
            layer("fc", "dense", model.fc.weight().dequantize().numpy())]
    text = "a convolution and a dense layer quantised by channel"
    return [entry("quantized.pt", f"{text}: state_dict", rows),
            entry("quantized-script.pt", f"{text}: TorchScript", rows),
            entry("quantized-flat.ptl", f"{text}: flatbuffer for mobile", rows)]


# Distributed checkpoints -------------------------------------------------------------------------

DISTRIBUTED = {"rows.weight": (6, 5), "columns.weight": (6, 8), "uneven.weight": (5, 3), "whole.weight": (4, 7),
               "conv.weight": (4, 2, 3, 3)}


def save_part(rank, port, folder):
    """One of two processes, which each have a part of every tensor."""
    from torch.distributed import checkpoint, init_device_mesh
    from torch.distributed.tensor import Replicate, Shard, distribute_tensor

    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port), RANK=str(rank), WORLD_SIZE="2")
    torch.distributed.init_process_group("gloo", rank=rank, world_size=2)
    mesh = init_device_mesh("cpu", (2,))
    draw = normal(35)
    places = {"columns.weight": Shard(1), "whole.weight": Replicate()}
    state = {name: distribute_tensor(draw(*shape), mesh, [places.get(name, Shard(0))])
             for name, shape in DISTRIBUTED.items()}
    moments = {name: {"exp_avg": tensor} for name, tensor in list(state.items())[:1]}
    checkpoint.save({"model": state, "optimizer": {"state": moments}, "epoch": 3}, checkpoint_id=folder)
    torch.distributed.destroy_process_group()


def make_distributed():
    import pickle
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = FOLDER / "distributed"
    torch.multiprocessing.spawn(save_part, (port, str(folder)), nprocs=2)
    index = pickle.loads((folder / ".metadata").read_bytes())  # which this program has just written
    index.storage_meta.save_id = "00000000-0000-0000-0000-000000000000"
    index.storage_meta.checkpoint_id = "distributed"
    (folder / ".metadata").write_bytes(pickle.dumps(index))
    draw = normal(35)
    rows = [layer(name.removesuffix(".weight"), "conv2d" if len(shape) == 4 else "dense", draw(*shape).numpy())
            for name, shape in DISTRIBUTED.items()]
    return [entry("distributed", "torch.distributed.checkpoint of two processes: rows, columns and whole tensors", rows)]


def main():
    if os.environ.get("PYTHONHASHSEED") != "0":  # TorchScript lists the constants of a module in the order of a set
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, "PYTHONHASHSEED": "0"})
    common.arguments(__doc__, mnist=False).parse_args()
    warnings.filterwarnings("ignore")
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    entries = [*make_sparse(), *make_parametrized(), *make_programs(), *make_quantized(), *make_distributed()]
    manifest.record("Variety/PyTorch", entries)
    for item in entries:
        print(f"{item['path']:44} {item['byte_count']:8,} bytes {len(item['layers']):3} rows")


if __name__ == "__main__":
    main()
