# SPDX-License-Identifier: Apache-2.0
"""What PyTorch writes beside plain state dictionaries: sparse and parametrized weights, programs, packages,
distributed checkpoints. Each row of the manifest is compared with PyTorch's own reading here, not by check.py."""

import shutil
import warnings

import common

import numpy as np
import torch

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


def main():
    common.arguments(__doc__, mnist=False).parse_args()
    warnings.filterwarnings("ignore")
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    entries = [*make_sparse(), *make_parametrized()]
    manifest.record("Variety/PyTorch", entries)
    for item in entries:
        print(f"{item['path']:44} {item['byte_count']:8,} bytes {len(item['layers']):3} rows")


if __name__ == "__main__":
    main()
