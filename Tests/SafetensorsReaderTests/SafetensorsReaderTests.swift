import ModelReading
import SafetensorsReader
import TestSupport
import Testing

private func bytes(_ values: [Float]) -> [UInt8] {
  values.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> ($0 * 8)) } }
}

private let weight = entry("fc.weight", "F32", "[2,3]", 0, 24)
private let bias = entry("fc.bias", "F32", "[2]", 24, 32)
private let dense = safetensors("{\(weight),\(bias)}", bytes([1, 2, 3, 4, 5, 6, 7, 8]))

private func index(_ map: [(String, String)]) -> [UInt8] {
  let entries = map.map { "\"\($0.0)\":\"\($0.1)\"" }.joined(separator: ",")
  return Array(#"{"metadata":{"total_size":32},"weight_map":{\#(entries)}}"#.utf8)
}

private func probe(_ bytes: [UInt8]) -> Match { unsafe SafetensorsReader().probe(bytes.span.bytes) }

private func one(_ name: String) -> [UInt8] { safetensors("{\(entry(name, "F32", "[2,3]", 0, 24))}", data: 24) }

@Suite("Safetensors models")
struct SafetensorsReaderTests {
  @Test func denseLayer() throws {
    let graph = try open(dense)
    #expect(graph.format == "safetensors")
    #expect(graph.variant == "single file")
    let layer = try #require(graph.layers.first)
    #expect(graph.layers.count == 1 && layer.name == "fc" && layer.kind == .dense)
    #expect(layer.parameters.map(\.role) == [.kernel, .bias])
    #expect(layer.parameters[0].tensor.axes == [.output, .input])
    #expect(try layer.parameters[0].tensor.values(as: Float.self) == [1, 2, 3, 4, 5, 6])
    #expect(graph.inventory.map(\.name) == ["fc.weight", "fc.bias"])
  }

  @Test func weightsStayInTheFile() throws {
    let tensor = try #require(try open(dense).layers.first?.parameters.first?.tensor)
    let place = try #require(tensor.storage.fileRange)
    #expect(place.range == dense.count - 32..<dense.count - 8)
  }

  @Test(arguments: [
    ("BOOL", ElementType.bool, 1), ("U8", .uint8, 1), ("I8", .int8, 1), ("F8_E5M2", .float8e5m2, 1),
    ("F8_E4M3", .float8e4m3fn, 1), ("F8_E8M0", .float8e8m0fnu, 1), ("F8_E4M3FNUZ", .float8e4m3fnuz, 1),
    ("F8_E5M2FNUZ", .float8e5m2fnuz, 1), ("I16", .int16, 2), ("U16", .uint16, 2), ("F16", .float16, 2),
    ("BF16", .bfloat16, 2), ("I32", .int32, 4), ("U32", .uint32, 4), ("F32", .float32, 4), ("F64", .float64, 8),
    ("I64", .int64, 8), ("U64", .uint64, 8), ("C64", .complex64, 8),
  ])
  func elementTypes(name: String, type: ElementType, width: Int) throws {
    let graph = try open(safetensors("{\(entry("t", name, "[2,2]", 0, 4 * width))}", data: 4 * width))
    #expect(graph.inventory.map(\.elementType) == [type.rawValue])
  }

  @Test func fourBitFloatsAreDecoded() throws {
    let bytes: [UInt8] = [0x10, 0x32, 0x54, 0x76, 0x98, 0xBA, 0xDC, 0xFE]
    let graph = try open(safetensors("{\(entry("fc.weight", "F4", "[4,4]", 0, 8))}", bytes))
    let kernel = try #require(graph.layers.first?.parameters.first?.tensor)
    let expected: [Float] = [0, 0.5, 1, 1.5, 2, 3, 4, 6, -0.0, -0.5, -1, -1.5, -2, -3, -4, -6]
    #expect(try kernel.values(as: Float.self).map(\.bitPattern) == expected.map(\.bitPattern))
    #expect(graph.layers[0].note == "decoded from floats of 4 bits")
    #expect(graph.inventory.map(\.elementType) == ["F4"])
    #expect(graph.inventory.map(\.shape) == [[4, 4]])
    #expect(graph.diagnostics.isEmpty)
  }

  @Test func fourBitFloatsAreCountedAsWhatTheyDecodeTo() throws {
    var limits = Limits()
    limits.maximumDecodedBytes = 63
    let bytes = safetensors("{\(entry("fc.weight", "F4", "[4,4]", 0, 8))}", data: 8)
    let error = try #require(throws: ReadError.self) { try open(bytes, limits: limits) }
    #expect(error.code == .limitExceeded)
    #expect(error.message == "decodes to 64 bytes, the limit is 63")
    #expect(error.subject == "fc.weight")
  }

  /// What Paddle's writers call U16 is bfloat16; what others call so is not.
  @Test(arguments: [("paddle", true), ("pt", false)]) func bfloat16OfPaddle(format: String, isWeight: Bool) throws {
    let fc = entry("fc.weight", "U16", "[1,2]", 0, 4)
    let graph = try open(safetensors(#"{"__metadata__":{"format":"\#(format)"},\#(fc)}"#, [0x80, 0x3F, 0, 0xC0]))
    #expect(graph.inventory.map(\.elementType) == ["uint16"])
    #expect(graph.diagnostics.map(\.code) == [isWeight ? .inferred : .notAWeight])
    let kernel = graph.layers.first?.parameters.first?.tensor
    #expect((kernel?.elementType == .bfloat16) == isWeight)
    #expect(try kernel?.values() == (isWeight ? [1, -2] : nil))
  }

  @Test(arguments: [("F6_E2M3", 6), ("F6_E3M2", 6)])
  func elementsOfSixBitsAreReported(name: String, bits: Int) throws {
    let graph = try open(safetensors("{\(entry("t", name, "[4,2]", 0, bits))}", data: bits))
    #expect(graph.layers.isEmpty)
    #expect(graph.inventory.map(\.elementType) == [name])
    #expect(graph.diagnostics.map(\.code) == [.unsupportedTensor])
    #expect(graph.diagnostics.map(\.subject) == ["t"])
    #expect(
      graph.diagnostics.map(\.message) == [
        "has elements of 6 bits (\(name)), and the format does not define how they lie in bytes"
      ])
  }

  @Test(arguments: [("pt", "PyTorch"), ("tf", "TensorFlow"), ("flax", "Flax"), ("mlx", "MLX"), ("np", "NumPy")])
  func metadataNamesTheProducer(format: String, producer: String) throws {
    let graph = try open(safetensors(#"{"__metadata__":{"format":"\#(format)"},\#(weight),\#(bias)}"#, data: 32))
    #expect(graph.producer == producer)
    #expect(graph.metadata.map(\.key) == ["format"])
  }

  @Test func tiedNamesComeBackAsAliases() throws {
    let names = #""z.weight":"fc.weight","head.weight":"fc.weight","x":"missing","fc.bias":"fc.weight""#
    let graph = try open(safetensors(#"{"__metadata__":{"format":"pt",\#(names)},\#(weight),\#(bias)}"#, data: 32))
    // In alphabetical order; a name that is in the file, or stands for one that is not, is no alias.
    #expect(graph.layers.first?.parameters.map(\.aliases) == [["head.weight", "z.weight"], []])
  }

  @Test func probes() throws {
    #expect(probe(dense) == .certain)
    #expect(probe(safetensors(" {}")) == .possible)
    #expect(probe(safetensors("{}", headerSize: .max)) == .possible)
    #expect(probe(index([("a", "m.safetensors")])) == .certain)
    #expect(probe(Array("{\"weight_map\":{\"a\":\"m.bin\"}}".utf8)) == .no)
    for prefix in [[], [0x7B], Array("PK\u{3}\u{4}aaaa{".utf8), [UInt8](repeating: 0, count: 20)] as [[UInt8]] {
      #expect(probe(prefix) == .no)
    }
  }
}

@Suite("Sharded safetensors models")
struct SafetensorsShardTests {
  @Test func indexInAFolder() throws {
    let graph = try open(folder: [
      ("model.safetensors.index.json", index([("b.weight", "m2.safetensors"), ("a.weight", "m1.safetensors")])),
      ("m1.safetensors", one("a.weight")), ("m2.safetensors", one("b.weight")),
    ])
    #expect(graph.variant == "sharded")
    #expect(graph.layers.map(\.name) == ["a", "b"])
    #expect(graph.files.count == 3)
    #expect(graph.diagnostics.allSatisfy { $0.code == .inferred })
  }

  @Test func indexAsPath() throws {
    try Fixtures.withDirectory { path in
      try Fixtures.write(index([("a.weight", "m1.safetensors")]), to: path + "/x.json")
      try Fixtures.write(one("a.weight"), to: path + "/m1.safetensors")
      let graph = try SafetensorsReader().open(.file(MappedFile(path: path + "/x.json")), limits: Limits())
      #expect(graph.layers.map(\.name) == ["a"])
      #expect(graph.files == [path + "/x.json", path + "/m1.safetensors"])
    }
  }

  @Test func missingShardCostsItsOwnTensors() throws {
    let graph = try open(folder: [
      ("model.safetensors.index.json", index([("a.weight", "m1.safetensors"), ("b.weight", "m2.safetensors")])),
      ("m1.safetensors", one("a.weight")),
    ])
    #expect(graph.layers.map(\.name) == ["a"])
    let diagnostic = try #require(graph.diagnostics.first { $0.code == .incomplete })
    #expect(diagnostic.subject == "m2.safetensors")
    #expect(diagnostic.message.hasSuffix("1 tensors of the index lie in it"))
  }

  @Test func noShardAtAll() throws {
    let error = try #require(throws: ReadError.self) {
      try open(folder: [("model.safetensors.index.json", index([("a", "m1.safetensors")]))])
    }
    #expect(error.code == .io)
  }

  @Test func tensorOutsideTheIndexIsNamed() throws {
    let graph = try open(folder: [
      ("model.safetensors.index.json", index([("fc.weight", "m1.safetensors")])), ("m1.safetensors", dense),
    ])
    #expect(graph.diagnostics.contains { $0.code == .leftOut && $0.subject == "fc.bias" })
    #expect(graph.inventory.map(\.name) == ["fc.weight", "fc.bias"])
  }

  @Test func indexPromisesTooMuch() throws {
    let error = try #require(throws: ReadError.self) {
      try open(folder: [
        ("model.safetensors.index.json", index([("a.weight", "m1.safetensors"), ("c", "m1.safetensors")])),
        ("m1.safetensors", one("a.weight")),
      ])
    }
    #expect(error.code == .malformed)
    #expect(error.subject == "c")
  }

  @Test(arguments: ["../m.safetensors", "/etc/passwd.safetensors", "sub/m.safetensors", "..", ""])
  func namesThatLeadOutAreRefused(name: String) throws {
    let error = try #require(throws: ReadError.self) {
      try open(folder: [("model.safetensors.index.json", index([("a", name)]))])
    }
    #expect(error.code == .unsafeContent)
  }

  @Test(arguments: [
    (#"{"weight_map":{"a":1}}"#, "names no file"),
    (#"{"weight_map":[]}"#, "has no weight_map that says which file holds which tensor"),
    (#"{}"#, "has no weight_map that says which file holds which tensor"),
  ])
  func brokenIndex(text: String, message: String) throws {
    let error = try #require(throws: ReadError.self) {
      try open(folder: [("model.safetensors.index.json", Array(text.utf8))])
    }
    #expect(error.code == .malformed)
    #expect(error.message == message)
  }

  @Test func partsWithoutIndex() throws {
    let graph = try open(folder: [
      ("m-00001-of-00003.safetensors", one("a.weight")), ("m-00002-of-00003.safetensors", one("b.weight")),
    ])
    #expect(graph.layers.map(\.name) == ["a", "b"])
    #expect(graph.diagnostics.filter { $0.code == .incomplete }.map(\.subject) == ["m part 3"])
  }

  @Test func severalModelsInOneFolder() throws {
    let error = try #require(throws: ReadError.self) {
      try open(folder: [("x.safetensors", one("a.weight")), ("y.safetensors", one("a.weight"))])
    }
    #expect(error.code == .unrecognized)
    #expect(error.hint == "if these are several models, give their files one by one")
  }

  @Test func usualFileNameIsTheModel() throws {
    let graph = try open(folder: [("model.safetensors", one("a.weight")), ("lora.safetensors", one("a.weight"))])
    #expect(graph.layers.map(\.name) == ["a"])
    #expect(graph.diagnostics.contains { $0.code == .leftOut && $0.subject == "lora.safetensors" })
  }

  @Test(arguments: [
    (["model.safetensors"], Match.certain), (["config.json", "model.safetensors.index.json"], .certain),
    (["x-00001-of-00002.safetensors"], .certain), (["a.safetensors", "b.safetensors"], .no), (["model.onnx"], .no),
    ([], .no),
  ])
  func folderProbes(names: [String], match: Match) throws {
    try Fixtures.withDirectory { path in
      for name in names { try Fixtures.write([0], to: path + "/" + name) }
      #expect(SafetensorsReader().probe(try ModelDirectory(path: path)) == match)
    }
  }

  @Test func emptyFolder() throws {
    let error = try #require(throws: ReadError.self) { try open(folder: []) }
    #expect(error.code == .unrecognized)
  }
}

@Suite("Safetensors files of the world")
struct SafetensorsRealFileTests {
  private func graph(_ path: String) throws -> LayerGraph {
    try SafetensorsReader().open(.file(MappedFile(path: path)), limits: Limits()).accountingForEveryTensor()
  }

  @Test(
    .enabled(if: Fixtures.shared("models/real/mnist-cnn.safetensors") != nil),
    arguments: ["real/mnist-cnn.safetensors", "real/silero-vad-16k.safetensors"])
  func models(name: String) throws {
    let graph = try graph(#require(Fixtures.shared("models/\(name)")))
    #expect(!graph.layers.isEmpty)
    for parameter in graph.layers.flatMap(\.parameters) {
      #expect(try parameter.tensor.values(as: Float.self).allSatisfy(\.isFinite))
    }
  }

  @Test(.enabled(if: Fixtures.shared("models/not-models/u8-images-not-weights.safetensors") != nil))
  func imagesAreNoWeights() throws {
    let graph = try graph(#require(Fixtures.shared("models/not-models/u8-images-not-weights.safetensors")))
    #expect(graph.layers.flatMap(\.parameters).filter { $0.isWeight }.isEmpty)
    #expect(!graph.diagnostics.isEmpty)
  }

  @Test func lenet5() throws {
    let graph = try graph(Fixtures.sample("LeNet5/lenet5.safetensors"))
    #expect(graph.layers.map(\.name) == ["conv1", "conv2", "fc1", "fc2", "fc3"])
    #expect(
      graph.layers.map(\.kind) == [.convolution(rank: 2), .convolution(rank: 2), .dense, .dense, .dense])
    #expect(graph.layers.first?.parameters.first?.tensor.canonicalShape == [6, 1, 5, 5])
  }
}
