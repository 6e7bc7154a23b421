import ModelReading
import TestSupport
import Testing

@testable import PyTorchReader

private typealias W = PickleWriter

/// What is refused, and in which words.
@Suite struct RefusalTests {
  private static let good = W.tensor(W.storage("0", 4), [2, 2])

  /// The diagnostic of a tensor that stands beside a good one.
  private func diagnostic(_ tensor: [UInt8], _ storages: [(String, [UInt8])] = []) throws -> Diagnostic? {
    let state = W.dictionary([("good", Self.good), ("bad", tensor)])
    let contents = try tensors(in: torchFile(state, storages: [("0", W.floats([1, 2, 3, 4]))] + storages))
    #expect(contents.tensors.map(\.name) == ["good"])
    #expect(contents.inventory.map(\.name) == ["good", "bad"])
    return contents.diagnostics.first { $0.subject == "bad" }
  }

  private static let unreadable: [([UInt8], String)] = [
    (W.tensor(W.storage("0", 4), [2, 3]), "needs 6 elements of float32, its storage holds 4"),
    (W.tensor(W.storage("0", 4), [2, 2], offset: 1), "needs 5 elements of float32, its storage holds 4"),
    (W.tensor(W.storage("0", 4), [2, 2], strides: [-1, 1]), "has strides [-1, 1] and offset 0 for the shape [2, 2]"),
    (W.tensor(W.storage("0", 4), [-2, 2]), "has a negative extent in its shape [-2, 2]"),
    (
      W.tensor(W.storage("0", 4), [1 << 62, 1 << 62]),
      "has the shape [4611686018427387904, 4611686018427387904], whose element count overflows"
    ),
    (W.tensor(W.storage("0", 5), [2, 2]), "storage '0' has 16 bytes, 5 elements of float32 are announced"),
    (
      W.tensor(W.storage("0", Int.max), [2]),
      "storage '0' has 16 bytes, 9223372036854775807 elements of float32 are announced"
    ),
    (W.tensor(W.storage("9", 4), [2, 2]), "refers to the member 'archive/data/9', which the archive lacks"),
    (
      W.tensor(W.storage("../data.pkl", 4), [2, 2]),
      "refers to the member 'archive/data/../data.pkl', which the archive lacks"
    ),
    (W.tensor(W.none, [2, 2]), "a tensor is built over something that is no storage"),
    (
      W.tensor(W.persistent(W.tuple([W.text("storage")])), [2]),
      "a storage is not referred to as ('storage', type, key, location, size)"
    ),
  ]

  @Test(arguments: unreadable.indices) func namesUnreadableTensors(index: Int) throws {
    let (tensor, message) = Self.unreadable[index]
    let finding = try #require(try diagnostic(tensor))
    #expect(finding.code == .unreadableTensor)
    #expect(finding.message == message)
  }

  private static let unsupported: [([UInt8], String)] = [
    (
      W.call("torch._utils", "_rebuild_sparse_tensor", [W.none, W.tuple([good, good, W.integers([2, 2])])]),
      "is sparse, in a layout that is not known"
    ),
    (
      W.call(
        "torch._utils", "_rebuild_sparse_tensor",
        [
          W.call("torch.serialization", "_get_layout", [W.text("torch.sparse_coo")]),
          W.tuple([good, W.tensor(W.storage("0", 2, type: "LongStorage"), [2]), W.integers([2, 2])]),
        ]),
      "is sparse and has elements of int64"
    ),
    (
      W.call(
        "torch._utils", "_rebuild_meta_tensor_no_storage",
        [W.global("torch", "float32"), W.integers([2, 2]), W.integers([2, 1]), W.no]),
      "is a meta tensor, saved without its elements"
    ),
    (
      W.call("torch._utils", "_rebuild_nested_tensor", [good, good, good, good]),
      "is a nested tensor: several of different shapes"
    ),
    (W.tensor(W.storage("0", 8, type: "QUInt4x2Storage"), [2, 2]), "has elements of type quint4x2, which is not read"),
    (
      W.tensor(W.storage("0", 2, type: "ComplexFloatStorage"), [2], more: [W.dictionary([("conj", W.yes)])]),
      "is complex, and to be conjugated when read"
    ),
    (
      W.tensor(W.storage("0", 2, type: "LongStorage"), [2], more: [W.dictionary([("neg", W.yes)])]),
      "is int64, and to be negated when read"
    ),
    (
      W.call(
        "torch._tensor", "_rebuild_from_type_v2",
        [
          W.global("torch._utils", "_rebuild_wrapper_subclass"), W.global("torch.distributed.tensor", "DTensor"),
          W.tuple([W.global("torch.distributed.tensor", "DTensor"), W.global("torch", "float32"), W.integers([4, 4])]),
          W.none,
        ]),
      "is a tensor distributed over several processes, of which this file has one's part"
    ),
    (
      W.call("torch._utils", "_rebuild_tensor_v2", [W.none]),
      "is rebuilt from arguments that are not (storage, offset, size, stride)"
    ),
  ]

  @Test(arguments: unsupported.indices) func namesUnsupportedTensors(index: Int) throws {
    let (tensor, message) = Self.unsupported[index]
    let finding = try #require(try diagnostic(tensor))
    #expect(finding.code == .unsupportedTensor)
    #expect(finding.message == message)
  }

  private static let files: [([UInt8], ReadError.Code, String)] = [
    ([], .unrecognized, "is neither a zip archive, nor a tar archive, nor a pickle"),
    (Array("abc".utf8), .unrecognized, "is neither a zip archive, nor a tar archive, nor a pickle"),
    (Array("(d.".utf8), .unrecognized, "is a pickle that holds no tensor"),
    (Array("(dz.".utf8), .unrecognized, "is no pickle: 0x7a is no pickle opcode"),
    (
      W.pickle(W.call("os", "system", [W.text("x")])), .unsafeContent,
      "is a pickle that names os.system and holds no tensor"
    ),
    ([0x80, 2], .truncated, "the pickle ends at 2 without its STOP opcode"),
    (Array("PYTORCH1".utf8), .unsupported, "is a preview of PyTorch 1.0's format, which no release of PyTorch reads"),
    (Array("\0\0\0\0PTMF".utf8), .malformed, "refers to element 0 of 0"),
    (Array("\u{10}\0\0\0PTMF".utf8), .truncated, "a part of the flatbuffer lies at 16, the data end at 8"),
    (torchArchive([("a.txt", [1])]), .unrecognized, "is a zip archive without data.pkl"),
    (
      torchArchive([("model.json", Array("{}".utf8))]), .malformed,
      "has no mainModule and no tensors, as TorchScript before 1.4 has"
    ),
    (
      torchFile(good, storages: [("0", W.floats([1, 2, 3, 4]))], more: [("byteorder", Array("middle".utf8))]),
      .malformed, "has the byte order 'middle', which is neither little nor big"
    ),
    (legacyFile(good, storages: [("1", 4, [])]), .malformed, "stores '1', of which the pickle does not say what it is"),
    (legacyFile(good, storages: [("0", 4, [1])]), .truncated, "storage '0' needs 16 bytes at 235, 1 remain"),
    (legacyFile(good, storages: [("0", -1, [])]), .malformed, "storage '0' has -1 elements"),
    (legacyFile(good, storages: [("0", 1 << 62, [])]), .malformed, "storage '0' has 4611686018427387904 elements"),
    (tarMember("other", []), .unrecognized, "is a tar archive without the members 'pickle' and 'storages'"),
  ]

  @Test(arguments: files.indices) func namesWhatAFileIs(index: Int) throws {
    let (bytes, code, message) = Self.files[index]
    let error = try #require(throws: ReadError.self) { try tensors(in: bytes) }
    #expect(error.code == code)
    #expect(error.message == message)
  }

  @Test func refusesFilesInFilesWithoutEnd() throws {
    var limits = Limits()
    limits.maximumContainerDepth = 1
    var value = W.storage("0", 4)
    for _ in 0..<3 {
      let inner = legacyFile(value, storages: [])
      value = W.call("torch.storage", "_load_from_bytes", [W.bytes(inner)])
    }
    let file = W.pickle(W.dictionary([("w", W.tensor(value, [2, 2]))]))
    let error = try #require(throws: ReadError.self) { try tensors(in: file, limits: limits) }
    #expect(error.code == .limitExceeded)
  }

  @Test func limitsTensorsAndNesting() throws {
    var limits = Limits()
    limits.maximumTensorCount = 1
    let two = torchFile(W.dictionary([("a", Self.good), ("b", Self.good)]))
    #expect(throws: ReadError.self) { try tensors(in: two, limits: limits) }
    let legacy = legacyFile(Self.good, storages: [("0", 1, []), ("1", 1, [])])
    let refusal = try #require(throws: ReadError.self) { try tensors(in: legacy, limits: limits) }
    #expect(refusal.code == .limitExceeded)
    #expect(refusal.message == "lists 2 storages, the limit is 1")
    var nested = Self.good
    for _ in 0..<200 { nested = W.list([nested]) }
    let error = try #require(throws: ReadError.self) { try tensors(in: torchFile(nested)) }
    #expect(error.message == "nests objects more than 128 deep")
  }

  @Test func reportsBytesBehindThePickle() throws {
    let file = torchArchive([
      ("data.pkl", W.pickle(Self.good) + [1, 2, 3]), ("data/0", W.floats([1, 2, 3, 4])),
    ])
    let finding = try #require(try tensors(in: file).diagnostics.first)
    #expect(finding.code == .unsafeContent)
    #expect(finding.message.hasPrefix("has 3 bytes after the end of its pickle"))
  }

  // MARK: Few bytes that ask for much

  /// A list under memo 0, and then `count` objects made of it.
  private func sharing(_ list: [UInt8], _ object: [UInt8], count: Int) -> [UInt8] {
    let each = Array("(h\u{0}".utf8) + Array("tR".utf8)
    let objects = Array("](".utf8) + (0..<count).flatMap { _ in object + each } + Array("e".utf8)
    return list + Array("q\u{0}0".utf8) + objects
  }

  @Test func walksSharedPartsWithinABudget() throws {
    let pairs = W.list((0..<5_000).map { W.tuple([W.integer($0), W.list([])]) })
    let value = sharing(pairs, W.global("collections", "OrderedDict"), count: 5_000)
    let error = try #require(throws: ReadError.self) { try tensors(in: torchFile(value)) }
    #expect(error.code == .limitExceeded)
    #expect(error.message.hasPrefix("has 3"))
  }

  @Test func readsSharedFilesWithinABudget() throws {
    let inner = legacyFile(W.storage("0", 4), storages: [("0", 4, W.floats([1, 2, 3, 4]))])
    let load = W.global("torch.storage", "_load_from_bytes") + Array("(h\u{0}tR".utf8)
    let state = W.dictionary((0..<500).map { ("\($0)", W.tensor(load, [2, 2])) })
    let large = inner + [UInt8](repeating: 0, count: 1_000_000)
    let contents = try tensors(in: W.pickle(W.bytes(large) + Array("q\u{0}0".utf8) + state))
    #expect(contents.tensors.count == 2)
    #expect(contents.diagnostics.last?.code == .unreadableTensor)
    #expect(contents.diagnostics.last?.message.hasPrefix("decodes 30") == true)
  }

  @Test func allocatesNothingForExpandedTensors() throws {
    let huge = 1 << 33
    let scales = W.tensor(W.storage("0", 4), [huge], strides: [0])
    let quantizer = W.tuple([W.global("torch", "per_channel_affine"), scales, scales, W.integer(0)])
    let value = W.call(
      "torch._utils", "_rebuild_qtensor",
      [W.storage("1", 1, type: "QInt8Storage"), W.integer(0), W.integers([huge]), W.integers([0]), quantizer])
    let file = torchFile(value, storages: [("0", W.floats([1, 2, 3, 4])), ("1", [1])])
    let error = try #require(throws: ReadError.self) { try tensors(in: file) }
    #expect(error.code == .limitExceeded)
    #expect(error.message.hasPrefix("describes [\(huge)] elements over 1 bytes"))
  }

  // MARK: Damage

  private static let samples: [[UInt8]] = [
    torchFile(W.dictionary([("fc.weight", good)]), storages: [("0", W.floats([1, 2, 3, 4]))]),
    legacyFile(W.dictionary([("fc.weight", good)]), storages: [("0", 4, W.floats([1, 2, 3, 4]))]),
    tarMember("pickle", W.pickle(W.dictionary([("w", W.persistent(W.integer(1)))])))
      + tarMember(
        "storages",
        W.pickle(W.integer(1)) + W.pickle(W.tuple([W.integer(1), W.text("cpu"), W.global("torch", "FloatStorage")]))
          + W.littleEndian(Int64(1)) + W.floats([1]))
      + tarMember(
        "tensors",
        W.pickle(W.integer(1)) + W.pickle(W.tuple([W.integer(1), W.integer(1), W.none])) + W.littleEndian(Int32(1))
          + [0, 0, 0, 0] + [1, 1, 0].flatMap { W.littleEndian(Int64($0)) }),
  ]

  @Test(arguments: samples.indices) func survivesTruncation(index: Int) {
    for count in 0..<Self.samples[index].count { probeAndRead(Array(Self.samples[index].prefix(count))) }
  }

  @Test(arguments: samples.indices) func survivesCorruption(index: Int) {
    var random = SplitMix(seed: UInt64(index))
    for _ in 0..<4_000 {
      var bytes = Self.samples[index]
      for _ in 0..<Int.random(in: 1...2, using: &random) {
        bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      probeAndRead(bytes)
    }
  }

  private func probeAndRead(_ bytes: [UInt8]) {
    _ = PyTorchReader().probe(ByteSource(owned: bytes, label: "damaged").bytes)
    guard let contents = try? tensors(in: bytes) else { return }
    for tensor in contents.tensors where tensor.elementCount < 1000 { _ = try? tensor.littleEndianBytes() }
  }
}
