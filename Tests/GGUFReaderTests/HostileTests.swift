import ModelReading
import TestSupport
import Testing

/// Files that lie about themselves.
@Suite("Hostile GGUF files")
struct HostileTests {
  private func error(_ bytes: [UInt8], _ limits: Limits = Limits()) -> ReadError? {
    #expect(throws: ReadError.self) { try open(bytes, limits: limits) }
  }

  private func error(_ limits: Limits = Limits(), _ change: (inout GGUFFile) -> Void) -> ReadError? {
    var file = GGUFFile()
    change(&file)
    return error(file.bytes, limits)
  }

  private func expect(
    _ error: ReadError?, _ code: ReadError.Code, _ message: String, at offset: Int, about subject: String? = nil
  ) {
    #expect(error?.code == code)
    #expect(error?.message == message)
    #expect(error?.offset == offset)
    #expect(error?.subject == subject)
    #expect(error?.file.hasSuffix("x.gguf") == true)
  }

  @Test func signatureAndVersion() {
    expect(error(Array("GGML".utf8)), .unrecognized, "does not begin with GGUF's signature", at: 0)
    expect(error { $0.version = 4 }, .unsupported, "has version 4 of the format, known are 1 to 3", at: 4)
    expect(error { $0.version = 0 }, .unsupported, "has version 0 of the format, known are 1 to 3", at: 4)
  }

  @Test func countsBeyondTheFile() {
    expect(
      error { $0.tensorCount = 1_000 }, .truncated, "announces 1000 tensors in 8 bytes", at: 8)
    expect(
      error { $0.tensorCount = 1 << 40 }, .limitExceeded,
      "announces 1099511627776 tensors, the limit is 1000000", at: 8)
    expect(
      error { $0.tensorCount = .max }, .limitExceeded,
      "tensor count is 18446744073709551615, more than any file holds", at: 8)
    expect(error { $0.metadataCount = 5 }, .truncated, "announces 5 metadata entries in 8 bytes", at: 8)
    expect(
      error { $0.metadataCount = 1 << 50 }, .limitExceeded,
      "announces 1125899906842624 metadata entries, the limit is 11111111", at: 8)
  }

  @Test func keys() {
    expect(
      error {
        $0.set("a", UInt32(1))
        $0.set("a", UInt32(2))
      }, .malformed, "has the key twice", at: 41, about: "a")
    var limits = Limits()
    limits.maximumNameBytes = 3
    expect(error(limits) { $0.set("long", UInt32(1)) }, .limitExceeded, "key has 4 bytes, the limit is 3", at: 24)
    expect(
      error(GGUFFile.with { $0.metadata = [("a", [])] }.header), .truncated, "type of a value needs 4 bytes, 0 remain",
      at: 33, about: "a")
  }

  @Test func values() {
    expect(
      error { $0.metadata = [("a", $0.number(UInt32(13)))] }, .malformed,
      "has a value of type 13, the format defines 0 to 12", at: 33, about: "a")
    expect(
      error { $0.metadata = [("a", $0.number(UInt32(8)) + $0.number(UInt64(1 << 20)))] }, .truncated,
      "text needs 1048576 bytes, \(64 - 45) remain", at: 45, about: "a")
    expect(
      error { $0.metadata = [("a", $0.number(UInt32(8)) + $0.number(UInt64(1 << 40)))] }, .limitExceeded,
      "text has 1099511627776 bytes, the limit is 100000000", at: 37, about: "a")
    expect(
      error { $0.metadata = [("a", $0.number(UInt32(9)) + $0.number(UInt32(10)) + $0.number(UInt64.max >> 1))] },
      .truncated, "array has 9223372036854775807 elements in the \(64 - 49) bytes that remain", at: 41, about: "a")
    var limits = Limits()
    limits.maximumNesting = 2
    expect(
      error(limits) { file in
        let nested = file.number(UInt32(9)) + file.number(UInt64(1))
        file.metadata = [("a", file.number(UInt32(9)) + nested + nested + nested)]
      }, .limitExceeded, "nests arrays more than 2 deep", at: 61, about: "a")
  }

  /// Vocabularies are passed over, and what follows is read.
  @Test func longArrays() throws {
    var file = GGUFFile()
    let count: UInt64 = 5_000
    let text = (0..<count).flatMap { file.text("token \($0)") }
    let lists = (0..<count).flatMap { _ in file.number(UInt32(0)) + file.count(2) + [1, 2] }
    for (key, kind, values) in [
      ("texts", UInt32(8), text), ("lists", 9, lists), ("numbers", 5, [UInt8](repeating: 1, count: 20_000)),
    ] {
      file.metadata.append((key, file.number(UInt32(9)) + file.number(kind) + file.count(count) + values))
    }
    file.set("general.name", "after them")
    #expect(try open(file).metadata.map(\.value) == ["after them"])
    let header = file.header
    let cut = error(Array(header[..<(header.count - 60_000)]))
    #expect(cut?.code == .truncated && cut?.subject == "lists")
  }

  @Test func longHeaders() {
    var limits = Limits()
    limits.maximumIndexBytes = 50
    expect(
      error(limits) { $0.set("key", [1, 2, 3]) }, .limitExceeded,
      "has a header of at least 63 bytes, the limit is 50", at: 63)
  }

  @Test(arguments: [UInt32(0), 24, 33]) func alignment(_ alignment: UInt32) {
    expect(
      error { $0.set("general.alignment", alignment) }, .malformed,
      "has an alignment of \(alignment), not a power of two", at: 24, about: "general.alignment")
  }

  @Test func alignmentsBeyondAddresses() {
    var file = GGUFFile()
    file.metadata = [("general.alignment", file.number(UInt32(10)) + file.number(UInt64(1) << 62))]
    file.add("a.weight", [2, 2])
    let tooFar = error(file.bytes)
    #expect(tooFar?.code == .truncated && tooFar?.subject == "a.weight")
  }

  @Test func names() {
    let name = String(repeating: "n", count: 64)
    expect(
      error { $0.add(name, [1, 1]) }, .limitExceeded, "name of a tensor has 64 bytes, the limit is 63", at: 24)
    expect(
      error {
        $0.add("a", [1, 1])
        $0.add("a", [1, 1])
      }, .malformed, "has two tensors of one name", at: 65, about: "a")
    #expect(throws: Never.self) { try open(GGUFFile.with { $0.add(String(name.dropLast()), [1, 1]) }) }
  }

  @Test func shapes() {
    expect(
      error { $0.add("a", [1, 1, 1, 1, 1]) }, .malformed, "has 5 axes, the format allows 4", at: 33, about: "a")
    expect(error { $0.add("a", [0, 1]) }, .malformed, "has an extent of 0 in its shape", at: 33, about: "a")
    expect(
      error { $0.add("a", [1 << 32, 1 << 32], bytes: []) }, .malformed,
      "has the shape [4294967296, 4294967296], whose element count overflows", at: 33, about: "a")
    expect(
      error { $0.add("a", [1 << 31, 1 << 31], bytes: []) }, .malformed,
      "has 4611686018427387904 blocks of 4 bytes, more than any file holds", at: 24, about: "a")
    expect(
      error { $0.add("a", [.max], bytes: []) }, .limitExceeded,
      "extent is 18446744073709551615, more than any file holds", at: 37, about: "a")
    expect(
      error { $0.add("a", [2, 48], type: 2, bytes: []) }, .malformed,
      "has rows of 48 elements, blocks of Q4_0 have 32", at: 24, about: "a")
  }

  @Test func places() {
    expect(
      error {
        $0.add("a", [2, 2])
        $0.add("b", [2, 2], start: 0)
      }, .malformed, "has a tensor at byte 0 of its data, where 32 is next", at: 65, about: "b")
    expect(
      error { $0.add("a", [2, 2], start: 64) }, .malformed, "has a tensor at byte 64 of its data, where 0 is next",
      at: 24, about: "a")
    expect(
      error {
        $0.add("a", [2, 2], type: 99, bytes: [1])
        $0.add("b", [2, 2], start: 40)
      }, .malformed, "has a tensor at byte 40 of its data, where at the earliest 0 is next", at: 65, about: "b")
    expect(
      error { $0.add("a", [2, 2], start: .max) }, .limitExceeded,
      "position of a tensor is 18446744073709551615, more than any file holds", at: 57, about: "a")
    expect(
      error { $0.add("a", [64, 64], bytes: [1]) }, .truncated, "tensor needs 16384 bytes at 96, 32 remain", at: 96,
      about: "a")
  }

  /// Only the padding behind the last tensor may be missing.
  @Test(arguments: [UInt32(1), 3]) func truncationAtEveryByte(version: UInt32) throws {
    var file = GGUFFile(version: version)
    file.set("general.architecture", "x")
    file.set("x.attention.head_count", [1, 2])
    file.add("a.weight", [2, 2])
    file.add("b.weight", [1, 32], type: 2, bytes: [UInt8](repeating: 7, count: 18))
    let bytes = file.bytes
    let end = bytes.count - 14
    for length in 0..<end {
      let error = #expect(throws: ReadError.self, "\(length) bytes") { try open(Array(bytes[..<length])) }
      #expect((error?.offset ?? -1) <= length && !(error?.message.isEmpty ?? true), "\(length) bytes")
      #expect(error?.code == .truncated || length < 4, "\(length) bytes: \(String(describing: error))")
    }
    #expect(try open(Array(bytes[..<end])).layers.count == 2)
  }

  @Test func damageIsAnErrorOrAModel() throws {
    for name in ["llama", "types", "version-1", "big-endian"] {
      let bytes = try Fixtures.read(Fixtures.sample("GGUF/\(name).gguf"))
      for damaged in Corruption.singleBytes(of: Array(bytes.prefix(1_500)), count: 400, seed: 3) {
        guard let graph = try? open(damaged + bytes.dropFirst(1_500)) else { continue }
        for parameter in graph.layers.flatMap(\.parameters) where parameter.tensor.byteCount < 1 << 20 {
          _ = try? parameter.tensor.littleEndianBytes()
        }
      }
    }
  }
}

extension GGUFFile {
  static func with(_ change: (inout GGUFFile) -> Void) -> GGUFFile {
    var file = GGUFFile()
    change(&file)
    return file
  }
}
