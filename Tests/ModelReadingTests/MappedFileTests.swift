import Glibc
import ModelReading
import TestSupport
import Testing

@Suite struct MappedFileTests {
  @Test func bytesAreThoseOfTheFile() throws {
    try Fixtures.withFile([1, 2, 3]) { path in
      let file = try MappedFile(path: path)
      #expect(file.byteCount == 3)
      #expect(ByteSource(file).copy() == [1, 2, 3])
      #expect(try ByteSource(file).slice(at: 1, count: 1, "part").mappedFile === file)
    }
  }

  @Test func emptyFilesAreMapped() throws {
    let count = try Fixtures.withFile([]) { try MappedFile(path: $0).byteCount }
    #expect(count == 0)
  }

  @Test func missingFilesAreNamed() {
    let error = #expect(throws: ReadError.self) { try MappedFile(path: "/nonexistent/model.pt") }
    #expect(error?.code == .io)
    #expect(error?.file == "/nonexistent/model.pt")
    #expect(error?.message == "open fails: No such file or directory")
    #expect(error?.hint == "check the path")
  }

  @Test func directoriesAreRefused() throws {
    try Fixtures.withDirectory { path in
      let error = #expect(throws: ReadError.self) { try MappedFile(path: path) }
      #expect(error?.code == .io)
      #expect(error?.message == "is not a regular file")
    }
  }

  @Test(.timeLimit(.minutes(1))) func pipesDoNotBlock() throws {
    try Fixtures.withDirectory { folder in
      let path = folder + "/pipe"
      #expect(unsafe mkfifo(path, 0o600) == 0)
      let error = #expect(throws: ReadError.self) { try MappedFile(path: path) }
      #expect(error?.message == "is not a regular file")
    }
  }

  @Test func shrinkingIsNoticedBeforeAPageIsTouched() throws {
    try Fixtures.withFile([UInt8](repeating: 7, count: 10_000)) { path in
      let source = ByteSource(try MappedFile(path: path))
      let tensor = try Tensor(name: "t", elementType: .uint8, shape: [10_000], storage: .bytes(source))
      #expect(try tensor.values(as: Float.self).allSatisfy { $0 == 7 })
      #expect(unsafe truncate(path, 10) == 0)
      let error = #expect(throws: ReadError.self) { try tensor.load() }
      #expect(error?.code == .truncated)
      #expect(error?.message == "had 10000 bytes when it was opened and has 10 now")
    }
  }
}
