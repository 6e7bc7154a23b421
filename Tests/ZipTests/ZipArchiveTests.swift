import ModelReading
import TestSupport
import Testing
import Zip

private func archive(
  _ bytes: [UInt8], limits: Limits = Limits(), names: ZipArchive.NameComparison = .ignoringCase
) throws(ReadError) -> ZipArchive {
  try ZipArchive(ByteSource(owned: bytes, label: "a.zip"), limits: limits, names: names)
}

/// Everything that reading an archive and all its members gives.
private func readAll(_ bytes: [UInt8]) throws(ReadError) -> [[UInt8]] {
  let zip = try archive(bytes)
  var contents: [[UInt8]] = []
  for entry in zip.entries { contents.append(try zip.contents(of: entry).copy()) }
  return contents
}

private func error(of bytes: [UInt8], limits: Limits = Limits()) throws -> ReadError {
  try #require(throws: ReadError.self) {
    let zip = try archive(bytes, limits: limits)
    for entry in zip.entries { _ = try zip.contents(of: entry) }
  }
}

private func member(_ name: String, _ bytes: [UInt8], _ change: (inout ZipBuilder.Member) -> Void) -> ZipBuilder.Member
{
  var member = ZipBuilder.Member(name, bytes)
  change(&member)
  return member
}

private let hello = Array("hello".utf8)

@Suite("Zip archives that are read")
struct ZipReadingTests {
  @Test func membersComeInDirectoryOrder() throws {
    let zip = try archive(ZipBuilder([("b", [1, 2]), ("a/x", []), ("c/", [])]).bytes())
    #expect(zip.entries.map(\.name.description) == ["b", "a/x", "c/"])
    #expect(zip.entries.map(\.byteCount) == [2, 0, 0])
    #expect(zip.entry(named: "missing") == nil)
  }

  @Test func emptyArchive() throws { #expect(try archive(ZipBuilder([ZipBuilder.Member]()).bytes()).entries.isEmpty) }

  @Test func storedMemberIsASliceOfTheFile() throws {
    try Fixtures.withFile(ZipBuilder([("x", hello)]).bytes()) { path in
      let zip = try ZipArchive(ByteSource(MappedFile(path: path)), limits: Limits())
      let contents = try zip.contents(of: #require(zip.entry(named: "x")))
      #expect(contents.mappedFile != nil)
      #expect(contents.baseOffset == 31)
      #expect(contents.label == "\(path)!x")
      #expect(contents.copy() == hello)
    }
  }

  @Test(arguments: [0, 5, 100_000]) func deflatedMemberIsInflated(count: Int) throws {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    let zip = try archive(ZipBuilder([member("x", bytes) { $0.method = 8 }]).bytes())
    let entry = try #require(zip.entry(named: "x"))
    #expect(!entry.isStored)
    #expect(try zip.contents(of: entry).copy() == bytes)
  }

  @Test(arguments: [UInt16(0), 8]) func rangeOfAMember(method: UInt16) throws {
    let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    let zip = try archive(ZipBuilder([member("x", bytes) { $0.method = method }]).bytes())
    let entry = try #require(zip.entry(named: "x"))
    for range in [0..<0, 0..<10, 70_000..<70_001, 66_000..<200_000, 200_000..<200_000, 0..<200_000] {
      #expect(try zip.contents(of: entry, in: range).copy() == Array(bytes[range]))
    }
    #expect(throws: ReadError.self) { try zip.contents(of: entry, in: 0..<200_001) }
  }

  @Test func streamedMembersWithPaddingAsTorchWritesThem() throws {
    let padding = [0x46, 0x42, 3, 0] + Array("ZZZ".utf8)
    let zip = ZipBuilder([
      member("archive/data.pkl", hello) {
        $0.localSizes = .streamed
        $0.localExtra = padding
        $0.flags = 0x800
      },
      member("archive/version", [0x33]) { $0.localSizes = .streamed },
    ])
    #expect(try readAll(zip.bytes()) == [hello, [0x33]])
  }

  @Test func zip64LocalHeaderAsNumPyWritesIt() throws {
    let stored = member("a.npy", hello) { $0.localSizes = .zip64 }
    let deflated = member("b.npy", hello) {
      $0.localSizes = .zip64
      $0.method = 8
    }
    #expect(try readAll(ZipBuilder([stored, deflated]).bytes()) == [hello, hello])
  }

  @Test func zip64Directory() throws {
    var zip = ZipBuilder([("a", hello), ("b", [9])])
    zip.zip64 = true
    #expect(try readAll(zip.bytes()) == [hello, [9]])
    zip.prefix = [1, 2, 3]
    #expect(try readAll(zip.bytes()) == [hello, [9]])
  }

  @Test func commentPrefixAndTrailingBytes() throws {
    var zip = ZipBuilder([("a", hello)])
    zip.comment = Array("made by hand".utf8)
    #expect(try readAll(zip.bytes()) == [hello])
    zip.prefix = Array("#!/bin/sh\n".utf8)
    #expect(try readAll(zip.bytes()) == [hello])
    zip.suffix = [0, 0, 0]
    #expect(try readAll(zip.bytes()) == [hello])
  }

  @Test func absentChecksumIsAccepted() throws {
    let zip = ZipBuilder([member("a", hello) { ($0.method, $0.checksum) = (8, 0) }])
    #expect(try readAll(zip.bytes()) == [hello])
  }

  @Test func namesDifferingInCaseOnRequest() throws {
    let bytes = ZipBuilder([("W", [1]), ("w", [2])]).bytes()
    let zip = try archive(bytes, names: .exact)
    #expect(try zip.contents(of: #require(zip.entry(named: "w"))).copy() == [2])
    #expect(throws: ReadError.self) { try archive(bytes) }
  }

  @Test func namesAreBytes() throws {
    let zip = try archive(ZipBuilder([("e\u{301}", [1]), ("\u{e9}", [2])]).bytes())
    #expect(try zip.contents(of: #require(zip.entry(named: "\u{e9}"))).copy() == [2])
  }
}

@Suite("Zip archives that are refused")
struct ZipRefusalTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var bytes: [UInt8]
    var code: ReadError.Code
    var message: String
    init(_ name: String, _ code: ReadError.Code, _ message: String, _ zip: ZipBuilder) {
      testDescription = name
      bytes = zip.bytes()
      self.code = code
      self.message = message
    }
  }

  static let cases: [Case] = [
    Case("duplicate", .malformed, "lists the member 'a' twice", ZipBuilder([("a", [1]), ("a", [2])])),
    Case("case", .malformed, "lists the member 'A' twice, in different case", ZipBuilder([("a", [1]), ("A", [2])])),
    Case(
      "local name", .malformed, "has a local header for 'a' whose name is 'b'",
      ZipBuilder([member("a", [1]) { $0.localName = [0x62] }])),
    Case(
      "local method", .malformed, "has a local header for 'a' whose method is 8, not 0",
      ZipBuilder([member("a", [1]) { $0.localMethod = 8 }])),
    Case(
      "encrypted", .unsupported, "has an encrypted member 'a'", ZipBuilder([member("a", [1]) { $0.flags = 1 }])),
    Case(
      "method", .unsupported, "is compressed by method 14; stored (0) and deflated (8) are read",
      ZipBuilder([member("a", [1]) { $0.method = 14 }])),
    Case(
      "overlap", .malformed, "has members 'a' and 'b' that overlap",
      ZipBuilder([
        member("a", ZipBuilder([("b", [7])]).bytes()) { _ in },
        member("b", [7]) { $0.headerOffset = 31 },
      ])),
    Case(
      "no local header", .malformed, "has no local header for 'a' where one is due",
      ZipBuilder([member("a", hello) { $0.headerOffset = 1 }])),
    Case(
      "bomb", .limitExceeded,
      "claims that 'a' inflates from 10 to 1000000 bytes, more than 1100 times",
      ZipBuilder([
        member("a", hello) { ($0.method, $0.declaredByteCount, $0.localSizes) = (8, 1_000_000, .streamed) }
      ])),
    Case(
      "declared too short", .malformed, "inflates to more than the 4 bytes declared",
      ZipBuilder([member("a", hello) { ($0.method, $0.declaredByteCount, $0.localSizes) = (8, 4, .streamed) }])),
    Case(
      "declared too long", .truncated, "inflates to 5 bytes of the 6 declared",
      ZipBuilder([member("a", hello) { ($0.method, $0.declaredByteCount, $0.localSizes) = (8, 6, .streamed) }])),
    Case(
      "stored size", .malformed, "stores the 6 bytes of 'a' in 5",
      ZipBuilder([member("a", hello) { ($0.declaredByteCount, $0.localSizes) = (6, .streamed) }])),
    Case(
      "local size", .malformed, "has a local header for 'a' whose size is 5, not 6",
      ZipBuilder([member("a", hello) { ($0.method, $0.declaredByteCount) = (8, 6) }])),
    Case(
      "checksum", .malformed, "has the checksum 3610a686, not 00000001 as declared",
      ZipBuilder([member("a", hello) { ($0.method, $0.checksum) = (8, 1) }])),
  ]

  @Test(arguments: cases) func refuses(_ example: Case) throws {
    let error = try error(of: example.bytes)
    #expect(error.code == example.code)
    #expect(error.message == example.message)
  }

  @Test func twoEnds() throws {
    var zip = ZipBuilder([("a", hello)])
    zip.comment = Array("PK\u{5}\u{6}".utf8) + [UInt8](repeating: 0, count: 18)
    let error = try error(of: zip.bytes())
    #expect(error.code == .malformed)
    #expect(error.message.hasPrefix("has two ends"))
  }

  @Test func noArchive() throws { #expect(try error(of: hello).code == .unrecognized) }

  @Test func cutShort() throws {
    let bytes = ZipBuilder([("a", hello)]).bytes()
    let error = try error(of: Array(bytes.dropLast(30)))
    #expect(error.code == .truncated)
    #expect(error.hint == "the download may be incomplete")
  }

  @Test func tooManyMembers() throws {
    var limits = Limits()
    limits.maximumArchiveMembers = 1
    let error = try error(of: ZipBuilder([("a", []), ("b", [])]).bytes(), limits: limits)
    #expect(error.code == .limitExceeded)
    #expect(error.message == "has 2 members, the limit is 1")
  }

  @Test func tooManyDecodedBytes() throws {
    var limits = Limits()
    limits.maximumDecodedBytes = 4
    let error = try error(of: ZipBuilder([member("a", hello) { $0.method = 8 }]).bytes(), limits: limits)
    #expect(error.message == "inflates to 5 bytes, the limit is 4")
  }

  @Test func severalVolumes() throws {
    var bytes = ZipBuilder([("a", hello)]).bytes()
    bytes[bytes.count - 18] = 1
    #expect(try error(of: bytes).code == .unsupported)
  }
}

@Suite("Damaged zip archives")
struct ZipDamageTests {
  private static let fixture: [UInt8] = {
    var zip = ZipBuilder([
      member("a", hello) { $0.method = 8 }, member("b", hello) { $0.localSizes = .zip64 },
      member("c", hello) { $0.localSizes = .streamed },
    ])
    zip.zip64 = true
    return zip.bytes()
  }()

  @Test func everyTruncationIsRefused() {
    for bytes in Corruption.truncations(of: Self.fixture) { #expect(throws: ReadError.self) { try readAll(bytes) } }
  }

  @Test func noChangedByteTraps() {
    for bytes in Corruption.singleBytes(of: Self.fixture, count: 5_000, seed: 1) { _ = try? readAll(bytes) }
  }
}

@Suite("Zip archives that frameworks wrote")
struct ZipRealFileTests {
  @Test(.enabled(if: Fixtures.shared("models/real/mnist-cnn-zip.pt") != nil))
  func torch() throws {
    for name in ["mnist-cnn-zip.pt", "lenet-mnist-zip.pth"] {
      let path = try #require(Fixtures.shared("models/real/\(name)"))
      let zip = try ZipArchive(ByteSource(MappedFile(path: path)), limits: Limits())
      #expect(zip.entries.contains { $0.name.description.hasSuffix("/data.pkl") })
      for entry in zip.entries { #expect(try zip.contents(of: entry).byteCount == entry.byteCount) }
    }
  }

  @Test(.enabled(if: Fixtures.shared("models/not-models/truncated-zip.pth") != nil))
  func truncatedDownload() throws {
    let path = try #require(Fixtures.shared("models/not-models/truncated-zip.pth"))
    let error = try #require(throws: ReadError.self) {
      try ZipArchive(ByteSource(MappedFile(path: path)), limits: Limits())
    }
    #expect(error.code == .truncated)
    #expect(error.message.contains("before its central directory"))
  }
}
