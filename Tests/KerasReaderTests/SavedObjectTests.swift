import HDF5TestSupport
import ModelReading
import TestSupport
import Testing

@testable import KerasReader

private let config = """
  {"module": "keras", "class_name": "Functional", "config": {"name": "m", "layers": [
    {"module": "keras.layers", "class_name": "Dense", "config": {"name": "second"}},
    {"module": "keras.layers", "class_name": "Dense", "config": {"name": "dense"}},
    {"module": "keras.layers", "class_name": "Lambda", "config": {"name": "evil"}},
    {"module": "my.package", "class_name": "Strange", "config": {"name": "strange"}}]}}
  """

private func weights(named: Bool = false) -> HDF5Builder {
  var builder = HDF5Builder()
  builder.weights("layers/dense/vars/0", [4, 3])
  builder.weights("layers/dense/vars/1", [3])
  builder.weights("layers/dense_1/vars/0", [3, 2])
  if named {
    builder.attribute("layers/dense/vars", "name", .variableString("second"))
    builder.attribute("layers/dense_1/vars", "name", .variableString("dense"))
  }
  return builder
}

private func archive(_ members: [(String, [UInt8])]) -> [UInt8] { ZipBuilder(members).bytes() }

@Suite struct SavedObjectTests {
  @Test func namesAreAttributes() throws {
    let graph = try open(weights(named: true).bytes())
    #expect(rows(graph) == ["second dense kernel [3, 4]", "dense dense kernel [2, 3]"])
    #expect(graph.variant == "weights")
    #expect(graph.diagnostics.isEmpty)
  }

  @Test func namesByCountingTheConfiguration() throws {
    let bytes = archive([("config.json", Array(config.utf8)), ("model.weights.h5", try weights().bytes())])
    let graph = try open(bytes, named: "m.keras")
    #expect(rows(graph) == ["second dense kernel [3, 4]", "dense dense kernel [2, 3]"])
    #expect(graph.variant == "archive")
  }

  /// A deflated member is inflated; a stored one is read where it lies.
  @Test(arguments: [false, true])
  func membersStoredAndDeflated(deflated: Bool) throws {
    let bytes = try weights(named: true).bytes()
    var member = ZipBuilder.Member("model.weights.h5", bytes)
    if deflated { member.method = 8 }
    let graph = try open(
      ZipBuilder([ZipBuilder.Member("config.json", Array(config.utf8)), member]).bytes(), named: "m.keras")
    let kernel = graph.layers[0].parameters[0].tensor
    #expect((kernel.storage.fileRange != nil) == !deflated)
    #expect(try kernel.values() == (0..<12).map(Double.init))
  }

  @Test func inflationIsLimited() throws {
    var member = ZipBuilder.Member("model.weights.h5", try weights().bytes())
    member.method = 8
    var limits = Limits()
    limits.maximumDecodedBytes = member.bytes.count - 1
    let error = try #require(throws: ReadError.self) {
      try open(ZipBuilder([member]).bytes(), named: "m.keras", limits: limits)
    }
    #expect(error.code == .limitExceeded)
    #expect(
      error.message == "inflates to \(limits.maximumDecodedBytes + 1) bytes, the limit is \(limits.maximumDecodedBytes)"
    )
  }

  @Test func unpackedArchive() throws {
    try Fixtures.withDirectory { directory in
      try Fixtures.write(weights().bytes(), to: directory + "/model.weights.h5")
      try Fixtures.write(Array(config.utf8), to: directory + "/config.json")
      try Fixtures.write(
        Array(#"{"keras_version": "3.4.1", "date_saved": "today"}"#.utf8), to: directory + "/metadata.json")
      let graph = try open(directory)
      #expect(graph.variant == "directory")
      #expect(graph.producer == "Keras 3.4.1")
      #expect(graph.files.count == 3)
      #expect(graph.layers.map(\.name) == ["second", "dense"])
    }
  }

  @Test func codeIsReportedAndNotRun() throws {
    let bytes = archive([("config.json", Array(config.utf8)), ("model.weights.h5", try weights().bytes())])
    let unsafe = try open(bytes, named: "m.keras").diagnostics.filter { $0.code == .unsafeContent }
    #expect(unsafe.map(\.subject) == ["evil", "strange"])
    #expect(
      unsafe[0].message == "is a Lambda layer, which Keras would load by running code from the file; it is not run")
    #expect(
      unsafe[1].message == "is of class Strange of the package 'my.package', which Keras would import; it is not")
  }

  @Test func partsOfLayers() throws {
    var builder = HDF5Builder()
    for (part, shape) in [("key", [6, 2, 3]), ("output", [2, 3, 6]), ("query", [6, 2, 3]), ("value", [6, 2, 3])] {
      builder.weights("layers/multi_head_attention/\(part)_dense/vars/0", shape)
    }
    for part in ["backward", "forward"] {
      builder.weights("layers/bidirectional/\(part)_layer/cell/vars/0", [6, 12])
      builder.weights("layers/bidirectional/\(part)_layer/cell/vars/1", [4, 12])
      builder.attribute("layers/bidirectional/\(part)_layer/cell/vars", "name", .variableString("gru_cell"))
    }
    builder.weights("layers/separable_conv1d/vars/0", [3, 4, 2])
    builder.weights("layers/separable_conv1d/vars/1", [1, 8, 5])
    builder.weights("layers/separable_conv1d/vars/2", [5])
    let graph = try open(builder.bytes())
    #expect(
      rows(graph) == [
        "multi_head_attention/query attention kernel [6, 6]", "multi_head_attention/key attention kernel [6, 6]",
        "multi_head_attention/value attention kernel [6, 6]", "multi_head_attention/output attention kernel [6, 6]",
        "bidirectional/forward gru kernel [12, 6]", "bidirectional/forward gru recurrent_kernel [12, 4]",
        "bidirectional/backward gru kernel [12, 6]", "bidirectional/backward gru recurrent_kernel [12, 4]",
        "separable_conv1d/depthwise depthwise_conv1d kernel [8, 1, 3]",
        "separable_conv1d/pointwise conv1d kernel [5, 8, 1]",
      ])
    #expect(graph.layers.last?.parameters.map(\.role) == [.kernel, .bias])
    #expect(
      graph.layers.prefix(5).map { $0.parameters[0].heads } == [.outputs, .outputs, .outputs, .inputs].map {
        AttentionHeads($0, count: 2)
      } + [nil])
  }

  /// Attributes of a model's own class are names as good as any.
  @Test func subclassedModel() throws {
    var builder = HDF5Builder()
    builder.weights("encoder/blocks/vars/0", [3, 3, 2, 4])
    builder.weights("encoder/blocks/vars/1", [4])
    builder.attribute("encoder/blocks/vars", "name", .variableString("conv2d_7"))
    builder.weights("_optimizer/vars/0", [3, 3, 2, 4])
    let graph = try open(builder.bytes())
    #expect(rows(graph) == ["encoder/blocks conv2d kernel [4, 2, 3, 3]"])
    #expect(graph.diagnostics.map(\.subject) == ["_optimizer/"])
  }

  @Test func numbersAreInOrder() throws {
    var builder = HDF5Builder()
    for index in [10, 2, 0, 1] { builder.weights("layers/batch_normalization/vars/\(index)", [5]) }
    let graph = try open(builder.bytes())
    let names = graph.layers[0].parameters.map(\.tensor.name.last)
    #expect(names == ["0", "1", "2", "0"])
    #expect(graph.layers[0].parameters.map(\.role.label) == ["scale", "offset", "running_mean", "10"])
  }

  @Test func halfPrecisionByItsAttribute() throws {
    var builder = HDF5Builder()
    builder.dataset("layers/dense/vars/0", .raw([0x80, 0x3F, 0, 0x40], type: .opaque(2), shape: [2, 1]))
    builder.attribute("layers/dense/vars/0", "dtype", .variableString("bfloat16"))
    let graph = try open(builder.bytes())
    #expect(graph.layers[0].parameters[0].tensor.elementType == .bfloat16)
    #expect(try graph.layers[0].parameters[0].tensor.values() == [1, 2])
  }

  /// A weight is the number divided by the scale of its output.
  @Test func eightBitKernels() throws {
    var builder = HDF5Builder()
    builder.dataset("layers/dense/vars/0", .raw([10, 20, 0xFF, 40], type: .int8, shape: [2, 2]))
    builder.dataset("layers/dense/vars/1", .floats([2, 4], shape: [2]))
    builder.dataset("layers/dense_1/vars/0", .raw([1, 2], type: .int8, shape: [2, 1]))
    builder.dataset("layers/dense_1/vars/1", .floats([1, 1, 1], shape: [3]))
    let graph = try open(builder.bytes())
    #expect(rows(graph) == ["dense dense kernel [2, 2]"])
    let kernel = graph.layers[0].parameters[0].tensor
    #expect(kernel.elementType == .float32)
    #expect(try kernel.values() == [5, 5, -0.5, 10])
    // Neither one number nor two in a byte.
    #expect(graph.diagnostics.map(\.subject) == ["layers/dense_1/vars/0"])
    #expect(
      graph.diagnostics[0].message == "holds int8 numbers, which are no weights before they are scaled")
  }

  @Test func opaqueWithoutAttributeIsReported() throws {
    var builder = HDF5Builder()
    builder.dataset("layers/dense/vars/0", .raw([0x80, 0x3F, 0, 0x40], type: .opaque(2), shape: [2, 1]))
    let graph = try open(builder.bytes())
    #expect(graph.layers.isEmpty)
    #expect(
      graph.diagnostics == [
        Diagnostic(.unsupportedTensor, "layers/dense/vars/0", "has elements of type opaque of 2 bytes")
      ])
  }
}

/// What Keras would do to build a model, reported and not done.
@Suite struct ConfigScanTests {
  private func findings(_ layer: String) throws -> [String] {
    let config = #"{"class_name": "Functional", "config": {"name": "m", "layers": [\#(layer)]}}"#
    let bytes = archive([("config.json", Array(config.utf8)), ("model.weights.h5", try weights().bytes())])
    return try open(bytes, named: "m.keras").diagnostics.filter { $0.code == .unsafeContent }
      .map { "\($0.subject) \($0.message)" }
  }

  @Test func functionsInsideALayer() throws {
    let dense = #"{"module": "keras.layers", "class_name": "Dense", "config": {"name": "d", "activation": "#
    #expect(
      try findings(dense + #"{"module": "os", "class_name": "function", "config": "system"}}}"#) == [
        "d names the function system of the package 'os', which Keras would import; it is not"
      ])
    #expect(
      try findings(dense + #"{"module": "keras.src.utils", "class_name": "function", "config": "get_file"}}}"#) == [
        "d names the function get_file of the package 'keras.src.utils', which Keras would import; it is not"
      ])
    #expect(
      try findings(dense + #"{"class_name": "__lambda__", "config": {"value": "4wEAAA"}}}}"#) == [
        "d has a function whose code is in the file, which Keras would run; it is not run"
      ])
    #expect(
      try findings(dense + #"{"module": "keras.activations", "class_name": "function", "config": "relu"}}}"#) == [])
  }

  @Test(arguments: ["Lambda", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer"])
  func layersOfCode(_ className: String) throws {
    #expect(
      try findings(#"{"module": "keras.layers", "class_name": "\#(className)", "config": {"name": "x"}}"#) == [
        "x is a \(className) layer, which Keras would load by running code from the file; it is not run"
      ])
  }

  @Test(arguments: ["StringLookup", "IntegerLookup", "TextVectorization"])
  func vocabularyFiles(_ className: String) throws {
    let layer = #"{"module": "keras.layers", "class_name": "\#(className)", "config": {"name": "v", "vocabulary": "#
    #expect(
      try findings(layer + #""/etc/passwd"}}"#) == [
        "v names the vocabulary file '/etc/passwd', which Keras would open; it is not opened"
      ])
    #expect(try findings(layer + #"["a", "b"]}}"#) == [])
  }

  /// Insides of wrappers and of models inside.
  @Test func atAnyDepth() throws {
    let lambda = #"{"module": "keras.layers", "class_name": "Lambda", "config": {"name": "deep"}}"#
    let found = try findings(
      #"{"class_name": "Functional", "config": {"name": "i", "layers": [{"class_name": "TimeDistributed", "config": {"name": "t", "layer": \#(lambda)}}]}}"#
    )
    #expect(found.count == 1 && found[0].hasPrefix("deep is a Lambda layer"))
  }

  @Test func nestingIsLimited() throws {
    let depth = Limits().maximumNesting
    let open = String(repeating: #"{"class_name": "Sequential", "config": {"layers": ["#, count: depth)
    let error = #expect(throws: ReadError.self) {
      try findings(open + String(repeating: "]}}", count: depth))
    }
    #expect(error?.code == .limitExceeded)
  }
}

@Suite struct RefusalTests {
  private func failure(_ bytes: [UInt8], named name: String = "m.keras") throws -> ReadError? {
    try Fixtures.withFile(bytes, named: name) { path in
      let file = try MappedFile(path: path)
      return #expect(throws: ReadError.self) { try KerasReader().open(.file(file), limits: Limits()) }
    }
  }

  @Test func otherArchive() throws {
    let error = try failure(archive([("data.pkl", [0])]))
    #expect(error?.code == .unrecognized)
    #expect(
      error?.message
        == "holds no Keras model: there is none of model.weights.h5, model.weights.json, model.weights.npz")
  }

  @Test func archiveWithoutWeights() throws {
    let error = try failure(archive([("config.json", Array("{}".utf8)), ("model.weights.bin", [0])]))
    #expect(error?.code == .unsupported)
    #expect(
      error?.message == "has a configuration and no weights: "
        + "there is none of model.weights.h5, model.weights.json, model.weights.npz")
  }

  @Test func configurationThatIsNoJSON() throws {
    let error = try failure(
      archive([("config.json", Array("{,}".utf8)), ("model.weights.h5", try weights().bytes())]))
    #expect(error?.code == .malformed)
    #expect(error?.file.hasSuffix("m.keras!config.json") == true)
  }

  @Test func configurationOfAnotherKind() throws {
    let error = try failure(
      archive([("config.json", Array("[1]".utf8)), ("model.weights.h5", try weights().bytes())]))
    #expect(error?.message == "the model's configuration is no JSON object")
  }

  @Test func weightsThatAreNoHDF5() throws {
    let error = try failure(archive([("config.json", Array(config.utf8)), ("model.weights.h5", [1, 2, 3])]))
    #expect(error?.code == .unrecognized)
    #expect(error?.file.hasSuffix("m.keras!model.weights.h5") == true)
  }

  @Test func everyTruncationIsRefused() throws {
    let bytes = archive([("config.json", Array(config.utf8)), ("model.weights.h5", try weights().bytes())])
    for count in stride(from: 0, to: bytes.count, by: 101) {
      let error = try failure(Array(bytes[..<count]))
      #expect(error != nil)
    }
  }

  @Test func probes() {
    func probe(_ bytes: [UInt8]) -> Match { unsafe KerasReader().probe(bytes.span.bytes) }
    let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]
    let results = [
      probe(signature), probe([UInt8](repeating: 0, count: 512) + signature), probe(Array(signature.dropLast())),
      probe(archive([("config.json", [0])])), probe(archive([("other", [0])])), probe([]), probe([0x50, 0x4B]),
    ]
    #expect(results == [.certain, .certain, .no, .certain, .possible, .no, .no])
  }
}
