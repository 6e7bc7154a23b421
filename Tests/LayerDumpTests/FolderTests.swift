import Glibc
import LayerDump
import LayerDumpReader
import ModelReading
import TestSupport
import Testing

/// What becomes of the folder, whatever happens.
@Suite struct FolderTests {
  private func lenet() throws -> LayerGraph { try registry.open(Fixtures.sample("LeNet5/lenet5.pt")) }

  private func write(_ graph: LayerGraph, to path: String, force: Bool = false) throws {
    try LayerDump(graph, options: DumpOptions(), version: "1.0.0").write(to: path, replacing: force)
  }

  @Test func nothingIsReplacedUnlessItIsADumpAndWanted() throws {
    try Fixtures.withDirectory { folder throws in
      let path = folder + "/dump"
      try write(lenet(), to: path)
      let before = try Fixtures.read(path + "/graph.json")
      #expect(throws: DumpError.self) { try write(graph([(.bias, counting([3]))]), to: path) }
      #expect(try Fixtures.read(path + "/graph.json") == before)
      try write(graph([(.bias, counting([3]))]), to: path, force: true)
      #expect(try registry.open(path).layers.map(\.name) == ["fc"])
      #expect(try ModelDirectory.names(in: folder) == ["dump"])
    }
  }

  @Test func foldersThatAreNoDumpsStay() throws {
    try Fixtures.withDirectory { folder throws in
      let path = folder + "/other"
      unsafe mkdir(path, 0o755)
      try Fixtures.write([1], to: path + "/notes.txt")
      #expect(throws: DumpError.self) { try write(lenet(), to: path, force: true) }
      #expect(throws: DumpError.self) { try write(lenet(), to: path + "/notes.txt", force: true) }
      #expect(try ModelDirectory.names(in: folder) == ["other"])
      #expect(try ModelDirectory.names(in: path) == ["notes.txt"])
    }
  }

  @Test func aDumpWithSomethingElseInItStays() throws {
    try Fixtures.withDirectory { folder throws in
      let path = folder + "/dump"
      try write(lenet(), to: path)
      try Fixtures.write([1], to: path + "/notes.txt")
      #expect(throws: DumpError.self) { try write(lenet(), to: path, force: true) }
      #expect(try ModelDirectory.names(in: path).contains("notes.txt"))
    }
  }

  @Test func anEmptyFolderIsFilled() throws {
    try Fixtures.withDirectory { folder throws in
      unsafe mkdir(folder + "/dump", 0o755)
      try write(lenet(), to: folder + "/dump/")
      #expect(try registry.open(folder + "/dump").format == "dump")
    }
  }

  @Test func aLinkIsFollowed() throws {
    try Fixtures.withDirectory { folder throws in
      unsafe mkdir(folder + "/real", 0o755)
      unsafe symlink("real", folder + "/link")
      try write(lenet(), to: folder + "/link")
      #expect(try registry.open(folder + "/real").format == "dump")
    }
  }

  @Test(arguments: ["missing/dump", "", "file/dump", "missing/.."]) func badPlacesAreErrors(place: String) throws {
    try Fixtures.withDirectory { folder throws in
      try Fixtures.write([1], to: folder + "/file")
      let path = place.isEmpty ? "" : folder + "/" + place
      #expect(throws: DumpError.self) { try write(lenet(), to: path) }
      #expect(try ModelDirectory.names(in: folder) == ["file"])
    }
  }

  @Test func foldersOfDeadProcessesGoAndOthersStay() throws {
    try Fixtures.withDirectory { folder throws in
      let others = [".dumps.heavytail-abcdef", ".dump.heavytail-settings"].map { folder + "/" + $0 }
      let (dead, alive) = (folder + "/.dump.heavytail-abcdef", folder + "/.dump.heavytail-ghijkl")
      for path in [dead, alive] + others {
        unsafe mkdir(path, 0o700)
        try Fixtures.write([1], to: path + "/weights.safetensors.123456")
      }
      let descriptor = unsafe open(alive, O_RDONLY | O_DIRECTORY)
      #expect(flock(descriptor, LOCK_EX) == 0)
      try write(lenet(), to: folder + "/dump")
      #expect(
        try ModelDirectory.names(in: folder) == [
          ".dump.heavytail-ghijkl", ".dump.heavytail-settings", ".dumps.heavytail-abcdef", "dump",
        ])
      close(descriptor)
      for path in [alive] + others {
        unsafe unlink(path + "/weights.safetensors.123456")
        unsafe rmdir(path)
      }
    }
  }

  @Test func aFailureLeavesNothingBehind() throws {
    let broken = ProducedBytes(byteCount: 16, label: "made") { () throws(ReadError) in
      throw ReadError(.truncated, "ends early", file: "made")
    }
    let tensor = try Tensor(name: "w", elementType: .float32, shape: [4], storage: .produced(broken))
    try Fixtures.withDirectory { folder throws in
      #expect(throws: DumpError.self) { try write(graph([(.bias, tensor)]), to: folder + "/dump") }
      #expect(try ModelDirectory.names(in: folder).isEmpty)
    }
  }

  @Test func foldersAreAsPublicAsTheUsersOthers() throws {
    try Fixtures.withDirectory { folder throws in
      try write(lenet(), to: folder + "/dump")
      unsafe mkdir(folder + "/other", 0o777)
      var (dump, other) = (stat(), stat())
      unsafe stat(folder + "/dump", &dump)
      unsafe stat(folder + "/other", &other)
      #expect(dump.st_mode == other.st_mode)
    }
  }
}
