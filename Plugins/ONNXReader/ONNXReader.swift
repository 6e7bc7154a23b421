public import ModelReading

/// Reads ONNX models: `.onnx` files, with their weights inside or beside them.
public struct ONNXReader: ModelReader {
  public static let format = Format(
    name: "onnx", summary: "ONNX models, weights inline or in external files", fileExtensions: ["onnx"])
  public var format: Format { Self.format }

  public init() {}

  public func probe(_ prefix: RawSpan) -> Match { ProbeRules.match(prefix) }

  public func open(_ input: ModelInput, limits: Limits) throws(ReadError) -> LayerGraph {
    guard case .file(let file) = input else {
      throw ReadError(.unrecognized, "is a directory, not an ONNX file", file: input.path)
    }
    let source = ByteSource(file)
    let skeleton: Skeleton
    do throws(ReadError) {
      skeleton = try SkeletonWalker.walk(source, limits: limits)
    } catch {
      throw looksLikeModel(source) ? error : unrecognized(input.path)
    }
    let model = try ONNXModel(skeleton, file: input.path)
    guard model.graph != nil || !model.functions.isEmpty else {
      guard looksLikeModel(source) else { throw unrecognized(input.path) }
      throw ReadError(.malformed, "has no graph", file: input.path, hint: "the download may be incomplete")
    }
    let resolver = TensorResolver(
      source: source, payloads: skeleton.payloads, limits: limits, external: ExternalFiles(input, limits: limits))
    return try GraphBuilder.graph(of: model, resolver, path: input.path, limits: limits)
  }

  private func looksLikeModel(_ source: ByteSource) -> Bool {
    probe(source.bytes.extracting(first: Format.probeLength)) != .no
  }

  private func unrecognized(_ path: String) -> ReadError {
    ReadError(.unrecognized, "does not begin as an ONNX model does", file: path, offset: 0)
  }
}

extension ModelReader where Self == ONNXReader {
  public static var onnx: ONNXReader { ONNXReader() }
}
