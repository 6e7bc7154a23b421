import ModelReading
import NumPyReader
import TestSupport
import Testing

private func open(_ bytes: [UInt8], named name: String = "fc1.npy", limits: Limits = Limits()) throws -> LayerGraph {
  try Fixtures.withFile(bytes, named: name) { try open(path: $0, limits: limits) }
}

private func open(path: String, limits: Limits = Limits()) throws -> LayerGraph {
  try NumPyReader().open(.file(MappedFile(path: path)), limits: limits).accountingForEveryTensor()
}

private func probe(_ bytes: [UInt8]) -> Match { unsafe NumPyReader().probe(bytes.span.bytes) }

private func floats(_ shape: String, _ count: Int) -> [UInt8] {
  NPYBuilder.array("'<f4'", shape, NPYBuilder.bytes((0..<count).map(Float.init)))
}

private func kernel(_ graph: LayerGraph) throws -> Tensor {
  try #require(graph.layers.first?.parameters.first?.tensor)
}

@Suite("Single arrays")
struct ArrayFileTests {
  @Test func matrixIsALayerNamedAfterTheFile() throws {
    let graph = try open(floats("(2, 3)", 6))
    #expect(graph.format == "numpy" && graph.variant == "array")
    #expect(graph.layers.map(\.name) == ["fc1"])
    #expect(graph.layers.map(\.kind) == [.dense])
    #expect(try kernel(graph).values(as: Float.self) == [0, 1, 2, 3, 4, 5])
    #expect(try kernel(graph).storage.fileRange != nil)
  }

  @Test func fortranOrder() throws {
    let bytes = NPYBuilder.array("'<f4'", "(2, 3)", NPYBuilder.bytes([0, 1, 2, 3, 4, 5]), fortran: "True")
    #expect(try kernel(open(bytes)).values(as: Float.self) == [0, 2, 4, 1, 3, 5])
  }

  @Test func bigEndian() throws {
    let bytes = NPYBuilder.array("'>f4'", "(1, 2)", [0x3F, 0x80, 0, 0, 0x40, 0, 0, 0])
    #expect(try open(bytes).inventory.map(\.elementType) == ["float32"])
    let graph = try open(NPYBuilder.array("'>f4'", "(2, 2)", [UInt8](repeating: 0, count: 12) + [0x3F, 0x80, 0, 0]))
    #expect(try kernel(graph).values(as: Float.self) == [0, 0, 0, 1])
  }

  @Test func kernelOfAConvolution() throws {
    let graph = try open(floats("(4, 3, 5, 5)", 300))
    #expect(graph.layers.map(\.kind) == [.convolution(rank: 2)])
    #expect(try kernel(graph).canonicalShape == [4, 3, 5, 5])
  }

  @Test func integersAreNoWeights() throws {
    let graph = try open(NPYBuilder.array("'|u1'", "(2, 2)", [1, 2, 3, 4]))
    #expect(graph.layers.isEmpty)
    #expect(graph.diagnostics.map(\.subject) == ["fc1"])
  }

  @Test func severalArraysInOneFile() throws {
    let graph = try open(floats("(2, 3)", 6) + floats("(3, 2)", 6))
    #expect(graph.inventory.map(\.name) == ["fc1", "fc1#2"])
  }

  @Test func bytesBehindTheArrayAreNamed() throws {
    let graph = try open(floats("(2, 3)", 6) + [1, 2, 3])
    #expect(
      graph.diagnostics.contains { $0.code == .leftOut && $0.message == "is followed by 3 bytes that are no array" })
  }

  @Test func tooFewBytes() throws {
    let error = try #require(throws: ReadError.self) { try open(floats("(2, 3)", 5)) }
    #expect(error.code == .truncated)
    #expect(error.message == "the array needs 24 bytes at 128, 20 remain")
  }

  @Test func probes() {
    #expect(probe(floats("(1,)", 1)) == .certain)
    #expect(probe(ZipBuilder([("x.npy", floats("(1,)", 1))]).bytes()) == .certain)
    #expect(probe(ZipBuilder([("x/data.pkl", [1])]).bytes()) == .no)
    #expect(probe([]) == .no)
    #expect(probe(Array("\u{93}NUMPY".utf8)) == .no)
    #expect(probe(Array("PK\u{3}\u{4}".utf8)) == .no)
  }

  @Test func foreignFiles() throws {
    #expect(try #require(throws: ReadError.self) { try open([1, 2, 3]) }.code == .unrecognized)
    let zip = ZipBuilder([("a.txt", [1])]).bytes()
    let error = try #require(throws: ReadError.self) { try open(zip) }
    #expect(error.message == "is a zip archive without .npy members")
    try Fixtures.withDirectory { path in
      let error = try #require(throws: ReadError.self) {
        try NumPyReader().open(.directory(ModelDirectory(path: path)), limits: Limits())
      }
      #expect(error.code == .unrecognized)
    }
  }

  @Test func damageNeverTraps() {
    let fixture = floats("(2, 3)", 6)
    for bytes in Corruption.truncations(of: fixture) { #expect(throws: ReadError.self) { try open(bytes) } }
    for bytes in Corruption.singleBytes(of: fixture, count: 1_000, seed: 6) { _ = try? open(bytes) }
  }
}

@Suite("Archives of arrays")
struct ArrayArchiveTests {
  private func archive(_ arrays: [(String, [UInt8])], method: UInt16 = 0) -> [UInt8] {
    ZipBuilder(
      arrays.map { name, bytes in
        var member = ZipBuilder.Member(name + ".npy", bytes)
        member.method = method
        member.localSizes = .zip64
        return member
      }
    ).bytes()
  }

  @Test(arguments: [UInt16(0), 8]) func layers(method: UInt16) throws {
    let bytes = archive(
      [("fc2.weight", floats("(2, 3)", 6)), ("fc2.bias", floats("(2,)", 2)), ("fc1.weight", floats("(3, 4)", 12))],
      method: method)
    let graph = try open(bytes, named: "m.npz")
    #expect(graph.variant == "archive")
    #expect(graph.layers.map(\.name) == ["fc2", "fc1"])
    #expect(try kernel(graph).values(as: Float.self) == [0, 1, 2, 3, 4, 5])
    #expect(try (kernel(graph).storage.fileRange != nil) == (method == 0))
  }

  @Test func flaxNames() throws {
    let bytes = archive([
      ("params/Conv_0/kernel", floats("(3, 3, 2, 4)", 72)), ("params/Conv_0/bias", floats("(4,)", 4)),
    ])
    let graph = try open(bytes)
    #expect(graph.layers.map(\.name) == ["params/Conv_0"])
    #expect(try kernel(graph).canonicalShape == [4, 2, 3, 3])
  }

  @Test func positionalNames() throws {
    let graph = try open(
      archive([
        ("arr_0", floats("(8, 1, 3, 3)", 72)), ("arr_1", floats("(8,)", 8)), ("arr_2", floats("(6, 5)", 30)),
        ("arr_3", floats("(5,)", 5)),
      ]))
    #expect(graph.layers.map(\.name) == ["arr_0", "arr_2"])
    #expect(graph.layers.map { $0.parameters.map(\.tensor.name) } == [["arr_0", "arr_1"], ["arr_2", "arr_3"]])
    #expect(graph.layers.map { $0.parameters[0].tensor.canonicalShape } == [[8, 1, 3, 3], [5, 6]])
    #expect(graph.inventory.map(\.name) == ["arr_0", "arr_1", "arr_2", "arr_3"])
  }

  @Test func namesThatDifferInCase() throws {
    let graph = try open(archive([("W", floats("(2, 3)", 6)), ("w", floats("(3, 2)", 6))]))
    #expect(graph.inventory.map(\.name) == ["W", "w"])
  }

  @Test func otherMembersAreNamed() throws {
    let bytes = ZipBuilder([("x.npy", floats("(2, 3)", 6)), ("notes.txt", [1])]).bytes()
    #expect(try open(bytes).diagnostics.contains { $0.code == .leftOut && $0.subject == "notes.txt" })
  }

  @Test func memberOfAnUnknownTypeCostsItselfAlone() throws {
    let graph = try open(
      archive([("x", NPYBuilder.array("'<x4'", "(2, 2)", [])), ("fc.weight", floats("(2, 3)", 6))]))
    #expect(graph.layers.map(\.name) == ["fc"])
    #expect(graph.diagnostics.map(\.code).contains(.unreadableTensor))
  }

  @Test(arguments: [UInt16(0), 8]) func memberTooShort(method: UInt16) throws {
    let error = try #require(throws: ReadError.self) {
      try open(archive([("x", floats("(2, 3)", 5))], method: method), named: "m.npz")
    }
    #expect(error.code == .truncated)
    #expect(error.message == "needs 24 bytes for its elements, 20 remain")
    #expect(error.file.hasSuffix("m.npz!x.npy"))
  }

  @Test func emptyArchive() throws {
    #expect(try #require(throws: ReadError.self) { try open([0x50]) }.code == .unrecognized)
    #expect(try open(ZipBuilder([ZipBuilder.Member]()).bytes()).layers.isEmpty)
  }

  @Test func damageNeverTraps() {
    let fixture = archive([("x", floats("(2, 3)", 6))], method: 8)
    for bytes in Corruption.truncations(of: fixture) { #expect(throws: ReadError.self) { try open(bytes) } }
    for bytes in Corruption.singleBytes(of: fixture, count: 1_000, seed: 7) {
      guard let graph = try? open(bytes) else { continue }
      for parameter in graph.layers.flatMap(\.parameters) { _ = try? parameter.tensor.values(as: Float.self) }
    }
  }
}

@Suite("Pickled dictionaries")
struct PickledDictionaryTests {
  private static let type = "cnumpy\ndtype\n(S'f4'\nI0\nI1\ntR(I3\nS'<'\nNNNI-1\nI-1\nI0\ntb"

  private static func reconstructed(_ shape: [Int], _ type: String, _ data: String) -> String {
    let extents = shape.map { "I\($0)\n" }.joined()
    return
      "cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR(I1\n(\(extents)t\(type)I00\n\(data)tb"
  }

  /// An array of ones.
  private static func ones(_ shape: [Int]) -> String {
    let data = String(repeating: "\\x00\\x00\\x80?", count: shape.reduce(1, *))
    return reconstructed(shape, type, "S'\(data)'\n")
  }

  /// A file with an array of one object.
  private static func file(_ object: String) -> [UInt8] {
    let objects = type.replacing("f4", with: "O8")
    return NPYBuilder.array("'|O'", "()", Array((reconstructed([], objects, "(l\(object)a") + ".").utf8))
  }

  @Test func layersOfLists() throws {
    let graph = try open(Self.file("(dS'fc7'\n(l\(Self.ones([4, 3]))a\(Self.ones([3]))as"))
    #expect(graph.variant == "pickled dictionary")
    #expect(graph.layers.map(\.name) == ["fc7"])
    #expect(graph.layers.first?.parameters.map(\.tensor.name) == ["fc7.weights", "fc7.biases"])
    #expect(try kernel(graph).canonicalShape == [3, 4])
    #expect(try kernel(graph).values(as: Float.self) == [Float](repeating: 1, count: 12))
  }

  @Test func layersOfDictionaries() throws {
    let layer = "(dS'weights'\n\(Self.ones([3, 3, 2, 5]))sS'biases'\n\(Self.ones([5]))s"
    let graph = try open(Self.file("(dS'conv2'\n\(layer)sS'conv1'\n\(layer)s"))
    #expect(graph.layers.map(\.name) == ["conv1", "conv2"])
    #expect(try kernel(graph).canonicalShape == [5, 2, 3, 3])
  }

  @Test func orderOfPython3IsKept() throws {
    let graph = try open(Self.file("(dVfc2\n\(Self.ones([4, 3]))sVfc1\n\(Self.ones([4, 3]))s"))
    #expect(graph.inventory.map(\.name) == ["fc2", "fc1"])
    #expect(graph.layers.map(\.name) == ["fc2", "fc1"])
  }

  @Test func sharedArrayIsOneTensor() throws {
    let graph = try open(Self.file("(dVa\n\(Self.ones([4, 3]))p1\nsVb\ng1\ns"))
    #expect(graph.inventory.map(\.name) == ["a"])
    #expect(graph.layers.first?.parameters.first?.aliases == ["b"])
  }

  @Test func cyclesEnd() throws {
    let graph = try open(Self.file("(dp5\nVself\ng5\nsVa\n\(Self.ones([4, 3]))s"))
    #expect(graph.inventory.map(\.name) == ["a"])
  }

  @Test func foreignGlobalsAreNamed() throws {
    let graph = try open(Self.file("(dVa\n\(Self.ones([4, 3]))sVb\ncos\nsystem\n(S'ls'\ntRs"))
    #expect(graph.diagnostics.contains { $0.code == .unsafeContent && $0.subject == "os.system" })
  }

  @Test func unknownTypeCostsItselfAlone() throws {
    let unknown = Self.reconstructed([2, 2], Self.type.replacing("f4", with: "x4"), "S''\n")
    let graph = try open(Self.file("(dVa\n\(Self.ones([4, 3]))sVb\n\(unknown)s"))
    #expect(graph.layers.map(\.name) == ["a"])
    #expect(graph.diagnostics.filter { $0.code == .unreadableTensor }.map(\.subject) == ["b"])
  }

  @Test func namesHaveALimit() throws {
    var limits = Limits()
    limits.maximumNameBytes = 3
    let error = try #require(throws: ReadError.self) {
      try open(Self.file("(dVabcd\n\(Self.ones([4, 3]))s"), limits: limits)
    }
    #expect(error.code == .limitExceeded)
  }

  @Test func damageNeverTraps() {
    let fixture = Self.file("(dS'fc7'\n(l\(Self.ones([2, 2]))a\(Self.ones([2]))as")
    for bytes in Corruption.truncations(of: fixture) { #expect(throws: ReadError.self) { try open(bytes) } }
    for bytes in Corruption.singleBytes(of: fixture, count: 1_000, seed: 8) { _ = try? open(bytes) }
  }
}

@Suite("Numpy files of the world")
struct NumPyRealFileTests {
  @Test func lenet5() throws {
    let graph = try open(path: Fixtures.sample("LeNet5/lenet5.npz"))
    #expect(graph.layers.map(\.name) == ["conv1", "conv2", "fc1", "fc2", "fc3"])
    #expect(
      graph.layers.map { $0.parameters[0].tensor.canonicalShape } == [
        [6, 1, 5, 5], [16, 6, 5, 5], [120, 400], [84, 120], [10, 84],
      ])
  }

  @Test func deflatedEqualsStored() throws {
    let stored = try open(path: Fixtures.sample("Variety/variety.npz")).layers.flatMap(\.parameters)
    let deflated = try open(path: Fixtures.sample("Variety/variety-deflated.npz")).layers.flatMap(\.parameters)
    #expect(stored.map(\.tensor.name) == deflated.map(\.tensor.name))
    for (left, right) in zip(stored, deflated) {
      #expect(try left.tensor.littleEndianBytes() == right.tensor.littleEndianBytes())
    }
  }

  @Test(.enabled(if: Fixtures.shared("models/real/mtcnn-pnet-pickled-dict-py2.npy") != nil))
  func mtcnn() throws {
    let graph = try open(path: #require(Fixtures.shared("models/real/mtcnn-pnet-pickled-dict-py2.npy")))
    #expect(graph.layers.map(\.name) == ["conv1", "conv2", "conv3", "conv4-1", "conv4-2"])
    #expect(try kernel(graph).canonicalShape == [10, 3, 3, 3])
    #expect(try kernel(graph).storage.fileRange != nil)
  }

  @Test(
    .enabled(if: Fixtures.shared("models/edge") != nil),
    arguments: [
      "py2-np0-objarr.npy", "py2-objarr.npy", "py2-objarr.npz", "py3-objarr.npy", "py3-objarr.npz", "test.npz",
    ])
  func edgeCasesOpen(name: String) throws {
    let graph = try open(path: #require(Fixtures.shared("models/edge/\(name)")))
    #expect(graph.layers.isEmpty)
    #expect(!graph.diagnostics.contains { $0.code == .unsafeContent })
  }
}
