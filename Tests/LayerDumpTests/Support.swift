import Analysis
import LayerDump
import ModelReaders
import ModelReading
import TestSupport

let registry = ReaderRegistry.builtIn

/// Dumps a model, hands over the folder and removes it.
func withDump<Result>(
  of graph: LayerGraph, _ options: DumpOptions = DumpOptions(), _ body: (String) throws -> Result
) throws -> Result {
  try Fixtures.withDirectory { folder throws in
    try LayerDump(graph, options: options, version: "1.0.0").write(to: folder + "/dump", replacing: false)
    return try body(folder + "/dump")
  }
}

/// The paths of the good files of SampleModels, and of the models in the shared folder where it is there.
let models = Sample.good.map(\.fullPath) + sharedModels

let sharedModels: [String] = ["models/real", "models/edge"].flatMap { folder -> [String] in
  guard let path = Fixtures.shared(folder), let names = try? ModelDirectory.names(in: path) else { return [] }
  return names.map { path + "/" + $0 }.filter { (try? registry.open($0)) != nil }
}

/// Every column of every row, as text that shows each bit of a number.
func bits(_ graph: LayerGraph) throws -> [[String]] {
  var options = AnalysisOptions()
  options.bootstrapCount = 20
  let report = try analyze(graph, path: "model", options: options)
  return report.layers.map { record in
    Column.columns(for: []).map { column in
      guard case .number(let number) = column.value(record) else { return "\(column.name) \(column.value(record))" }
      return "\(column.name) \(String(number.bitPattern, radix: 16))"
    }
  }
}

/// A graph of one dense layer with these tensors as its kernel, bias, ….
func graph(_ tensors: [(Role, Tensor)], kind: LayerKind = .dense, name: String = "fc") -> LayerGraph {
  LayerGraph(
    format: "test", variant: "made", files: ["made"],
    layers: [Layer(name: name, kind: kind, parameters: tensors.map { Parameter($0.0, $0.1) })],
    inventory: tensors.map { TensorRecord($0.1) })
}

/// A tensor of float32 that counts from 0 in storage order.
func counting(_ shape: [Int], strides: [Int]? = nil, axes: [Axis]? = nil, name: String = "w") throws -> Tensor {
  let bytes = (0..<shape.reduce(1, *)).map { Float($0) }.littleEndianBytes
  return try Tensor(
    name: name, elementType: .float32, shape: shape, strides: strides, axes: axes,
    storage: .bytes(ByteSource(owned: bytes, label: "made")))
}
