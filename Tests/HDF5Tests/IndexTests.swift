import HDF5
import HDF5TestSupport
import ModelReading
import Testing

/// A file of every kind of thing that the index tells apart.
private func sample() -> HDF5Builder {
  var builder = HDF5Builder()
  builder.group("empty")
  builder.weights("a/kernel", [2, 3])
  builder.weights("a/packed", [40, 50], .chunked(deflate: 6))
  builder.weights("a/compact", [4], .compact)
  builder.dataset("a/never", .unwritten(fill: 2.5, shape: [2, 2]))
  builder.attribute("", "backend", .variableString("tensorflow"))
  builder.attribute("", "layer_names", .fixedStrings(["a", "empty"]))
  builder.attribute("empty", "weight_names", .doubles([]))
  builder.attribute("a", "weight_names", .variableStrings(["kernel", "bias"]))
  builder.attribute("a", "count", .integers([7]))
  return builder
}

private func file(_ builder: HDF5Builder) throws -> HDF5File {
  try HDF5File(ByteSource(owned: try builder.bytes(), label: "built.h5"))
}

@Suite struct IndexTests {
  /// The number of a filter that libhdf5 lacks, in place of the one that was used.
  @Test func missingFilterIsNamed() throws {
    var builder = HDF5Builder()
    builder.weights("a", [64, 64], .chunked(deflate: 6))
    var bytes = try builder.bytes()
    let name = Array("deflate\0".utf8)
    let place = try #require((8..<bytes.count - 8).first { Array(bytes[$0..<$0 + 8]) == name })
    bytes.replaceSubrange(place - 8..<place - 6, with: [0x00, 0x7D])
    let file = try HDF5File(ByteSource(owned: bytes, label: "built.h5"))
    let tensor = try file.tensor(#require(file.dataset("a")))
    let error = #expect(throws: ReadError.self) { try tensor.values() }
    #expect(error?.code == .unsupported)
    #expect(error?.message == "is packed with the filter lzf (32000), which libhdf5 does not have")
    #expect(error?.hint == "repack the file without it (h5repack -f NONE)")
  }

  @Test(arguments: [false, true])
  func groupsAndDatasets(latest: Bool) throws {
    var builder = sample()
    builder.isLatest = latest
    let file = try file(builder)
    #expect(file.index.groups.map(\.path.description) == ["", "a", "empty"])
    #expect(file.index.datasets.map(\.path.description) == ["a/compact", "a/kernel", "a/never", "a/packed"])
    #expect(file.index.findings.isEmpty)
    #expect(file.dataset("a/kernel")?.shape == [2, 3])
    #expect(file.dataset("a/kernel")?.elementType == .float32)
    #expect(file.dataset("nothing") == nil)
  }

  /// In their order, each with what it would have had alone.
  @Test func severalFiles() throws {
    let sources = try (1...9).map { count in
      var builder = HDF5Builder()
      builder.weights("a", [count, 3])
      return ByteSource(owned: try builder.bytes(), label: "\(count).h5")
    }
    let absent = ReadError(.io, "is not there", file: "absent.h5")
    let noFile = ByteSource(owned: Array("no HDF5 file".utf8), label: "text.h5")
    let files = HDF5File.all([.failure(absent), .success(noFile)] + sources.map { .success($0) })
    try #require(files.count == 11)
    #expect(throws: absent) { try files[0].get() }
    #expect(#expect(throws: ReadError.self) { try files[1].get() }?.code == .unrecognized)
    for (count, file) in zip(1..., files.dropFirst(2)) {
      let file = try file.get()
      #expect(file.source.label == "\(count).h5" && file.index.datasets.map(\.shape) == [[count, 3]])
    }
  }

  @Test func attributes() throws {
    let file = try file(sample())
    let root = try #require(file.group(""))
    #expect(root.attribute("backend")?.string == "tensorflow")
    #expect(root.attribute("layer_names")?.strings == [ByteString("a"), ByteString("empty")])
    #expect(file.group("a")?.attribute("weight_names")?.strings == [ByteString("kernel"), ByteString("bias")])
    #expect(file.group("a")?.attribute("count")?.integer == 7)
    #expect(root.attribute("missing") == nil)
  }

  @Test func emptyListIsStoredAsNumbers() throws {
    let value = try file(sample()).group("empty")?.attribute("weight_names")
    #expect(value == .numbers([]))
    #expect(value?.strings == [])
  }

  @Test func encodingIsLossless() throws {
    let index = try file(sample()).index
    let decoded = try HDF5Index(decoding: ByteSource(owned: index.encoded(), label: "index"))
    #expect(decoded == index)
  }

  @Test func damagedEncodingIsRefused() throws {
    let bytes = try file(sample()).index.encoded()
    for count in bytes.indices {
      let source = ByteSource(owned: Array(bytes[..<count]), label: "index")
      #expect(throws: ReadError.self) { try HDF5Index(decoding: source) }
    }
    for position in bytes.indices {
      var damaged = bytes
      damaged[position] ^= 0xFF
      _ = try? HDF5Index(decoding: ByteSource(owned: damaged, label: "index"))
    }
  }
}

@Suite struct ValueTests {
  @Test(arguments: [0, 512, 2048])
  func contiguousValuesAreMapped(userBlock: Int) throws {
    var builder = sample()
    builder.userBlock = userBlock
    let file = try file(builder)
    let tensor = try file.tensor(#require(file.dataset("a/kernel")))
    guard case .bytes(let source) = tensor.storage else {
      Issue.record("the values are not a slice of the file")
      return
    }
    #expect(source.baseOffset > userBlock)
    #expect(try tensor.values() == [0, 1, 2, 3, 4, 5])
  }

  /// A file inside another one, as in an archive.
  @Test func offsetsAreThoseOfTheOuterFile() throws {
    let padding = [UInt8](repeating: 7, count: 1234)
    let inner = try sample().bytes()
    let outer = ByteSource(owned: padding + inner + padding, label: "outer")
    let file = try HDF5File(outer.slice(at: 1234, count: inner.count, "the member"))
    for name in ["a/kernel", "a/packed", "a/compact"] {
      let tensor = try file.tensor(#require(file.dataset(name)))
      #expect(try tensor.values() == (0..<tensor.elementCount).map(Double.init))
    }
  }

  @Test func gatheredValues() throws {
    let file = try file(sample())
    let packed = try #require(file.dataset("a/packed"))
    guard case .gathered("chunked", let stored) = packed.storage else {
      Issue.record("\(packed.storage)")
      return
    }
    #expect(stored < 8000)
    #expect(try file.tensor(packed).values() == (0..<2000).map(Double.init))
    #expect(try file.tensor(#require(file.dataset("a/compact"))).values() == [0, 1, 2, 3])
    #expect(try file.tensor(#require(file.dataset("a/never"))).values() == [2.5, 2.5, 2.5, 2.5])
  }

  @Test func elementTypes() throws {
    var builder = HDF5Builder()
    builder.dataset("half", .raw([0x00, 0x3C, 0x00, 0xC0], type: .float16, shape: [2]))
    builder.dataset("brain", .raw([0x80, 0x3F, 0x00, 0xC0], type: .bfloat16, shape: [2]))
    builder.dataset("big", .raw([0x3F, 0xF0, 0, 0, 0, 0, 0, 0], type: .float64BigEndian, shape: [1]))
    builder.dataset("small", .raw([0xFF, 2], type: .int8, shape: [2]))
    builder.dataset("truth", .raw([1, 0], type: .bool, shape: [2]))
    builder.dataset("complex", .raw([UInt8](repeating: 0, count: 8), type: .complex64, shape: [1]))
    builder.dataset("opaque", .raw([0x80, 0x3F], type: .opaque(2), shape: [1]))
    builder.dataset("named", .raw([0x80, 0x3F], type: .opaque(2), shape: [1]))
    builder.attribute("named", "dtype", .variableString("bfloat16"))
    builder.dataset("odd", .raw([1, 0], type: .int12, shape: [1]))
    let file = try file(builder)
    func type(_ name: String) -> ElementType? { file.dataset(name)?.elementType }
    #expect(type("half") == .float16)
    #expect(type("brain") == .bfloat16)
    #expect(type("big") == .float64)
    #expect(type("small") == .int8)
    #expect(type("truth") == .bool)
    #expect(type("complex") == .complex64)
    #expect(type("opaque") == nil)
    #expect(type("named") == .bfloat16)
    #expect(type("odd") == nil)
    #expect(file.dataset("odd")?.typeName == "int16 of 12 significant bits")
    #expect(try file.tensor(#require(file.dataset("half"))).values() == [1, -2])
    #expect(try file.tensor(#require(file.dataset("brain"))).values() == [1, -2])
    #expect(try file.tensor(#require(file.dataset("big"))).values() == [1])
    #expect(try file.tensor(#require(file.dataset("small"))).values() == [-1, 2])
    #expect(try file.tensor(#require(file.dataset("named"))).values() == [1])
  }
}
