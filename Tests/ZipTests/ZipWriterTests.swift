import ModelReading
import TestSupport
import Testing

@testable import Zip

/// Archives that the writer makes, as the reader reads them.
@Suite struct ZipWriterTests {
  private let members = [("first.npy", Array("hello".utf8)), ("folder/ä.npy", []), ("last", [UInt8](0...255))]

  private func written(threshold: Int) throws -> [UInt8] {
    try Fixtures.withDirectory { folder in
      let path = folder + "/a.zip"
      var writer = try ZipWriter(path: path, threshold: threshold)
      for (name, bytes) in members {
        let checksum = unsafe ZipWriter.checksum(bytes.span.bytes)
        try writer.begin(name, byteCount: bytes.count, checksum: checksum)
        for start in stride(from: 0, to: bytes.count, by: 100) {
          try unsafe writer.append(bytes.span.extracting(start..<min(start + 100, bytes.count)).bytes)
        }
      }
      try writer.commit()
      return try Fixtures.read(path)
    }
  }

  /// With fields of 32 bits, of 64, and with both.
  @Test(arguments: [0xFFFF_FFFF, 0, 6, 100]) func membersAreReadBack(threshold: Int) throws {
    let bytes = try written(threshold: threshold)
    let archive = try ZipArchive(ByteSource(owned: bytes, label: "a.zip"), limits: Limits())
    #expect(archive.entries.map(\.name.description) == members.map(\.0))
    for (entry, member) in zip(archive.entries, members) {
      // Reading compares the checksum.
      #expect(try archive.contents(of: entry).copy() == member.1 && entry.isStored)
    }
    let hasZip64 = bytes.indices.dropLast(3).contains { bytes[$0...].starts(with: [0x50, 0x4B, 6, 6]) }
    #expect(hasZip64 == (threshold < 0xFFFF_FFFF))
  }

  @Test func theSameMembersGiveTheSameBytes() throws {
    #expect(try written(threshold: 0xFFFF_FFFF) == written(threshold: 0xFFFF_FFFF))
  }

  @Test func withoutCommitThereIsNothing() throws {
    try Fixtures.withDirectory { folder in
      do {
        var writer = try ZipWriter(path: folder + "/a.zip")
        try writer.begin("a", byteCount: 0, checksum: 0)
      }
      #expect(try ModelDirectory(path: folder).entries.isEmpty)
      #expect(throws: WriteError.self) { _ = try ZipWriter(path: folder + "/no/a.zip") }
    }
  }

  @Test func checksumsGoOn() {
    let bytes = Array("123456789".utf8)
    let whole = unsafe ZipWriter.checksum(bytes.span.bytes)
    let first = unsafe ZipWriter.checksum(bytes.span.extracting(..<4).bytes)
    let both = unsafe ZipWriter.checksum(bytes.span.extracting(4...).bytes, after: first)
    #expect(whole == 0xCBF4_3926 && both == whole)
  }
}
