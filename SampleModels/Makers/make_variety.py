# SPDX-License-Identifier: Apache-2.0
"""Tiny models with random weights: every layer kind in every container, with the truth known."""

import copy
import json
import logging
import shutil
import warnings

import common

import keras
import numpy as np
import onnx
import torch
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator
from safetensors.torch import save_model

import manifest

FOLDER = common.ROOT / "Variety"
layer = common.layer


def normal(seed):
    """A function shape -> float32 array; its bits depend on the seed only."""
    generator = np.random.Generator(np.random.PCG64(seed))
    return lambda *shape: (0.3 * generator.standard_normal(shape)).astype(np.float32)


def entry(name, format, text, layers, **extra):
    return common.entry(f"Variety/{name}", format, "make_variety.py", text, layers, **extra)


# PyTorch, safetensors, NumPy -----------------------------------------------------------------------

class Variety(torch.nn.Module):
    """A bag of layers; only its state_dict is wanted."""

    def __init__(self):
        super().__init__()
        nn = torch.nn
        self.linear = nn.Linear(24, 20)
        self.conv1d = nn.Conv1d(6, 8, 5)
        self.conv2d = nn.Conv2d(4, 8, 3)
        self.conv2d_strided = nn.Conv2d(8, 6, (3, 5), stride=2)
        self.conv3d = nn.Conv3d(2, 4, (2, 3, 3))
        self.grouped = nn.Conv2d(8, 12, 3, groups=2)
        self.depthwise = nn.Conv2d(6, 12, 3, groups=6)
        self.up = nn.ConvTranspose2d(6, 4, 3)
        self.up_grouped = nn.ConvTranspose2d(8, 6, 3, groups=2)
        self.embedding = nn.Embedding(40, 16)
        self.batch_norm = nn.BatchNorm2d(8)
        self.layer_norm = nn.LayerNorm(24)
        self.lstm = nn.LSTM(10, 8, num_layers=2, bidirectional=True)
        self.gru = nn.GRU(12, 6)
        self.rnn = nn.RNN(7, 5)
        self.mha = nn.MultiheadAttention(12, 3)
        self.decoder = nn.Linear(16, 40)
        self.decoder.weight = self.embedding.weight
        self.register_buffer("mean", torch.zeros(4))
        self.register_buffer("position_ids", torch.arange(24).reshape(1, 24))
        draw = normal(11)
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.copy_(torch.from_numpy(draw(*parameter.shape)))
            for buffer in (self.mean, self.batch_norm.running_mean):
                buffer.copy_(torch.from_numpy(draw(*buffer.shape)))
            self.batch_norm.running_var.copy_(torch.from_numpy(1 + draw(8) ** 2))
            self.batch_norm.num_batches_tracked.fill_(7)


def torch_rows(tied):
    """Truth for the model above. `tied`: the container keeps embedding and decoder as one tensor."""
    state = {name: tensor.numpy() for name, tensor in Variety().state_dict().items()}
    rows = []

    def add(name, kind, key=None, role="kernel", change=lambda kernel: kernel, **extra):
        rows.append(layer(name, kind, change(state[key or f"{name}.weight"]), role, **extra))

    add("linear", "dense")
    add("conv1d", "conv1d")
    add("conv2d", "conv2d")
    add("conv2d_strided", "conv2d")
    add("conv3d", "conv3d")
    add("grouped", "conv2d", groups=2)
    # A state_dict does not hold `groups`: [12,1,3,3] may as well have one input channel.
    add("depthwise", "conv2d", groups=6, model_kind="depthwise_conv2d")
    add("up", "conv2d_transpose", change=lambda k: common.transposed_convolution(k, 1), groups=1)
    add("up_grouped", "conv2d_transpose", change=lambda k: common.transposed_convolution(k, 2), groups=2)
    add("embedding", "embedding", **({"aliases": ["decoder"]} if tied else {}))
    for depth in (0, 1):
        for suffix in ("", "_reverse"):
            for role, part in (("kernel", "ih"), ("recurrent_kernel", "hh")):
                add(f"lstm.l{depth}{suffix}", "lstm", f"lstm.weight_{part}_l{depth}{suffix}", role)
    for name in ("gru", "rnn"):
        for role, part in (("kernel", "ih"), ("recurrent_kernel", "hh")):
            add(f"{name}.l0", name, f"{name}.weight_{part}_l0", role)
    for part, role in enumerate(("query", "key", "value")):
        add("mha.in_proj", "attention", "mha.in_proj_weight", role, lambda k: k.reshape(3, -1, k.shape[1])[part])
    add("mha.out_proj", "dense")
    if not tied:
        add("decoder", "dense")
    return rows


def make_state_dicts():
    model = Variety()
    state = model.state_dict()
    rows, apart = torch_rows(tied=True), torch_rows(tied=False)
    arrays = {name: tensor.numpy() for name, tensor in state.items()}

    common.save_torch(state, FOLDER / "variety.pt")
    common.save_legacy_torch(state, FOLDER / "variety-legacy.pth")
    common.save_safetensors(state, FOLDER / "variety.safetensors")
    # No further metadata: the writer would put two entries in random order.
    save_model(model, str(FOLDER / "variety-tied.safetensors"))
    (FOLDER / "variety-tied.safetensors").chmod(0o644)
    np.savez(FOLDER / "variety.npz", **arrays)
    np.savez_compressed(FOLDER / "variety-deflated.npz", **arrays)

    sharded = FOLDER / "variety-sharded"
    sharded.mkdir()
    names = list(state)
    weight_map = {}
    for number, part in enumerate((names[:len(names) // 2], names[len(names) // 2:]), start=1):
        shard = f"model-{number:05}-of-00002.safetensors"
        common.save_safetensors({name: state[name] for name in part}, sharded / shard)
        weight_map.update(dict.fromkeys(part, shard))
    total = sum(array.nbytes for array in arrays.values())
    (sharded / "model.safetensors.index.json").write_text(
        json.dumps({"metadata": {"total_size": total}, "weight_map": weight_map}, indent=1) + "\n")

    # save_model keeps one of the tied names and records the other one in the metadata.
    renamed = [{**row, "name": "decoder", "kind": "dense", "aliases": ["embedding"]}
               if row["name"] == "embedding" else row for row in rows]
    text = "one model with every PyTorch layer kind"
    return [
        entry("variety.pt", "pytorch", f"{text}: state_dict, zip; embedding and decoder tied", rows),
        entry("variety-legacy.pth", "pytorch", f"{text}: state_dict, layout before 1.6; tied", rows),
        entry("variety.safetensors", "safetensors", f"{text}: tied tensors stored twice", apart),
        entry("variety-tied.safetensors", "safetensors",
              f"{text}: the tied tensor stored once, its other name in __metadata__", renamed),
        entry("variety-sharded", "safetensors", f"{text}: two shards and an index", apart),
        entry("variety.npz", "numpy", f"{text}: archive with stored members", apart),
        entry("variety-deflated.npz", "numpy", f"{text}: archive with deflated members", apart),
    ]


def make_checkpoint():
    torch.manual_seed(12)
    torch.set_num_threads(1)
    model = torch.nn.Sequential()
    model.add_module("conv", torch.nn.Conv2d(3, 8, 3))
    model.add_module("relu", torch.nn.ReLU())
    model.add_module("flatten", torch.nn.Flatten())
    model.add_module("fc", torch.nn.Linear(128, 10))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for _ in range(3):
        optimizer.zero_grad()
        model(torch.randn(16, 3, 6, 6)).square().mean().backward()
        optimizer.step()
    state = model.state_dict()
    common.save_torch({"epoch": 3, "model_state_dict": {f"module.{k}": v for k, v in state.items()},
                       "optimizer_state_dict": optimizer.state_dict(), "loss": 0.25},
                      FOLDER / "variety-checkpoint.pt")
    rows = [layer("conv", "conv2d", state["conv.weight"].numpy()), layer("fc", "dense", state["fc.weight"].numpy())]
    return [entry("variety-checkpoint.pt", "pytorch",
                  "training checkpoint: every key under module., with Adam moments that are no weights", rows)]


def make_views():
    draw = normal(13)

    def tensor(*shape):
        return torch.from_numpy(draw(*shape))

    shared = tensor(2, 6, 7)
    state = {
        "transposed.weight": tensor(6, 8).t(),
        "sliced.weight": tensor(9, 12)[2:7, 1:10:2],
        "channels_last.weight": tensor(4, 3, 5, 5).to(memory_format=torch.channels_last),
        "expanded.weight": tensor(1, 9).expand(5, 9),
        "first_half.weight": shared[0],
        "second_half.weight": shared[1],
    }
    assert not any(state[f"{n}.weight"].is_contiguous() for n in ("transposed", "sliced", "channels_last", "expanded"))
    common.save_torch(state, FOLDER / "strided-views.pt")
    rows = [layer(key.removesuffix(".weight"), "conv2d" if value.ndim == 4 else "dense", value.numpy())
            for key, value in state.items()]
    return [entry("strided-views.pt", "pytorch",
                  "views: transposed, sliced, channels-last, expanded (stride 0), two tensors in one storage", rows)]


FLOATING = {"float64": torch.float64, "float32": torch.float32, "float16": torch.float16,
            "bfloat16": torch.bfloat16, "float8_e4m3fn": torch.float8_e4m3fn, "float8_e5m2": torch.float8_e5m2}
OTHER = {"int8": torch.int8, "uint8": torch.uint8, "int16": torch.int16, "int32": torch.int32,
         "int64": torch.int64, "bool": torch.bool}


def raw(tensor):
    """The tensor's bits as a NumPy array, also for types that NumPy lacks."""
    try:
        return tensor.contiguous().numpy()
    except TypeError:
        return tensor.contiguous().view({1: torch.uint8, 2: torch.uint16}[tensor.element_size()]).numpy()


def make_element_types():
    matrix = torch.from_numpy(normal(14)(6, 5).astype(np.float64))
    state = {f"{name}.weight": matrix.to(dtype) for name, dtype in FLOATING.items()}
    state |= {f"{name}.weight": (matrix * 100).abs().to(dtype) if dtype == torch.uint8 else (matrix * 100).to(dtype)
              for name, dtype in OTHER.items() if name != "bool"}
    state["bool.weight"] = matrix > 0
    common.save_safetensors(state, FOLDER / "dtypes.safetensors")
    with_complex = state | {"complex64.weight": torch.complex(matrix.float(), -2 * matrix.float())}
    common.save_torch(with_complex, FOLDER / "dtypes.pt")

    def rows(tensors, names):
        return [layer(name, "dense", raw(tensors[f"{name}.weight"]), element_type=name) for name in names]

    def others(names):
        return [{k: v for k, v in row.items() if k not in ("kind", "role")} for row in rows(with_complex, names)]

    text = "the same 6×5 matrix in every element type that the container can write"
    return [entry("dtypes.pt", "pytorch", text, rows(state, FLOATING), others=others([*OTHER, "complex64"])),
            entry("dtypes.safetensors", "safetensors", text, rows(state, FLOATING), others=others(OTHER))]


def make_npy():
    draw = normal(15)
    matrix = draw(7, 5)
    conv = draw(4, 3, 5, 5)
    files = {
        "float32-c.npy": ("float32, C order", matrix),
        "float32-fortran.npy": ("float32, Fortran order", np.asfortranarray(matrix)),
        "conv-fortran.npy": ("a convolution kernel [4,3,5,5] in Fortran order", np.asfortranarray(conv)),
        "float64-big-endian.npy": ("float64, big endian", matrix.astype(">f8")),
        "float16.npy": ("float16", matrix.astype(np.float16)),
        "int16.npy": ("int16: readable, but no weight", (1000 * matrix).astype(np.int16)),
        "matrix.npy": ("one bare float32 matrix", draw(12, 9)),
    }
    entries = []
    for name, (text, array) in files.items():
        np.save(FOLDER / name, array)
        row = layer(name.removesuffix(".npy"), "conv2d" if array.ndim == 4 else "dense", array,
                    element_type=array.dtype.newbyteorder("=").name)
        if array.dtype.kind == "f":
            entries.append(entry(name, "numpy", text, [row]))
        else:
            row = {k: v for k, v in row.items() if k not in ("kind", "role")}
            entries.append(entry(name, "numpy", text, [], others=[row]))

    conv1, fc6 = draw(5, 5, 3, 4), draw(12, 7)  # as TensorFlow keeps them: [kh,kw,in,out] and [in,out]
    zoo = {"conv1": {"weights": conv1, "biases": draw(4)}, "fc6": {"weights": fc6, "biases": draw(7)}}
    np.save(FOLDER / "pickled-dict.npy", np.array(zoo, dtype=object), allow_pickle=True)
    entries.append(entry("pickled-dict.npy", "numpy",
                         "0-d object array with {layer: {weights, biases}} in TensorFlow axis order, as old zoos have",
                         [layer("conv1", "conv2d", conv1.transpose(3, 2, 0, 1)), layer("fc6", "dense", fc6.T)]))
    return entries


# Keras ---------------------------------------------------------------------------------------------

def keras_model():
    keras.utils.set_random_seed(16)
    torch.set_num_threads(1)
    layers = keras.layers
    image = keras.Input((8, 8, 4), name="image")
    series = keras.Input((10, 6), name="series")
    volume = keras.Input((4, 4, 4, 2), name="volume")
    tokens = keras.Input((5,), dtype="int32", name="tokens")

    a = layers.Conv2D(6, 3, name="zeta_conv")(image)
    a = layers.BatchNormalization(name="bn")(a)
    a = layers.Conv2D(8, 3, groups=2, name="grouped")(a)
    a = layers.Conv2DTranspose(5, (3, 2), name="up")(a)
    a = layers.DepthwiseConv2D(3, depth_multiplier=2, name="depthwise")(a)
    a = layers.SeparableConv2D(7, 3, depth_multiplier=2, padding="same", name="separable")(a)
    a = layers.Conv2D(9, 1, name="alpha_conv")(a)
    a = layers.GlobalAveragePooling2D(name="image_mean")(a)

    b = layers.Conv1D(8, 3, name="conv1d")(series)
    b = layers.LSTM(7, return_sequences=True, name="lstm")(b)
    b = layers.Bidirectional(layers.GRU(5, return_sequences=True), name="bi")(b)
    b = layers.MultiHeadAttention(2, 4, name="mha")(b, b)
    b = layers.EinsumDense("abc,cde->abde", output_shape=(None, 3, 4), bias_axes="de", name="einsum")(b)
    b = layers.Reshape((8, 12), name="merge_heads")(b)
    b = layers.SimpleRNN(4, name="simple_rnn")(b)

    c = layers.Conv3D(3, 2, name="conv3d")(volume)
    c = layers.GlobalAveragePooling3D(name="volume_mean")(c)
    d = layers.Embedding(30, 9, name="embedding")(tokens)
    d = layers.GlobalAveragePooling1D(name="token_mean")(d)

    inner_input = keras.Input((10,), name="inner_input")
    inner = keras.Model(inner_input, layers.Dense(6, name="proj")(layers.Dense(11, name="fc")(inner_input)),
                        name="inner")
    # In the Keras 3 layout layers/dense is the layer *named* dense_1, and layers/dense_1 the one named dense.
    e = layers.Dense(10, activation="relu", name="dense_1")(layers.Concatenate(name="all")([a, b, c, d]))
    e = layers.Dense(2, name="dense")(inner(e))
    model = keras.Model([image, series, volume, tokens], e, name="variety")

    draw = normal(16)
    inputs = [draw(4, 8, 8, 4), draw(4, 10, 6), draw(4, 4, 4, 4, 2), np.arange(20).reshape(4, 5).astype("int32")]
    model.compile(optimizer=keras.optimizers.SGD(1e-3, momentum=0.9), loss="mse")
    model.train_on_batch(inputs, draw(4, 2))
    for weight in model.weights:  # the moments of the step stay, the weights get bits that depend on the seed only
        if weight.dtype == "float32":
            values = draw(*weight.shape)
            weight.assign(1 + values ** 2 if weight.path.endswith("variance") else values)
    return model


def keras_rows(model):
    def weight(name, *path):
        target = model
        for part in (*name.split("/"), *path):
            target = target.get_layer(part) if isinstance(target, keras.Model) else getattr(target, part)
        return keras.ops.convert_to_numpy(target)

    def dense(kernel, inputs=1):
        return kernel.reshape(int(np.prod(kernel.shape[:inputs])), -1).T

    def convolution(kernel):
        return np.moveaxis(kernel, (-1, -2), (0, 1))

    def depthwise(kernel):  # [kh,kw,in,mult] to [in·mult,1,kh,kw]
        return kernel.reshape(*kernel.shape[:2], -1).transpose(2, 0, 1)[:, None]

    def recurrent(name, kind, label, *path):
        return [layer(label, kind, weight(name, *path, role).T, role) for role in ("kernel", "recurrent_kernel")]

    rows = [
        layer("zeta_conv", "conv2d", convolution(weight("zeta_conv", "kernel"))),
        layer("grouped", "conv2d", convolution(weight("grouped", "kernel")), groups=2),
        layer("up", "conv2d_transpose", np.moveaxis(weight("up", "kernel"), (-2, -1), (0, 1))),
        layer("depthwise", "depthwise_conv2d", depthwise(weight("depthwise", "kernel"))),
        layer("separable/depthwise", "depthwise_conv2d", depthwise(weight("separable", "depthwise_kernel"))),
        layer("separable/pointwise", "conv2d", convolution(weight("separable", "pointwise_kernel"))),
        layer("alpha_conv", "conv2d", convolution(weight("alpha_conv", "kernel"))),
        layer("conv1d", "conv1d", convolution(weight("conv1d", "kernel"))),
        *recurrent("lstm", "lstm", "lstm", "cell"),
        *recurrent("bi", "gru", "bi/forward", "forward_layer", "cell"),
        *recurrent("bi", "gru", "bi/backward", "backward_layer", "cell"),
        *(layer(f"mha/{part}", "attention", dense(weight("mha", f"_{part}_dense", "kernel")))
          for part in ("query", "key", "value")),
        layer("mha/output", "attention", dense(weight("mha", "_output_dense", "kernel"), inputs=2)),
        layer("einsum", "dense", dense(weight("einsum", "kernel"))),
        *recurrent("simple_rnn", "rnn", "simple_rnn", "cell"),
        layer("conv3d", "conv3d", convolution(weight("conv3d", "kernel"))),
        layer("embedding", "embedding", weight("embedding", "embeddings")),
        layer("dense_1", "dense", dense(weight("dense_1", "kernel"))),
        layer("inner/fc", "dense", dense(weight("inner/fc", "kernel"))),
        layer("inner/proj", "dense", dense(weight("inner/proj", "kernel"))),
        layer("dense", "dense", dense(weight("dense", "kernel"))),
    ]
    counted = sum(len(w.shape) > 1 and "bias" not in w.path for w in model.weights)
    assert counted == len(rows), (counted, len(rows))  # the GRU bias [2,3u] is no kernel
    return rows


def make_keras():
    import h5py
    from keras.src.legacy.saving import legacy_h5_format

    model = keras_model()
    rows = keras_rows(model)
    model.save(FOLDER / "variety.h5")
    with h5py.File(FOLDER / "variety-weights.h5", "w") as file:
        legacy_h5_format.save_weights_to_hdf5_group(file, model)
    model.save_weights(FOLDER / "variety.weights.h5")
    common.save_keras(model, FOLDER / "variety.keras")
    text = "one model with every Keras layer kind"
    return [
        entry("variety.h5", "keras", f"{text}: full legacy HDF5, compiled, with optimizer_weights", rows),
        entry("variety-weights.h5", "keras", f"{text}: legacy HDF5 with weights only", rows),
        entry("variety.weights.h5", "keras", f"{text}: Keras 3 weights, with optimizer moments", rows),
        entry("variety.keras", "keras", f"{text}: Keras 3 zip", rows),
    ]


# ONNX ----------------------------------------------------------------------------------------------

def make_onnx():
    draw = normal(17)
    nodes, initializers, inputs, outputs, rows = [], [], [], [], []

    def tensor(name, array, storage="raw"):
        type = helper.np_dtype_to_tensor_dtype(array.dtype)
        proto = TensorProto(name=name, data_type=type, dims=array.shape)
        if storage == "raw":
            proto.raw_data = array.tobytes()
        elif storage == "float_data":
            proto.float_data.extend(array.ravel().tolist())
        elif storage == "double_data":
            proto.double_data.extend(array.ravel().tolist())
        elif storage == "int32_data":  # float16: one element in each varint
            proto.int32_data.extend(array.view(np.uint16).ravel().astype(int).tolist())
        return proto

    def stored(name, array, storage="raw"):
        initializers.append(tensor(name, array, storage))
        return name

    def value(shape, type=TensorProto.FLOAT):
        name = f"input_{len(inputs)}"
        inputs.append(helper.make_tensor_value_info(name, type, shape))
        return name

    def node(op, arguments, name, shape, type=TensorProto.FLOAT, outs=1, **attributes):
        results = [f"{name}_output_{i}" for i in range(outs)]
        nodes.append(helper.make_node(op, arguments, results, name=name, **attributes))
        if shape is not None:
            outputs.append(helper.make_tensor_value_info(results[0], type, shape))
        return results[0]

    def convolution(name, kind, shape, image, result, groups=1, transposed=False):
        kernel = draw(*shape)
        op = "ConvTranspose" if transposed else "Conv"
        channels = shape[1] * groups if transposed else shape[0]
        node(op, [value(image), stored(f"{name}.weight", kernel), stored(f"{name}.bias", draw(channels))],
             f"/{name}/{op}", result, group=groups)
        kernel = common.transposed_convolution(kernel, groups) if transposed else kernel
        rows.append(layer(name, kind, kernel, **({"groups": groups} if groups > 1 else {})))

    convolution("conv1d", "conv1d", (8, 6, 5), (1, 6, 9), (1, 8, 5))
    convolution("conv2d", "conv2d", (8, 4, 3, 3), (1, 4, 5, 5), (1, 8, 3, 3))
    convolution("conv3d", "conv3d", (4, 2, 2, 3, 3), (1, 2, 3, 4, 4), (1, 4, 2, 2, 2))
    convolution("grouped", "conv2d", (12, 4, 3, 3), (1, 8, 4, 4), (1, 12, 2, 2), groups=2)
    convolution("depthwise", "depthwise_conv2d", (12, 1, 3, 3), (1, 6, 4, 4), (1, 12, 2, 2), groups=6)
    convolution("up", "conv2d_transpose", (6, 4, 3, 3), (1, 6, 2, 2), (1, 4, 4, 4), transposed=True)
    convolution("up_grouped", "conv2d_transpose", (8, 3, 3, 3), (1, 8, 2, 2), (1, 6, 4, 4), 2, transposed=True)

    def gemm(name, kernel, trans_b, storage="raw", type=TensorProto.FLOAT):
        out, into = kernel.shape if trans_b else kernel.shape[::-1]
        bias = draw(out).astype(kernel.dtype)
        node("Gemm", [value((2, into), type), stored(f"{name}.weight", kernel, storage), stored(f"{name}.bias", bias)],
             f"/{name}/Gemm", (2, out), type, transB=int(trans_b))
        rows.append(layer(name, "dense", kernel if trans_b else kernel.T))

    gemm("gemm_transposed", draw(7, 9), True)
    gemm("gemm_plain", draw(9, 7), False)
    gemm("floats", draw(8, 6), True, "float_data")
    gemm("doubles", draw(8, 5).astype(np.float64), True, "double_data", TensorProto.DOUBLE)
    gemm("halves", draw(6, 10).astype(np.float16), False, "int32_data", TensorProto.FLOAT16)

    def matmul(label, kernel, constant):
        node("MatMul", [value((2, 3, kernel.shape[0])), constant], f"/{label}/MatMul", (2, 3, kernel.shape[1]))
        rows.append(layer(label, "dense", kernel.T))

    kernel = draw(9, 6)
    matmul("block1/fc", kernel, stored("onnx::MatMul_12", kernel))
    kernel = draw(6, 11)
    matmul("block2/fc", kernel, stored("onnx::MatMul_15", kernel, "float_data"))
    kernel = draw(8, 7)
    matmul("constant/fc", kernel, node("Constant", [], "/constant/fc/Constant", None,
                                       value=tensor("value", kernel)))
    kernel = draw(5, 8)  # W·x: the rows are the outputs
    node("MatMul", [stored("left.weight", kernel), value((8, 3))], "/left/MatMul", (5, 3))
    rows.append(layer("left", "dense", kernel))
    kernel = draw(4, 10)
    turned = node("Transpose", [stored("behind_transpose.weight", kernel)], "/behind_transpose/Transpose", None,
                  perm=[1, 0])
    node("MatMul", [value((3, 10)), turned], "/behind_transpose/MatMul", (3, 4))
    rows.append(layer("behind_transpose", "dense", kernel))

    kernel = draw(20, 6)
    node("Gather", [stored("embedding.weight", kernel), value((4,), TensorProto.INT64)], "/embedding/Gather", (4, 6))
    rows.append(layer("embedding", "embedding", kernel))

    hidden, into = 5, 7
    kernel, recurrent = draw(1, 4 * hidden, into), draw(1, 4 * hidden, hidden)
    node("LSTM", [value((3, 2, into)), stored("onnx::LSTM_40", kernel), stored("onnx::LSTM_41", recurrent),
                  stored("onnx::LSTM_42", draw(1, 8 * hidden))],
         "/rnn/lstm/LSTM", (3, 1, 2, hidden), hidden_size=hidden)
    rows.append(layer("rnn/lstm", "lstm", kernel[0]))
    rows.append(layer("rnn/lstm", "lstm", recurrent[0], "recurrent_kernel"))
    kernel, recurrent = draw(2, 3 * hidden, into), draw(2, 3 * hidden, hidden)
    node("GRU", [value((3, 2, into)), stored("onnx::GRU_50", kernel), stored("onnx::GRU_51", recurrent),
                 stored("onnx::GRU_52", draw(2, 6 * hidden))], "/rnn/gru/GRU", (3, 2, 2, hidden), hidden_size=hidden,
         direction="bidirectional", linear_before_reset=1)
    for index, direction in enumerate(("forward", "backward")):
        rows.append(layer(f"rnn/gru/{direction}", "gru", kernel[index]))
        rows.append(layer(f"rnn/gru/{direction}", "gru", recurrent[index], "recurrent_kernel"))

    graph = helper.make_graph(nodes, "variety", inputs, outputs, initializers)
    model = helper.make_model(graph, producer_name="heavytail-sample-models",
                              opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    # A run finds wrong ranks and attributes. The reference evaluator cannot do these two nodes.
    runnable = without(model, ("/rnn/gru/GRU", "/up_grouped/ConvTranspose"))
    types = {TensorProto.FLOAT: "f4", TensorProto.DOUBLE: "f8", TensorProto.FLOAT16: "f2", TensorProto.INT64: "i8"}
    feed = {i.name: np.ones([d.dim_value for d in i.type.tensor_type.shape.dim], types[i.type.tensor_type.elem_type])
            for i in inputs}
    for info, result in zip(runnable.graph.output, ReferenceEvaluator(runnable).run(None, feed)):
        assert list(result.shape) == [d.dim_value for d in info.type.tensor_type.shape.dim], info.name
    (FOLDER / "variety.onnx").write_bytes(model.SerializeToString(deterministic=True))
    return [entry("variety.onnx", "onnx", "every operator with weights, and every way ONNX stores them", rows)]


def without(model, names):
    """The model less the nodes of these names and their outputs."""
    reduced = copy.deepcopy(model)
    gone = [node for node in reduced.graph.node if node.name in names]
    lost = {output for node in gone for output in node.output}
    kept = [output for output in reduced.graph.output if output.name not in lost]
    for node in gone:
        reduced.graph.node.remove(node)
    del reduced.graph.output[:]
    reduced.graph.output.extend(kept)
    return reduced


class Exported(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(3, 6, 3)
        self.block = torch.nn.Sequential(torch.nn.Linear(6, 12), torch.nn.ReLU(), torch.nn.Linear(12, 9, bias=False))
        self.head = torch.nn.Linear(9, 4)
        draw = normal(18)
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.copy_(torch.from_numpy(draw(*parameter.shape)))

    def forward(self, image):
        return self.head(self.block(torch.relu(self.conv(image)).mean((2, 3))))


def make_exported():
    model = Exported().eval()
    image = torch.from_numpy(normal(19)(1, 3, 6, 6))
    wanted = model(image).detach().numpy()
    names = {"variety-torch.onnx": ("block.2", True, "by torch.export"),
             "variety-torch-traced.onnx": ("block/block.2", False, "by tracing: one weight is an anonymous MatMul")}
    entries = []
    for name, (third, dynamo, text) in names.items():
        path = FOLDER / name
        options = {"external_data": False} if dynamo else {}
        torch.onnx.export(model, (image,), str(path), dynamo=dynamo, input_names=["image"],
                          output_names=["logits"], **options)
        proto = onnx.load(path)
        common.strip_onnx(proto)
        onnx.checker.check_model(proto)
        path.write_bytes(proto.SerializeToString(deterministic=True))
        result = ReferenceEvaluator(proto).run(None, {"image": image.numpy()})[0]
        assert np.abs(result - wanted).max() < 1e-5
        state = {key: value.numpy() for key, value in model.state_dict().items()}
        rows = [layer("conv", "conv2d", state["conv.weight"]), layer("block.0", "dense", state["block.0.weight"]),
                layer(third, "dense", state["block.2.weight"]), layer("head", "dense", state["head.weight"])]
        entries.append(entry(name, "onnx", f"a convolution and three dense layers, exported {text}", rows))
    return entries


def main():
    common.arguments(__doc__, mnist=False).parse_args()
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    entries = [*make_state_dicts(), *make_checkpoint(), *make_views(), *make_element_types(), *make_npy(),
               *make_keras(), *make_onnx(), *make_exported()]
    manifest.record("Variety", entries)
    for item in entries:
        print(f"{item['path']:44} {item['byte_count']:8,} bytes {len(item['layers']):3} rows")


if __name__ == "__main__":
    main()
