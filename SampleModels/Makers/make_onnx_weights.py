# SPDX-License-Identifier: Apache-2.0
"""Variety/quantized.onnx, chains.onnx and encodings.onnx: weights that are not stored as an operator sees them.

The truth about standard operators comes from onnx's own reference evaluator; that about the operators of
ONNX Runtime, which it does not have, from their documentation, spelled out in numpy here."""

import ml_dtypes
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

import common
import manifest

MAKER = "make_onnx_weights.py"
MICROSOFT = "com.microsoft"
random = np.random.default_rng(29)


def draw(*shape):
    return random.normal(size=shape).astype(np.float32)


def whole(low, high, *shape, dtype=np.int8):
    return random.integers(low, high, size=shape, endpoint=True).astype(dtype)


def packed(numbers, bits):
    """Whole numbers along the last axis, the first in the lowest bits of the first byte."""
    per = 8 // bits
    padded = np.pad(numbers, [(0, 0)] * (numbers.ndim - 1) + [(0, -numbers.shape[-1] % per)])
    groups = padded.reshape(*padded.shape[:-1], -1, per).astype(np.uint8)
    return np.bitwise_or.reduce(groups << (bits * np.arange(per)).astype(np.uint8), axis=-1).astype(np.uint8)


class Builder:
    def __init__(self):
        self.nodes, self.initializers, self.sparse, self.rows = [], [], [], []

    def stored(self, name, array):
        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def node(self, op, inputs, name="", outs=1, domain=None, **attributes):
        outputs = [f"{name or inputs[0] + op}_out{i}" for i in range(outs)]
        self.nodes.append(helper.make_node(op, inputs, outputs, name=name, domain=domain, **attributes))
        return outputs if outs > 1 else outputs[0]

    def use(self, name, op, inputs, array, kind="dense", role="kernel", domain=None, **attributes):
        """A node whose weight is `array`, given in canonical orientation."""
        self.node(op, inputs, name, domain=domain, **attributes)
        self.rows.append(common.layer(name, kind, array, role))

    def evaluated(self, value):
        """What the reference evaluator makes of the nodes that lead to a value."""
        needed, nodes = {value}, []
        for node in reversed(self.nodes):
            if needed.intersection(node.output):
                needed.update(node.input)
                nodes.insert(0, node)
        info = helper.make_tensor_value_info(value, TensorProto.UNDEFINED, None)
        graph = helper.make_graph(nodes, "part", [], [info], self.initializers)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 25)], ir_version=11)
        return ReferenceEvaluator(model).run(None, {})[0]

    def write(self, name, description, functions=(), graph=None):
        graph = graph or helper.make_graph(
            self.nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, None)], [], self.initializers,
            sparse_initializer=self.sparse)
        domains = ["", MICROSOFT, "local"]
        model = helper.make_model(
            graph, producer_name="heavytail-sample-models", ir_version=11, functions=functions,
            opset_imports=[helper.make_opsetid(d, 25 if d == "" else 1) for d in domains])
        path = common.ROOT / "Variety" / name
        path.write_bytes(model.SerializeToString(deterministic=True))
        return common.entry("Variety/" + name, "onnx", MAKER, description, self.rows, derived=True)


def make_quantized():
    b = Builder()
    pool = []

    def isolated(op, inputs, name, **attributes):
        """The output of a standard node, and its value."""
        result = b.node(op, inputs, name, **attributes)
        return result, b.evaluated(result)

    # DequantizeLinear: per tensor, per axis, in blocks of 8, 4 and 2 bits, of float8, and behind QuantizeLinear.
    value, truth = isolated("DequantizeLinear", [
        b.stored("tensor.weight", whole(-128, 127, 6, 8)), b.stored("tensor.s", np.float32(0.03)),
        b.stored("tensor.z", np.int8(-5))], "tensor/D")
    b.use("tensor", "MatMul", ["x", value], truth.T)
    value, truth = isolated("DequantizeLinear", [
        b.stored("axis.weight", whole(0, 255, 6, 3, 2, 2, dtype=np.uint8)), b.stored("axis.s", np.abs(draw(6))),
        b.stored("axis.z", whole(100, 140, 6, dtype=np.uint8))], "axis/D", axis=0)
    b.use("axis", "Conv", ["x", value], truth, "conv2d")
    for name, dtype, low, high in (("int8", np.int8, -128, 127), ("int4", ml_dtypes.int4, -8, 7),
                                   ("uint4", ml_dtypes.uint4, 0, 15), ("int2", ml_dtypes.int2, -2, 1),
                                   ("uint2", ml_dtypes.uint2, 0, 3), ("int16", np.int16, -32768, 32767)):
        value, truth = isolated("DequantizeLinear", [
            b.stored(f"{name}.weight", whole(low, high, 5, 12, dtype=np.int32).astype(dtype)),
            b.stored(f"{name}.s", np.abs(draw(5, 3))),
            b.stored(f"{name}.z", whole(low, high, 5, 3, dtype=np.int32).astype(dtype))], f"{name}/D", axis=1, block_size=4)
        b.use(name, "Gemm", ["x", value], truth, transB=1)
    value, truth = isolated("DequantizeLinear", [
        b.stored("float8.weight", draw(4, 6).astype(ml_dtypes.float8_e4m3fn)), b.stored("float8.s", np.float32(0.5))], "float8/D")
    b.use("float8", "MatMul", ["x", value], truth.T)
    scale, zero = b.stored("fake.s", np.abs(draw(7)) / 20), b.stored("fake.z", whole(-20, 20, 7))
    value = b.node("QuantizeLinear", [b.stored("fake.weight", draw(7, 9)), scale, zero], "fake/Q", axis=0)
    value, truth = isolated("DequantizeLinear", [value, scale, zero], "fake/D", axis=0)
    b.use("fake", "Gemm", ["x", value], truth, transB=1)

    # Operators on whole numbers.
    q, s, z = whole(-128, 127, 6, 2, 3, 3), np.abs(draw(6)), whole(-3, 3, 6)
    b.use("qconv", "QLinearConv", ["x", "", "", b.stored("1", q), b.stored("1s", s), b.stored("1z", z), "", ""],
          (q.astype(np.float32) - z[:, None, None, None]) * s[:, None, None, None], "conv2d")
    q, s, z = whole(0, 255, 5, 7, dtype=np.uint8), np.abs(draw(7)), whole(120, 136, 7, dtype=np.uint8)
    real = (q.astype(np.float32) - z) * s
    b.use("qright", "QLinearMatMul", ["x", "", "", b.stored("2", q), b.stored("2s", s), b.stored("2z", z), "", ""], real.T)
    names = [b.stored("3", q.T), b.stored("3s", s[:, None]), b.stored("3z", z[:, None])]
    b.use("qleft", "QLinearMatMul", [*names, "x", "", "", "", ""], real.T)
    b.use("integers", "MatMulInteger", ["x", b.stored("4", q), "", b.stored("4z", z)], (q.astype(np.float32) - z).T)
    b.use("convinteger", "ConvInteger", ["x", b.stored("5", q.reshape(5, 7, 1, 1)), "", b.stored("5z", np.uint8(9))],
          q.astype(np.float32).reshape(5, 7, 1, 1) - 9, "conv2d")

    def microsoft(name, op, inputs, array, kind="dense", **attributes):
        b.use(name, op, inputs, array, kind, domain=MICROSOFT, **attributes)

    microsoft("qgemm", "QGemm", ["x", "", "", b.stored("6", q), b.stored("6s", s), b.stored("6z", z)], real.T)
    microsoft("dynamic", "DynamicQuantizeMatMul", ["x", b.stored("7", q), b.stored("7s", s), b.stored("7z", z)], real.T)
    microsoft("tofloat", "MatMulIntegerToFloat",
              ["x", b.stored("8", q), "", b.stored("8s", s), "", b.stored("8z", z)], real.T)
    q = whole(-128, 127, 6, 18)
    microsoft("qattention", "QAttention", ["x", b.stored("9", q), "", "", b.stored("9s", np.float32(0.25)), "", "",
                                           b.stored("9z", np.int8(2))],
              ((q.astype(np.float32) - 2) * np.float32(0.25)).T, "attention", num_heads=2)

    # Blocks of a few bits.
    for bits in (2, 4, 8):
        for form in ("default", "packed", "float", "indexed"):
            rows, columns, block = 5, 40, 16
            blocks = -(-columns // block)
            codes = whole(0, 2 ** bits - 1, rows, blocks * block, dtype=np.uint8)
            scales = draw(rows, blocks)
            name = f"bits{bits}/{form}"
            inputs = ["x", b.stored(name + ".weight", packed(codes, bits).reshape(rows, blocks, -1)),
                      b.stored(name + ".s", scales.ravel() if form == "packed" else scales)]
            group = np.arange(columns) // block
            zeros = np.full((rows, blocks), 2 ** (bits - 1), np.float32)
            if form == "packed":
                numbers = whole(0, 2 ** bits - 1, rows, blocks, dtype=np.uint8)
                zeros = numbers.astype(np.float32)
                inputs.append(b.stored(name + ".z", packed(numbers, bits)))
            elif form == "float":
                zeros = draw(rows, blocks)
                inputs.append(b.stored(name + ".z", zeros))
            elif form == "indexed":
                group = random.permutation(group)
                inputs += ["", b.stored(name + ".g", group.astype(np.int32))]
            real = (codes[:, :columns].astype(np.float32) - zeros[:, group]) * scales[:, group]
            microsoft(name, "MatMulNBits", inputs, real, N=rows, K=columns, bits=bits, block_size=block)
    tables = {
        1: [-1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635,
            -0.18477343022823334, -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725,
            0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0],
        0: [0.0, 5.208333333e-03, 0.66666667, 1.0, 0.33333333, 0.5, 0.16666667, 0.25,
            -0.0, -5.208333333e-03, -0.66666667, -1.0, -0.33333333, -0.5, -0.16666667, -0.25]}
    for kind, table in tables.items():
        codes, absmax = whole(0, 15, 3 * 21, dtype=np.uint8), np.abs(draw(4))
        halves = np.append(codes, 0).reshape(-1, 2).astype(np.uint8)
        real = np.array(table, np.float32)[codes] * absmax[np.arange(63) // 16]
        microsoft(f"book{kind}", "MatMulBnb4", [
            "x", b.stored(f"book{kind}.weight", halves[:, 0] << 4 | halves[:, 1]), b.stored(f"book{kind}.s", absmax)],
            real.reshape(3, 21), N=3, K=21, block_size=16, quant_type=kind)
    for bits in (2, 4, 8):
        codes, scales = whole(0, 2 ** bits - 1, 6, 32, dtype=np.uint8), draw(6, 2)
        zeros = whole(0, 2 ** bits - 1, 6, 2, dtype=np.uint8)
        real = (codes.astype(np.float32) - zeros.repeat(16, 1)) * scales.repeat(16, 1)
        microsoft(f"gather{bits}", "GatherBlockQuantized", [
            b.stored(f"gather{bits}.weight", packed(codes, bits)), "ids", b.stored(f"gather{bits}.s", scales),
            b.stored(f"gather{bits}.z", packed(zeros, bits))], real, "embedding", bits=bits, block_size=16)
    codes, scales = whole(-8, 7, 6, 32), draw(6, 2)
    microsoft("gather_int4", "GatherBlockQuantized", [
        b.stored("gather_int4.weight", codes.astype(ml_dtypes.int4)), "ids", b.stored("gather_int4.s", scales)],
        codes.astype(np.float32) * scales.repeat(16, 1), "embedding", block_size=16)

    # An LSTM, per direction and per output, and experts.
    w, r = whole(-128, 127, 2, 7, 20), whole(-128, 127, 2, 5, 20)
    ws, rs, wz = np.abs(draw(2)), np.abs(draw(2, 20)), whole(-4, 4, 2)
    b.node("DynamicQuantizeLSTM", ["x", b.stored("10", w), b.stored("11", r), "", "", "", "", "", b.stored("10s", ws),
                                   b.stored("10z", wz), b.stored("11s", rs), b.stored("11z", np.zeros((2, 20), np.int8))],
           "qlstm", domain=MICROSOFT, hidden_size=5, direction="bidirectional")
    for i, direction in enumerate(("forward", "backward")):
        b.rows.append(common.layer(f"qlstm/{direction}", "lstm", ((w[i].astype(np.float32) - wz[i]) * ws[i]).T))
        b.rows.append(common.layer(f"qlstm/{direction}", "lstm", (r[i].astype(np.float32) * rs[i]).T, "recurrent_kernel"))
    for block in (0, 16):
        name = f"qmoe{block}"
        inputs, experts = ["x", "probs"], []
        for part, (out, into) in enumerate(((64, 32), (32, 32))):
            codes = whole(0, 15, 3, out, into, dtype=np.uint8)
            scales = draw(3, out, into // block) if block else draw(3, out)
            inputs += [b.stored(f"{name}.fc{part + 1}.weight", packed(codes, 4)), b.stored(f"{name}.{part}.s", scales), ""]
            wide = scales.repeat(block, 2) if block else scales[..., None]
            experts.append((f"{name}.fc{part + 1}", (codes.astype(np.float32) - 8) * wide))
        b.node("QMoE", inputs, name, domain=MICROSOFT, weights_prepacked=0, **({"block_size": block} if block else {}))
        b.rows += [common.layer(n, "experts", a) for n, a in experts]
    return b.write("quantized.onnx", "dequantised weights: standard operators and those of ONNX Runtime")


def make_chains():
    b = Builder()

    def sparse(name, dense, linear):
        places = np.flatnonzero(dense)
        values = numpy_helper.from_array(dense.ravel()[places], name)
        indices = places if linear else np.stack(np.unravel_index(places, dense.shape), 1)
        return helper.make_sparse_tensor(values, numpy_helper.from_array(indices.astype(np.int64), name + "_places"),
                                         dense.shape)

    for name, linear in (("coordinates.weight", False), ("numbers.weight", True)):
        dense = np.where(random.random((6, 9)) < 0.3, draw(6, 9), np.float32(0))
        b.sparse.append(sparse(name, dense, linear))
        b.use(name[:-7], "MatMul", ["x", name], dense.T)
    dense = np.where(random.random((4, 5)) < 0.4, draw(4, 5), np.float32(0))
    b.nodes.append(helper.make_node("Constant", [], ["sparse_constant"], sparse_value=sparse("", dense, True)))
    b.use("constant/fc", "MatMul", ["x", "sparse_constant"], dense.T)

    # Query, key and value: one tensor in three parts, three tensors in one, parts by range, one stored by columns.
    fused = draw(8, 24)
    b.stored("attention.weight", fused)
    for name, part in zip(("q", "k", "v"), b.node("Split", ["attention.weight"], "split", 3, axis=1, num_outputs=3)):
        b.use(f"attention/{name}", "MatMul", ["x", part], b.evaluated(part).T)
    b.stored("sizes", np.array([5, 19]))
    for name, part in zip(("a", "b"), b.node("Split", ["attention.weight", "sizes"], "split2", 2, axis=-1)):
        b.use(f"uneven/{name}", "MatMul", ["x", part], b.evaluated(part).T)
    for name, array in (("starts", [2, -9]), ("ends", [7, 1 << 40]), ("axes", [0, 1])):
        b.stored(name, np.array(array))
    part = b.node("Slice", ["attention.weight", "starts", "ends", "axes"], "slice")
    b.use("range/fc", "MatMul", ["x", part], b.evaluated(part).T)
    parts = [b.stored(f"joined.{n}.weight", draw(5, w)) for n, w in (("q", 4), ("k", 3), ("v", 2))]
    whole_ = b.node("Concat", parts, "concat", axis=1)
    b.use("joined.q", "MatMul", ["x", whole_], b.evaluated(whole_).T)
    b.stored("shape", np.array([-1, 6]))
    value = b.node("Transpose", [b.stored("turned.weight", draw(6, 2, 4))], "turn", perm=[1, 2, 0])
    value = b.node("Transpose", [value], "turn2", perm=[2, 0, 1])
    value = b.node("Reshape", [value, b.stored("flat", np.array([6, -1]))], "flatten")
    value = b.node("Identity", [b.node("Unsqueeze", [value, b.stored("front", np.array([0]))], "front/U")], "same")
    value = b.node("Squeeze", [value, "front"], "front/S")
    b.use("turned", "Gemm", ["x", value], b.evaluated(value), transB=1)
    b.use("ellipsis", "Einsum", ["x", b.stored("ellipsis.weight", draw(7, 3))],
          numpy_helper.to_array(b.initializers[-1]).T, equation="...i,ij->...j")

    # Constants four subgraphs deep, and a function whose constant is an attribute of the call.
    deep = draw(3, 4)
    graph = helper.make_graph(
        [helper.make_node("Constant", [], ["w"], value=numpy_helper.from_array(deep, "w")),
         helper.make_node("MatMul", ["x", "w"], ["out"], name="/deep/fc/MatMul")], "inner", [],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, None)])
    for level, op in enumerate(("If", "Loop", "Scan", "If")):
        bodies = {"If": ("then_branch", "else_branch")}.get(op, ("body",))
        attributes = {name: graph if name != "else_branch" else helper.make_graph(
            [helper.make_node("Identity", ["x"], ["out"])], "other", [],
            [helper.make_tensor_value_info("out", TensorProto.FLOAT, None)]) for name in bodies}
        if op == "Scan":
            attributes["num_scan_inputs"] = 1
        node = helper.make_node(op, ["condition"], [f"level{level}"], **attributes)
        graph = helper.make_graph([node], f"outer{level}", [],
                                  [helper.make_tensor_value_info(f"level{level}", TensorProto.FLOAT, None)])
    b.nodes += graph.node
    b.rows.append(common.layer("deep/fc", "dense", deep.T))
    inner = helper.make_node("Constant", [], ["w"])
    inner.attribute.append(onnx.AttributeProto(name="value", ref_attr_name="kernel", type=onnx.AttributeProto.TENSOR))
    function = helper.make_function(
        "local", "Linear", ["a"], ["c"], [inner, helper.make_node("MatMul", ["a", "w"], ["c"], name="fc")],
        [helper.make_opsetid("", 25)], attributes=["kernel"])
    for name in ("first", "second"):
        kernel = draw(4, 6)
        b.node("Linear", ["x"], name, domain="local", kernel=numpy_helper.from_array(kernel, name + ".kernel"))
        b.rows.append(common.layer(name, "dense", kernel.T))

    # Experts, today's order of axes and the older one, told by the sizes.
    for name, shapes, turn in (("moe", ((2, 12, 8), (2, 8, 6)), False), ("oldmoe", ((2, 8, 12), (2, 6, 8)), True)):
        arrays = [draw(*shape) for shape in shapes]
        b.node("MoE", ["x", "probs", b.stored(f"{name}.fc1.weight", arrays[0]), "",
                       b.stored(f"{name}.fc2.weight", arrays[1])], name, domain=MICROSOFT, k=1)
        b.rows += [common.layer(f"{name}.fc{i + 1}", "experts", a.swapaxes(1, 2) if turn else a)
                   for i, a in enumerate(arrays)]
    last = draw(6, 3, 3, 4)
    b.use("nhwc", "NhwcConv", ["x", b.stored("nhwc.weight", last)], last.transpose(0, 3, 1, 2), "conv2d",
          domain=MICROSOFT, kernel_shape=[3, 3])
    return b.write("chains.onnx", "weights behind other nodes: sparse, split, joined, in subgraphs and functions", [function])


# Every element type, raw and in its typed field: what the onnx package itself reads back.
WIDE = {"int4": np.int8, "int2": np.int8, "uint4": np.uint8, "uint2": np.uint8,
        "float4_e2m1fn": ml_dtypes.float8_e4m3fn}
SPELLED = {"float8_e4m3fn": "float8e4m3fn", "float8_e4m3fnuz": "float8e4m3fnuz", "float8_e5m2": "float8e5m2",
           "float8_e5m2fnuz": "float8e5m2fnuz", "float8_e8m0fnu": "float8e8m0fnu"}


def make_encodings():
    b = Builder()
    for code in range(1, 27):
        if code in (8, 14, 15):  # text and complex numbers: no weights
            continue
        dtype = helper.tensor_dtype_to_np_dtype(code)
        integer = np.dtype(dtype).kind in "iub" or "int" in dtype.name
        low, high = (0 if dtype.name.startswith(("u", "b")) else -2), (1 if dtype.name in ("int2", "bool") else 3)
        array = (whole(low, high, 3, 5, dtype=np.int64) if integer else np.abs(draw(3, 5))).astype(dtype)
        for form in ("raw", "typed"):
            name = f"{TensorProto.DataType.Name(code).lower()}_{form}"
            if form == "raw":
                proto = numpy_helper.from_array(array, name)
            else:
                values = array.astype(np.float32) if np.dtype(dtype).kind == "V" else array
                proto = helper.make_tensor(name, code, array.shape, values.ravel().tolist())
                assert not proto.raw_data
            assert np.array_equal(numpy_helper.to_array(proto).astype(np.float64), array.astype(np.float64)), name
            b.initializers.append(proto)
            real = b.node("Cast", [name], name + "/Cast", to=TensorProto.FLOAT)
            b.node("MatMul", ["x", real], f"/{name}/MatMul")
            stored = array.astype(WIDE.get(dtype.name, dtype))
            element = SPELLED.get(stored.dtype.name, stored.dtype.name)
            b.rows.append(common.layer(name, "dense", stored.T, element_type=element))
    return b.write("encodings.onnx", "every element type, raw and in its typed field")


if __name__ == "__main__":
    made = [make_quantized(), make_chains(), make_encodings()]
    names = {entry["path"] for entry in made}
    kept = manifest.load()
    manifest.store({"schema": 1, "files": [e for e in kept["files"] if e["path"] not in names] + made})
