# SPDX-License-Identifier: Apache-2.0
"""layers.tflite: one operator of each kind and each quantisation that heavytail-reader-tflite reads.

Written with the packages `tflite` and `flatbuffers`, which know the schema from its source: pip install tflite flatbuffers.
The element i of a tensor has the code (7·i mod 201) − 100 if it is signed, 100 more if not; floats are codes / 64.
"""

import pathlib
import struct

import flatbuffers
import tflite

OUTPUT = pathlib.Path(__file__).parent / "layers.tflite"
LETTERS = {tflite.TensorType.INT8: "b", tflite.TensorType.UINT8: "B", tflite.TensorType.INT32: "i"}
LETTERS |= {tflite.TensorType.FLOAT32: "f", tflite.TensorType.FLOAT16: "e"}


def values(type, count):
    codes = [(7 * i) % 201 - 100 for i in range(count)]
    if type in (tflite.TensorType.FLOAT32, tflite.TensorType.FLOAT16):
        return [code / 64 for code in codes]
    return [code + 100 for code in codes] if type == tflite.TensorType.UINT8 else codes


class Writer:
    def __init__(self):
        self.builder = flatbuffers.Builder(4096)
        self.buffers, self.tensors, self.operators, self.codes = [b""], [], [], []

    def vector(self, start, items, add):
        start(self.builder, len(items))
        for item in reversed(items):
            add(item)
        return self.builder.EndVector()

    def tensor(self, name, shape, type=tflite.TensorType.FLOAT32, constant=True, scales=(), zeros=(), axis=0):
        b = self.builder
        buffer = 0
        if constant:
            count = 1
            for extent in shape:
                count *= extent
            self.buffers.append(struct.pack(f"<{count}{LETTERS[type]}", *values(type, count)))
            buffer = len(self.buffers) - 1
        quantisation = None
        if scales:
            s = self.vector(tflite.QuantizationParametersStartScaleVector, scales, b.PrependFloat32)
            z = self.vector(tflite.QuantizationParametersStartZeroPointVector, zeros or [0] * len(scales), b.PrependInt64)
            tflite.QuantizationParametersStart(b)
            tflite.QuantizationParametersAddScale(b, s)
            tflite.QuantizationParametersAddZeroPoint(b, z)
            tflite.QuantizationParametersAddQuantizedDimension(b, axis)
            quantisation = tflite.QuantizationParametersEnd(b)
        text = b.CreateString(name)
        extents = self.vector(tflite.TensorStartShapeVector, shape, b.PrependInt32)
        tflite.TensorStart(b)
        tflite.TensorAddShape(b, extents)
        tflite.TensorAddType(b, type)
        tflite.TensorAddBuffer(b, buffer)
        tflite.TensorAddName(b, text)
        if quantisation:
            tflite.TensorAddQuantization(b, quantisation)
        self.tensors.append(tflite.TensorEnd(b))
        return len(self.tensors) - 1

    def operator(self, code, inputs, outputs):
        b = self.builder
        if code not in self.codes:
            self.codes.append(code)
        given = self.vector(tflite.OperatorStartInputsVector, inputs, b.PrependInt32)
        made = self.vector(tflite.OperatorStartOutputsVector, outputs, b.PrependInt32)
        tflite.OperatorStart(b)
        tflite.OperatorAddOpcodeIndex(b, self.codes.index(code))
        tflite.OperatorAddInputs(b, given)
        tflite.OperatorAddOutputs(b, made)
        self.operators.append(tflite.OperatorEnd(b))

    def finish(self, inputs, outputs):
        b = self.builder
        codes = []
        for code in self.codes:
            tflite.OperatorCodeStart(b)
            tflite.OperatorCodeAddDeprecatedBuiltinCode(b, min(code, 127))
            tflite.OperatorCodeAddBuiltinCode(b, code)
            codes.append(tflite.OperatorCodeEnd(b))
        buffers = []
        for data in self.buffers:
            bytes_ = b.CreateByteVector(data) if data else None
            tflite.BufferStart(b)
            if bytes_ is not None:
                tflite.BufferAddData(b, bytes_)
            buffers.append(tflite.BufferEnd(b))
        parts = [
            self.vector(tflite.SubGraphStartTensorsVector, self.tensors, b.PrependUOffsetTRelative),
            self.vector(tflite.SubGraphStartInputsVector, inputs, b.PrependInt32),
            self.vector(tflite.SubGraphStartOutputsVector, outputs, b.PrependInt32),
            self.vector(tflite.SubGraphStartOperatorsVector, self.operators, b.PrependUOffsetTRelative),
        ]
        tflite.SubGraphStart(b)
        tflite.SubGraphAddTensors(b, parts[0])
        tflite.SubGraphAddInputs(b, parts[1])
        tflite.SubGraphAddOutputs(b, parts[2])
        tflite.SubGraphAddOperators(b, parts[3])
        graph = tflite.SubGraphEnd(b)
        codes = self.vector(tflite.ModelStartOperatorCodesVector, codes, b.PrependUOffsetTRelative)
        graphs = self.vector(tflite.ModelStartSubgraphsVector, [graph], b.PrependUOffsetTRelative)
        buffers = self.vector(tflite.ModelStartBuffersVector, buffers, b.PrependUOffsetTRelative)
        text = b.CreateString("make_tflite.py")
        tflite.ModelStart(b)
        tflite.ModelAddVersion(b, 3)
        tflite.ModelAddOperatorCodes(b, codes)
        tflite.ModelAddSubgraphs(b, graphs)
        tflite.ModelAddDescription(b, text)
        tflite.ModelAddBuffers(b, buffers)
        b.Finish(tflite.ModelEnd(b), file_identifier=b"TFL3")
        return bytes(b.Output())


def main():
    ops, types = tflite.BuiltinOperator, tflite.TensorType
    w = Writer()
    x = [w.tensor(f"x{i}", shape, constant=False) for i, shape in enumerate(
        [[1, 8, 8, 4], [1, 8, 8, 6], [1, 8, 8, 12], [1, 16, 16, 5], [1, 1280], [1, 7], [1, 3], [1, 2], [1, 2]])]

    kernel = w.tensor("conv", [6, 3, 3, 4], types.INT8, scales=[0.5, 0.25, 0.125, 2.0, 1.0, 4.0])
    bias = w.tensor("conv.bias", [6], types.INT32, scales=[0.5, 0.25, 0.125, 2.0, 1.0, 4.0])
    w.operator(ops.CONV_2D, [x[0], kernel, bias], [x[1]])

    kernel = w.tensor("depthwise", [1, 3, 3, 12], types.INT8, scales=[2.0 ** -i for i in range(12)], axis=3)
    w.operator(ops.DEPTHWISE_CONV_2D, [x[1], kernel], [x[2]])

    shape = w.tensor("up.shape", [4], types.INT32)
    kernel = w.tensor("up", [5, 2, 2, 12])
    w.operator(ops.TRANSPOSE_CONV, [shape, kernel, x[2]], [x[3]])
    w.operator(ops.RESHAPE, [x[3]], [x[4]])

    kernel = w.tensor("fc", [7, 1280], types.UINT8, scales=[0.25], zeros=[120])
    w.operator(ops.FULLY_CONNECTED, [x[4], kernel, -1], [x[5]])

    half = w.tensor("half", [3, 7], types.FLOAT16)
    float_ = w.tensor("half_dequantized", [3, 7], constant=False)
    w.operator(ops.DEQUANTIZE, [half], [float_])
    w.operator(ops.FULLY_CONNECTED, [x[5], float_], [x[6]])

    last = w.tensor("last", [2, 3])
    w.operator(ops.FULLY_CONNECTED, [x[6], last], [x[7]])
    table = w.tensor("table", [9, 2])
    w.operator(ops.EMBEDDING_LOOKUP, [x[5], table], [x[8]])
    w.tensor("unused", [2, 2])
    OUTPUT.write_bytes(w.finish([x[0]], [x[7]]))


main()
