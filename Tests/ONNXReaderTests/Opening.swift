import ModelReading
import ONNXReader
import TestSupport

/// Opens `bytes` as a file.
func open(_ bytes: [UInt8], limits: Limits = Limits()) throws -> LayerGraph {
  try Fixtures.withFile(bytes, named: "model.onnx") { path in
    try ONNXReader().open(.file(MappedFile(path: path)), limits: limits)
  }
}

/// The error of opening `bytes`, or `nil` if they open.
func openingError(_ bytes: [UInt8], limits: Limits = Limits()) throws -> ReadError? {
  do {
    _ = try open(bytes, limits: limits)
    return nil
  } catch let error as ReadError {
    return error
  }
}

func probe(_ bytes: [UInt8]) -> Match {
  let source = ByteSource(owned: bytes, label: "prefix")
  return ONNXReader().probe(source.bytes.extracting(first: Format.probeLength))
}
