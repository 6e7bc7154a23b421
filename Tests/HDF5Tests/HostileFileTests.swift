import HDF5
import HDF5Parsing
import HDF5TestSupport
import ModelReading
import Testing

private func index(_ builder: HDF5Builder, limits: Limits = Limits()) throws -> HDF5Index {
  try HDF5Index.build(ByteSource(owned: try builder.bytes(), label: "built.h5"), limits: limits)
}

private func failure(_ builder: HDF5Builder, limits: Limits) throws -> ReadError? {
  let source = ByteSource(owned: try builder.bytes(), label: "built.h5")
  return #expect(throws: ReadError.self) { try HDF5Index.build(source, limits: limits) }
}

/// Files that reach outside themselves, or ask for too much.
@Suite struct HostileFileTests {
  @Test func linksElsewhereAreNotFollowed() throws {
    var builder = HDF5Builder()
    builder.weights("a", [2])
    builder.softLink("soft", to: "/a")
    builder.externalLink("external", to: "/etc/passwd", "/x")
    let index = try index(builder)
    #expect(index.datasets.map(\.path.description) == ["a"])
    #expect(
      index.findings.map { "\($0.path): \($0.message)" } == [
        "external: is a link into another file, which is not followed", "soft: is a soft link, which is not followed",
      ])
    #expect(index.findings.allSatisfy { $0.kind == .refused })
  }

  @Test func valuesInAnotherFileAreNotRead() throws {
    var builder = HDF5Builder()
    builder.dataset("stolen", .external(path: "/etc/passwd", shape: [4]))
    let file = try HDF5File(ByteSource(owned: try builder.bytes(), label: "built.h5"))
    let dataset = try #require(file.dataset("stolen"))
    let error = #expect(throws: ReadError.self) { try file.tensor(dataset) }
    #expect(error?.code == .unsafeContent)
    #expect(error?.message == "is not read: its values lie in another file")
    #expect(error?.subject == "stolen")
  }

  /// libhdf5 opens the other file as soon as the extent is asked for.
  @Test func virtualDatasetIsNotRead() throws {
    var builder = HDF5Builder()
    builder.dataset("stolen", .virtual(path: "/etc/passwd", dataset: "/x", shape: [2, 2]))
    let file = try HDF5File(ByteSource(owned: try builder.bytes(), label: "built.h5"))
    let dataset = try #require(file.dataset("stolen"))
    let error = #expect(throws: ReadError.self) { try file.tensor(dataset) }
    #expect(error?.code == .unsafeContent)
    #expect(error?.message == "is not read: it is a virtual dataset, whose values lie in other files")
  }

  @Test func cycleOfGroupsEnds() throws {
    var builder = HDF5Builder()
    builder.weights("a/b/kernel", [2])
    builder.hardLink("a/b/again", to: "/a")
    let index = try index(builder)
    #expect(index.groups.map(\.path.description) == ["", "a", "a/b"])
    #expect(index.findings.map(\.message) == ["is the group 'a' once more"])
  }

  @Test func depthIsLimited() throws {
    var builder = HDF5Builder()
    builder.weights("a/b/c/d", [1])
    var limits = Limits()
    limits.maximumNesting = 2
    let error = try failure(builder, limits: limits)
    #expect(error?.code == .limitExceeded)
    #expect(error?.message == "nests groups 2 deep, the limit is 2")
  }

  @Test func objectsAreLimited() throws {
    var builder = HDF5Builder()
    for name in ["a", "b", "c", "d"] { builder.weights(name, [1]) }
    var limits = Limits()
    limits.maximumHDF5Objects = 3
    let error = try failure(builder, limits: limits)
    #expect(error?.code == .limitExceeded)
    #expect(error?.message == "has more than 3 groups, datasets and attributes")
  }

  @Test func attributesAreLimited() throws {
    var builder = HDF5Builder()
    builder.attribute("", "text", .variableString(String(repeating: "x", count: 5000)))
    var limits = Limits()
    limits.maximumIndexBytes = 4000
    let error = try failure(builder, limits: limits)
    #expect(error?.code == .limitExceeded)
    #expect(error?.message == "has attributes of more than 4000 bytes")
  }

  /// A terabyte that was never written costs nothing in the file.
  @Test func shapeBombIsRefused() throws {
    var builder = HDF5Builder()
    builder.dataset("bomb", .unwritten(fill: 1, shape: [1 << 20, 1 << 13]))
    let file = try HDF5File(ByteSource(owned: try builder.bytes(), label: "built.h5"))
    let dataset = try #require(file.dataset("bomb"))
    let error = #expect(throws: ReadError.self) { try file.tensor(dataset) }
    #expect(error?.code == .limitExceeded)
    #expect(error?.message == "decodes to 34359738368 bytes from 0 of unallocated storage")
  }

  @Test func noHDF5() {
    let source = ByteSource(owned: Array("This is no HDF5 file".utf8), label: "x.h5")
    let error = #expect(throws: ReadError.self) { try HDF5File(source) }
    #expect(error?.code == .unrecognized)
    #expect(error?.message == "has no HDF5 signature")
  }

  @Test func truncatedFile() throws {
    var builder = HDF5Builder()
    builder.weights("a", [100])
    let bytes = try builder.bytes()
    let source = ByteSource(owned: Array(bytes.dropLast(10)), label: "x.h5")
    let error = #expect(throws: ReadError.self) { try HDF5File(source) }
    #expect(error?.code == .truncated)
    #expect(error?.message == "declares \(bytes.count) bytes, \(bytes.count - 10) are there")
    #expect(error?.hint == "the download may be incomplete")
  }

  /// The superblock tells the length, so no prefix reaches libhdf5.
  @Test func everyTruncationIsRefused() throws {
    var builder = HDF5Builder()
    builder.weights("a/kernel", [3])
    let bytes = try builder.bytes()
    for count in bytes.indices {
      let source = ByteSource(owned: Array(bytes[..<count]), label: "x.h5")
      #expect(throws: ReadError.self) { try HDF5File(source) }
    }
  }
}
