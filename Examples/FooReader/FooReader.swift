public import ModelReading

/// Reads foo files: one matrix each.
public struct FooReader: ModelReader {
  public static let format = Format(name: "foo", summary: "foo: one matrix in each file", fileExtensions: ["foo"])
  public var format: Format { Self.format }

  public init() {}

  public func probe(_ prefix: RawSpan) -> Match { prefix.starts(with: "FOO1") ? .certain : .no }

  public func open(_ input: ModelInput, limits: Limits) throws(ReadError) -> LayerGraph {
    guard case .file(let file) = input else { throw ReadError(.unrecognized, "is a folder", file: input.path) }
    let source = ByteSource(file)
    guard source.bytes.starts(with: "FOO1") else {
      throw source.error(.unrecognized, "does not begin with FOO1", at: 0)
    }
    guard limits.maximumTensorCount >= 1 else {
      throw source.error(.limitExceeded, "holds 1 tensor, the limit is \(limits.maximumTensorCount)", at: 0)
    }
    var reader = source.reader
    try reader.skip(4, "signature")
    let rows = try reader.length(UInt32.self, "row count")
    let columns = try reader.length(UInt32.self, "column count")
    let values = try source.slice(at: reader.offset, count: reader.remaining, "values")
    let tensor = try Tensor(
      name: "weight", elementType: .float32, shape: [rows, columns], axes: [.output, .input], storage: .bytes(values),
      limits: limits)
    guard tensor.byteCount == values.byteCount else {
      throw values.error(
        .malformed, "needs \(tensor.byteCount) bytes of values, \(values.byteCount) are there", at: 0)
    }
    return LayerGraph(
      format: Self.format.name, variant: "version 1", files: [file.path],
      layers: [Layer(name: "matrix", kind: .dense, parameters: [Parameter(.kernel, tensor)])],
      inventory: [TensorRecord(tensor)])
  }
}

extension ModelReader where Self == FooReader {
  /// Reads foo files.
  public static var foo: FooReader { FooReader() }
}
