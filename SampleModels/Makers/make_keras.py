# SPDX-License-Identifier: Apache-2.0
"""Tiny Keras models with random weights: what else Keras writes beside the models of make_variety.py.

Run after make_variety.py, which empties the folder above."""

import io
import json
import logging
import shutil
import warnings
import zipfile

import common

import h5py
import keras
import numpy as np
import torch
from keras import dtype_policies, layers, ops
from keras.src.quantizers import quantizers
from keras.src.quantizers.awq_config import AWQConfig
from keras.src.quantizers.gptq_config import GPTQConfig
from keras.src.quantizers.quantization_config import Int4QuantizationConfig

import manifest

FOLDER = common.ROOT / "Variety" / "keras"
layer = common.layer
array = keras.ops.convert_to_numpy


def entry(name, text, rows, **extra):
    return common.entry(f"Variety/keras/{name}", "keras", "make_keras.py", text, rows, **extra)


def dequantized_entry(name, text, rows):
    return entry(name, text, rows, derived=True)


def fill(model, seed):
    """Weights whose bits depend on the seed only."""
    generator = np.random.Generator(np.random.PCG64(seed))
    for weight in model.weights:
        if weight.dtype.startswith("float") or weight.dtype == "bfloat16":
            weight.assign((0.3 * generator.standard_normal(weight.shape)).astype(np.float32))


def matrix(kernel, inputs=1):
    """[in…, out…] to [out, in]."""
    return kernel.reshape(int(np.prod(kernel.shape[:inputs])), -1).T


# Containers ----------------------------------------------------------------------------------------

def chain():
    keras.backend.clear_session()
    keras.utils.set_random_seed(21)
    data = keras.Input((12,), name="data")
    body = layers.Dense(20, name="first")(data)
    body = layers.Dense(16, name="second")(body)
    model = keras.Model(data, layers.Dense(3, name="third")(body), name="chain")
    fill(model, 21)
    return model, [layer(name, "dense", array(model.get_layer(name).kernel).T) for name in ("first", "second", "third")]


def make_containers():
    model, rows = chain()
    folder = FOLDER / "sharded"
    folder.mkdir()
    # Small enough that the kernel and the bias of `second` lie in two files.
    model.save_weights(folder / "model.weights.json", max_shard_size=1.2e-6)
    (folder / "config.json").write_text(json.dumps(json.loads(model.to_json()), indent=1))
    # As Keras 2.12 to 2.15 write it; Keras 3 pickles objects of its backend in place of the arrays.
    contents = {"__root__": {}}
    for index, name in enumerate(("first", "second", "third")):
        target = model.get_layer(name)
        contents[f"layers/dense{f'_{index}' if index else ''}"] = {"0": array(target.kernel), "1": array(target.bias)}
    stream = io.BytesIO()
    np.savez(stream, **contents)
    write_zip(FOLDER / "arrays.keras", model, **{"model.weights.npz": settled(stream.getvalue())})
    return [entry("sharded", "weights in several files with an index, one layer in two of them", rows),
            entry("arrays.keras", "weights as pickled dictionaries in an npz archive", rows)]


def settled(data):
    """The zip archive with fixed dates."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(stream, "w") as target:
        for info in source.infolist():
            target.writestr(zipfile.ZipInfo(info.filename, common.EPOCH), source.read(info))
    return stream.getvalue()


def write_zip(path, model, config=None, version=keras.__version__, **members):
    config = json.dumps(config) if config else model.to_json()
    with zipfile.ZipFile(path, "w") as target:
        for name, data in {"metadata.json": json.dumps({"keras_version": version}), "config.json": config,
                           **members}.items():
            target.writestr(zipfile.ZipInfo(name, common.EPOCH), data)


# Layers around layers ------------------------------------------------------------------------------

def make_wrapped():
    keras.backend.clear_session()
    keras.utils.set_random_seed(22)
    series = keras.Input((6, 10), name="series")
    frames = keras.Input((3, 6, 6, 2), name="frames")
    pair = keras.Sequential([layers.Dense(7, name="narrow"), layers.Dense(10, name="wide")], name="pair")
    shared = layers.Dense(10, name="shared")
    body = layers.TimeDistributed(layers.Dense(10, name="step"), name="steps")(shared(shared(series)))
    body = layers.TimeDistributed(pair, name="pairs")(body)
    body = layers.RNN([layers.LSTMCell(6), layers.GRUCell(4)], return_sequences=True, name="stack")(body)
    body = layers.DepthwiseConv1D(3, depth_multiplier=2, padding="same", name="depthwise")(body)
    body = layers.Conv1DTranspose(8, 3, name="up")(body)
    body = layers.GroupQueryAttention(4, 4, 2, name="queries")(body, body)
    body = layers.SpectralNormalization(layers.Dense(6, name="kept"), name="normed")(body)
    model = keras.Model([series, frames], [body, layers.ConvLSTM2D(3, 2, name="film")(frames)], name="wrapped")
    fill(model, 22)
    of = model.get_layer

    def cell(name, kind, target, change=lambda kernel: kernel.T):
        return [layer(name, kind, change(array(target.kernel))),
                layer(name, kind, change(array(target.recurrent_kernel)), "recurrent_kernel")]

    def film(kernel):
        return np.moveaxis(kernel, (-1, -2), (0, 1))

    queries = of("queries")
    depthwise, up = array(of("depthwise").kernel), array(of("up").kernel)
    stack = of("stack").cell.cells
    rows = [
        layer("shared", "dense", matrix(array(shared.kernel))),
        layer("steps", "dense", matrix(array(of("steps").layer.kernel))),
        layer("pairs/narrow", "dense", matrix(array(pair.get_layer("narrow").kernel))),
        layer("pairs/wide", "dense", matrix(array(pair.get_layer("wide").kernel))),
        *cell("stack/cells/lstm_cell", "lstm", stack[0]), *cell("stack/cells/gru_cell", "gru", stack[1]),
        layer("depthwise", "depthwise_conv1d", depthwise.reshape(3, -1).T[:, None]),
        layer("up", "conv1d_transpose", np.moveaxis(up, (-2, -1), (0, 1))),
        *(layer(f"queries/{part}", "attention", matrix(array(getattr(queries, f"_{part}_dense").kernel)))
          for part in ("query", "key", "value")),
        layer("queries/output", "attention", matrix(array(queries._output_dense.kernel), inputs=2)),
        layer("normed", "dense", matrix(array(of("normed").layer.kernel))),
        *cell("film", "lstm", of("film").cell, film),
    ]
    text = "wrappers, stacked cells, a shared layer, grouped attention, a recurrent convolution"
    model.save(FOLDER / "wrapped.h5")
    model.save_weights(FOLDER / "wrapped.weights.h5")
    common.save_keras(model, FOLDER / "wrapped.keras")
    return [entry("wrapped.h5", f"{text}: legacy HDF5", rows),
            entry("wrapped.weights.h5", f"{text}: weights only", rows),
            entry("wrapped.keras", f"{text}: Keras 3 zip", rows)]


# Quantised kernels ---------------------------------------------------------------------------------

def model_of_kernels(seed):
    """Layers that Keras quantises, with odd extents so that packed numbers have padding."""
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    series = keras.Input((6, 11), name="series")
    tokens = keras.Input((5,), dtype="int32", name="tokens")
    body = layers.Dense(7, name="dense")(series)
    body = layers.Dense(8, use_bias=False, name="unbiased")(body)
    body = layers.EinsumDense("abc,cde->abde", output_shape=(None, 3, 5), bias_axes="de", name="heads")(body)
    body = layers.EinsumDense("abde,dec->abc", output_shape=(None, 15), name="join")(body)
    body = layers.EinsumDense("abc,dc->abd", output_shape=(None, 9), name="turned")(body)
    body = layers.MultiHeadAttention(2, 4, name="mha")(body, body)
    table = layers.Embedding(13, 9, name="table")(tokens)
    both = layers.ReversibleEmbedding(12, 7, tie_weights=False, name="both")
    model = keras.Model([series, tokens], [body, table, both(both(tokens), reverse=True)], name="quantized")
    fill(model, seed)
    return model


def dequantized(target):
    """A Dense's or EinsumDense's kernel as Keras itself computes with it."""
    mode = target.quantization_mode
    if mode in (None, "float8"):
        return array(target._kernel)
    if mode == "int8":
        scale = target.kernel_scale
        if isinstance(target, layers.EinsumDense):
            scale = target._adjust_scale_for_dequant(scale)
        return array(ops.divide(ops.cast(target._kernel, "float32"), scale))
    if mode == "int4":
        columns = getattr(target, "_int4_unpacked_column_size", None) or target._orig_output_dim
        numbers = quantizers.unpack_int4(target._kernel, columns, axis=-1)
        if target._int4_block_size in (None, -1):
            kernel = ops.divide(ops.cast(numbers, "float32"), target.kernel_scale)
        else:
            kernel = quantizers.dequantize_with_sz_map(
                numbers, target.kernel_scale, target.kernel_zero, target.g_idx, group_axis=0)
        return array(ops.reshape(kernel, getattr(target, "original_kernel_shape", kernel.shape)))
    columns = target.kernel_scale.shape[0]
    numbers = target.quantized_kernel
    if numbers.shape[0] < columns:
        numbers = quantizers.unpack_int4(numbers, orig_len=columns, axis=0, dtype="uint8")
    kernel = ops.transpose(quantizers.dequantize_with_sz_map(
        numbers, target.kernel_scale, target.kernel_zero, target.g_idx))
    if mode == "awq":
        kernel = ops.divide(kernel, ops.expand_dims(target.awq_scales, -1))
    return array(ops.reshape(kernel, getattr(target, "original_kernel_shape", kernel.shape)))


def table_of(target):
    mode = target.quantization_mode
    numbers = target._embeddings
    if mode not in ("int8", "int4"):
        return array(numbers)
    if mode == "int4":
        numbers = quantizers.unpack_int4(numbers, target.output_dim, axis=-1)
    if mode == "int4" and target._int4_block_size not in (None, -1):
        return array(quantizers.dequantize_with_sz_map(
            ops.cast(numbers, "float32"), target.embeddings_scale, target.embeddings_zero, target.g_idx,
            group_axis=-1))
    return array(ops.divide(ops.cast(numbers, "float32"), ops.expand_dims(target.embeddings_scale, -1)))


def way_back_of(target):
    mode = target.quantization_mode
    numbers = target.reverse_embeddings
    if mode not in ("int8", "int4"):
        return array(numbers)
    if mode == "int4":
        numbers = quantizers.unpack_int4(numbers, target.output_dim, axis=0)
    if mode == "int4" and target._int4_block_size not in (None, -1):
        return array(quantizers.dequantize_with_sz_map(
            ops.cast(numbers, "float32"), target.reverse_embeddings_scale, target.reverse_embeddings_zero,
            target.g_idx, group_axis=0))
    return array(ops.divide(ops.cast(numbers, "float32"), target.reverse_embeddings_scale))


def kernel_rows(model):
    of = model.get_layer
    mha = of("mha")
    return [
        layer("dense", "dense", matrix(dequantized(of("dense")))),
        layer("unbiased", "dense", matrix(dequantized(of("unbiased")))),
        layer("heads", "dense", matrix(dequantized(of("heads")))),
        layer("join", "dense", matrix(dequantized(of("join")), inputs=2)),
        layer("turned", "dense", dequantized(of("turned"))),
        *(layer(f"mha/{part}", "attention", matrix(dequantized(getattr(mha, f"_{part}_dense"))))
          for part in ("query", "key", "value")),
        layer("mha/output", "attention", matrix(dequantized(mha._output_dense), inputs=2)),
        layer("table", "embedding", table_of(of("table"))),
        layer("both", "embedding", table_of(of("both"))),
        layer("both", "embedding", way_back_of(of("both")).T, "reverse_embeddings"),
    ]


def unnamed(rows):
    return [row for row in rows if row["name"] != "turned"]


def make_quantized():
    entries = []
    configs = {"int8": None, "int4": Int4QuantizationConfig(block_size=-1),
               "int4-groups": Int4QuantizationConfig(block_size=4), "float8": None}
    dtype_policies.QuantizedFloat8DTypePolicy.default_amax_history_length = 4
    for seed, (name, config) in enumerate(configs.items()):
        model = model_of_kernels(30 + seed)
        if name == "float8":
            for target in model.layers:
                if isinstance(target, (layers.Dense, layers.EinsumDense)):
                    target.quantize("float8")
        else:
            model.quantize(name.split("-")[0], config=config)
        text = f"kernels quantised to {name}: Dense, EinsumDense, attention, Embedding, ReversibleEmbedding"
        common.save_keras(model, FOLDER / f"{name}.keras")
        entries.append(dequantized_entry(f"{name}.keras", text, kernel_rows(model)))
        if name == "int8":
            model.save_weights(FOLDER / "int8.weights.h5")
            # Without a configuration, nothing says that the kernel of `turned` has its outputs first.
            entries.append(dequantized_entry("int8.weights.h5", f"{text}; weights only", unnamed(kernel_rows(model))))
    return entries


def make_calibrated():
    """GPTQ and AWQ with numbers of our own: what matters is how the parts are stored."""
    entries = []
    for seed, (policy, text) in enumerate({
            "gptq/4/4": "GPTQ, four bits in groups of four inputs", "gptq/8/-1": "GPTQ, eight bits, one group",
            "awq/4/4": "AWQ, four bits in groups of four inputs"}.items()):
        keras.backend.clear_session()
        keras.utils.set_random_seed(40)
        series = keras.Input((6, 10), name="series")
        mode, bits, size = policy.split("/")
        body, targets = series, []
        for target in (layers.Dense(7, name="dense"), layers.Dense(8, use_bias=False, name="unbiased"),
                       layers.EinsumDense("abc,cde->abde", output_shape=(None, 3, 5), bias_axes="de", name="heads"),
                       layers.EinsumDense("abde,dec->abc", output_shape=(None, 4), bias_axes="c", name="join")):
            body = target(body)
            targets.append(target)
        model = keras.Model(series, body, name=mode)
        generator = np.random.Generator(np.random.PCG64(40 + seed))
        for target in targets:
            target.quantize(mode, config=calibration(mode, int(bits), int(size)))
            assign(target, mode, int(bits), int(size), generator)
            # Keras 3.15 forgets to write kernel_zero, and cannot read its own file then; this is what it reads.
            target.save_own_variables = lambda store, target=target: store_all(target, store)
        name = f"{mode}-{bits}.keras"
        common.save_keras(model, FOLDER / name)
        kernels = [dequantized(target) for target in targets]
        rows = [layer(target.name, "dense", matrix(kernel, inputs=2 if target.name == "join" else 1))
                for target, kernel in zip(targets, kernels)]
        entries.append(dequantized_entry(name, text, rows))
    return entries


def calibration(mode, bits, size):
    settings = dict(dataset=None, tokenizer=None, weight_bits=bits, group_size=size)
    return (GPTQConfig if mode == "gptq" else AWQConfig)(**settings)


def store_all(target, store):
    names = target.variable_serialization_spec[target.quantization_mode]
    for number, name in enumerate(name for name in names if getattr(target, name) is not None):
        store[str(number)] = getattr(target, name)


def assign(target, mode, bits, size, generator):
    columns, groups = target.kernel_scale.shape
    rows = target.g_idx.shape[0]
    numbers = generator.integers(0, 2 ** bits, (columns, rows)).astype("uint8")
    target.quantized_kernel.assign(
        quantizers.pack_int4(ops.convert_to_tensor(numbers), axis=0, dtype="uint8")[0] if bits == 4 else numbers)
    target.kernel_scale.assign(generator.uniform(0.01, 0.1, (columns, groups)).astype("float32"))
    target.kernel_zero.assign(generator.integers(0, 2 ** bits, (columns, groups)).astype("uint8"))
    # Groups in an order of their own, as GPTQ leaves them when it sorts inputs by activation.
    target.g_idx.assign(generator.permutation(np.arange(rows) // (size if size > 0 else rows)).astype("float32"))
    if mode == "awq":
        target.awq_scales.assign(generator.uniform(0.5, 2, (rows,)).astype("float32"))
        target.is_awq_calibrated = True
    else:
        target.is_gptq_calibrated = True


def make_old_packing():
    """Until Keras 3.12, numbers of four bits were packed along the first of the inputs."""
    model = model_of_kernels(50)
    keep = ("dense", "unbiased", "heads", "join", "turned")
    rows = []
    for name in keep:
        model.get_layer(name).quantize("int8")
    config = json.loads(model.to_json())
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        counts = {}
        for target in model.layers:
            stem = keras.src.utils.naming.to_snake_case(type(target).__name__)
            index = counts.get(stem, 0)
            counts[stem] = index + 1
            if target.name not in keep:
                continue
            group = file.create_group(f"layers/{stem}{f'_{index}' if index else ''}/vars")
            kernel = np.random.Generator(np.random.PCG64(len(rows))).integers(-8, 8, target._kernel.shape, dtype=np.int8)
            axis = target._kernel_reduced_axes[0] if isinstance(target, layers.EinsumDense) else 0
            target._kernel.assign(kernel)
            packed = quantizers.pack_int4(ops.convert_to_tensor(kernel), axis=axis)[0]
            parts = [packed, target.bias, target.kernel_scale]
            for number, part in enumerate(part for part in parts if part is not None):
                group[str(number)] = array(part)
            inputs = 2 if target.name == "join" else 1
            truth = dequantized(target)
            rows.append(layer(target.name, "dense", truth if target.name == "turned" else matrix(truth, inputs)))
    for item in config["config"]["layers"]:
        if item["config"]["name"] in keep:
            item["config"]["dtype"]["config"]["mode"] = "int4"
            item["config"]["quantization_config"] = None
    write_zip(FOLDER / "int4-inputs.keras", model, config, "3.11.0", **{"model.weights.h5": stream.getvalue()})
    return [dequantized_entry("int4-inputs.keras", "four bits packed along the inputs, as Keras 3.11 did", rows)]


def main():
    common.arguments(__doc__, mnist=False).parse_args()
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    entries = [*make_containers(), *make_wrapped(), *make_quantized(), *make_calibrated(), *make_old_packing()]
    manifest.record("Variety/keras", entries)
    for item in entries:
        print(f"{item['path']:44} {item['byte_count']:8,} bytes {len(item['layers']):3} rows")


if __name__ == "__main__":
    main()
