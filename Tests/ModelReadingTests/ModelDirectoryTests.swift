import Glibc
import ModelReading
import TestSupport
import Testing

@Suite struct ModelDirectoryTests {
  @Test func entriesAreSortedAndHiddenOnesLeftOut() throws {
    try Fixtures.withDirectory { path in
      for name in ["b", "a", "B"] { try Fixtures.write([], to: path + "/" + name) }
      try Fixtures.write([], to: path + "/.hidden")
      defer { unsafe unlink(path + "/.hidden") }
      let directory = try ModelDirectory(path: path)
      #expect(directory.entries == ["B", "a", "b"])
      #expect(directory.contains("a"))
      #expect(!directory.contains(".hidden"))
    }
  }

  @Test func missingFoldersAreNamed() {
    let error = #expect(throws: ReadError.self) { try ModelDirectory(path: "/nonexistent") }
    #expect(error?.code == .io)
    #expect(error?.file == "/nonexistent")
  }

  @Test(arguments: [
    "", "/etc/passwd", "../x", "a/../../x", "./x", "a//b", "a/", "..", ".", "a\\b", "*", "C:x", "a\0b", "a/.",
  ]) func namesThatCouldLeadOutAreRefused(_ name: String) throws {
    try Fixtures.withDirectory { path in
      let directory = try ModelDirectory(path: path)
      let error = #expect(throws: ReadError.self) { try directory.open(name, referredToBy: "index.json") }
      #expect(error?.code == .unsafeContent)
      #expect(error?.file == "index.json")
    }
  }

  @Test func filesBelowAreOpened() throws {
    try Fixtures.withDirectory { path in
      #expect(unsafe mkdir(path + "/sub", 0o700) == 0)
      try Fixtures.write([5], to: path + "/sub/x")
      let directory = try ModelDirectory(path: path)
      #expect(ByteSource(try directory.open("sub/x", referredToBy: "i")).copy() == [5])
      let error = #expect(throws: ReadError.self) { try directory.open("sub/y", referredToBy: "i") }
      #expect(error?.code == .io)
      #expect(#expect(throws: ReadError.self) { try directory.open("sub", referredToBy: "i") }?.code == .io)
    }
  }

  @Test func linksInsideAreFollowedAndLinksOutAreNot() throws {
    try Fixtures.withFile([9], named: "secret") { secret in
      try Fixtures.withDirectory { path in
        try Fixtures.write([5], to: path + "/real")
        #expect(unsafe symlink("real", path + "/inside") == 0)
        #expect(unsafe symlink(secret, path + "/outside") == 0)
        #expect(unsafe symlink(path + "/outside", path + "/twice") == 0)
        let directory = try ModelDirectory(path: path)
        #expect(ByteSource(try directory.open("inside", referredToBy: "i")).copy() == [5])
        for name in ["outside", "twice"] {
          let error = #expect(throws: ReadError.self) { try directory.open(name, referredToBy: "i") }
          #expect(error?.code == .unsafeContent)
          #expect(error?.message == "refers to the file '\(name)', a link that leads out of its folder")
        }
      }
    }
  }

  @Test func folderWhosePathBeginsAlikeIsOutside() throws {
    try Fixtures.withDirectory { path in
      for name in ["model", "model-private"] { #expect(unsafe mkdir(path + "/" + name, 0o700) == 0) }
      try Fixtures.write([9], to: path + "/model-private/x")
      #expect(unsafe symlink("../model-private/x", path + "/model/x") == 0)
      let directory = try ModelDirectory(path: path + "/model")
      #expect(#expect(throws: ReadError.self) { try directory.open("x", referredToBy: "i") }?.code == .unsafeContent)
    }
  }

  @Test func huggingFaceCachesAreFollowedToTheirBlobs() throws {
    try Fixtures.withDirectory { path in
      let model = path + "/models--me--net"
      for folder in ["", "/blobs", "/snapshots", "/snapshots/abc"] {
        #expect(unsafe mkdir(model + folder, 0o700) == 0)
      }
      #expect(unsafe mkdir(path + "/models--you--net", 0o700) == 0)
      try Fixtures.write([7], to: model + "/blobs/f00")
      try Fixtures.write([8], to: path + "/models--you--net/private")
      let snapshot = model + "/snapshots/abc"
      #expect(unsafe symlink("../../blobs/f00", snapshot + "/shard") == 0)
      #expect(unsafe symlink("../../../models--you--net/private", snapshot + "/stolen") == 0)
      let directory = try ModelDirectory(path: snapshot)
      #expect(ByteSource(try directory.open("shard", referredToBy: "i")).copy() == [7])
      #expect(
        #expect(throws: ReadError.self) { try directory.open("stolen", referredToBy: "i") }?.code == .unsafeContent)
    }
  }
}
