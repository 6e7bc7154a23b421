import DumpFormat
import Glibc
import LayerDumpReader
import ModelReading
import SafetensorsFormat
import TestSupport
import Testing

/// Dumps that are not what they say.
@Suite struct HostileDumpTests {
  /// A dump of one dense layer, 2×3 and a bias.
  private var document: DumpDocument {
    DumpDocument(
      version: "1", layout: .safetensors,
      source: .init(format: "f", variant: "v", producer: nil, files: ["m"], metadata: []),
      files: ["weights.safetensors"], topology: .order,
      layers: [
        DumpLayer(
          name: "fc", kind: .dense, groups: 1, note: nil,
          parameters: [
            parameter(.kernel, "fc.kernel", [DumpAxis(.output, 2), DumpAxis(.input, 3)]),
            parameter(.bias, "fc.bias", [DumpAxis(.other, 2)]),
          ], parts: [])
      ],
      tensors: [tensor("fc.kernel", [2, 3]), tensor("fc.bias", [2])])
  }

  private func parameter(_ role: Role, _ tensor: String, _ axes: [DumpAxis]) -> DumpParameter {
    DumpParameter(role: role, name: tensor, aliases: [], axes: axes, heads: nil, values: .tensor(tensor))
  }

  private func tensor(_ name: String, _ shape: [Int], _ type: ElementType = .float32) -> DumpTensor {
    DumpTensor(
      name: name, file: "weights.safetensors", elementType: type, shape: shape,
      sha256: String(repeating: "00", count: 32))
  }

  private func open(_ document: DumpDocument, _ arrange: (String) throws -> Void = { _ in }) throws -> LayerGraph {
    try Fixtures.withDirectory { folder in
      let writer = try SafetensorsWriter([
        .init(name: "fc.kernel", elementType: .float32, shape: [2, 3]),
        .init(name: "fc.bias", elementType: .float32, shape: [2]),
      ])
      let values = [UInt8](repeating: 0, count: 32)
      try Fixtures.write(writer.header + values, to: folder + "/weights.safetensors")
      try Fixtures.write(Array(document.json.utf8), to: folder + "/graph.json")
      try arrange(folder)
      return try LayerDumpReader().open(.directory(ModelDirectory(path: folder)), limits: Limits())
    }
  }

  private func expect(
    _ code: ReadError.Code, _ message: String, _ change: (inout DumpDocument) -> Void
  ) throws {
    var document = document
    change(&document)
    expect(code, message, document)
  }

  private func expect(
    _ code: ReadError.Code, _ message: String, _ document: DumpDocument,
    _ arrange: (String) throws -> Void = { _ in }
  ) {
    #expect { try open(document, arrange) } throws: { error in
      guard let error = error as? ReadError else { return false }
      return error.code == code && error.message.contains(message)
    }
  }

  @Test func theDumpItselfIsRead() throws {
    let graph = try open(document)
    #expect(graph.layers.count == 1 && graph.layers[0].parameters.map(\.tensor.shape) == [[2, 3], [2]])
    #expect(graph.files.map { $0.split(separator: "/").last ?? "" } == ["graph.json", "weights.safetensors"])
  }

  @Test func missingTensor() throws {
    try expect(.malformed, "is not in 'weights.safetensors'") {
      $0.tensors[0].name = "fc.kernels"
      $0.layers[0].parameters[0].values = .tensor("fc.kernels")
    }
  }

  @Test func shapeUnlikeTheFiles() throws {
    try expect(.malformed, "is float32 [2, 3] in 'weights.safetensors', the dump has float32 [3, 2]") {
      $0.tensors[0].shape = [3, 2]
    }
  }

  @Test func typeUnlikeTheFiles() throws {
    try expect(.malformed, "the dump has int32 [2, 3]") { $0.tensors[0].elementType = .int32 }
  }

  @Test func axesUnlikeTheTensor() throws {
    try expect(.malformed, "has axes of the shape [3, 2] and a tensor 'fc.kernel' of [2, 3]") {
      $0.layers[0].parameters[0].axes = [DumpAxis(.output, 3), DumpAxis(.input, 2)]
    }
  }

  @Test func axesLargerThanTheTensor() throws {
    try expect(.limitExceeded, "describes [2147483648, 2147483648] elements over 24 bytes") {
      $0.layers[0].parameters[0].axes = [DumpAxis(.output, 1 << 31), DumpAxis(.input, 1 << 31)]
    }
    try expect(.malformed, "overflows") {
      $0.layers[0].parameters[0].axes = [DumpAxis(.output, .max), DumpAxis(.input, 4)]
    }
  }

  @Test func axesInAnotherOrder() throws {
    try expect(.malformed, "has axes in another order") {
      $0.layers[0].parameters[0].axes = [DumpAxis(.input, 3), DumpAxis(.output, 2)]
    }
  }

  @Test func factorsThatDoNotFit() throws {
    try expect(.malformed, "cannot be multiplied") {
      $0.layers[0].parameters[0].values = .product(left: "fc.kernel", right: "fc.kernel", scale: 1)
    }
  }

  @Test func matricesUnlikeTheTensor() throws {
    try expect(.malformed, "has a matrix of 4×3 and a tensor of [2, 3]") {
      let matrix = DumpMatrix(tensor: "fc.kernel", rows: 4, columns: 3, isTransposed: false, origin: [])
      $0.layers[0].parameters[0].values = .matrices([matrix])
    }
  }

  @Test func twoLayersOfOneName() throws {
    try expect(.malformed, "has two layers of one name") { $0.layers.append($0.layers[0]) }
  }

  @Test(arguments: ["../weights.safetensors", "/etc/passwd", "sub/weights.safetensors"])
  func filesElsewhere(name: String) throws {
    try expect(.unsafeContent, "which lies in another folder") { $0.tensors[0].file = name }
  }

  @Test func linksThatLeadOut() {
    var document = document
    document.tensors[1].file = "link"
    expect(.unsafeContent, "a link that leads out of its folder", document) { folder in
      unsafe symlink("/etc/passwd", folder + "/link")
    }
  }

  @Test(arguments: ["..", ".", ""]) func namesOfNoFile(name: String) throws {
    try expect(.unsafeContent, "could lie outside its folder") { $0.tensors[0].file = name }
  }

  @Test func missingFile() throws {
    try expect(.io, "No such file") { $0.tensors[0].file = "weights-2.safetensors" }
  }

  @Test func cutFile() {
    expect(.truncated, "has tensors up to byte", document) { folder in
      #expect(unsafe truncate(folder + "/weights.safetensors", 150) == 0)
    }
  }

  @Test func anotherVersion() throws {
    let text = document.json.replacing("heavytail.dump/1", with: "heavytail.dump/12")
    #expect { try open(document) { try Fixtures.write(Array(text.utf8), to: $0 + "/graph.json") } } throws: {
      ($0 as? ReadError)?.code == .unsupported
    }
  }

  @Test func tensorsThatTheDocumentDoesNotMentionAreNamed() throws {
    var document = document
    document.layers[0].parameters.removeLast()
    document.tensors.removeLast()
    #expect(try open(document).diagnostics.map(\.subject) == ["fc.bias"])
  }

  @Test func aFolderWithAnotherGraphIsLeftToOtherReaders() throws {
    #expect { try open(document) { try Fixtures.write(Array("{}".utf8), to: $0 + "/graph.json") } } throws: {
      ($0 as? ReadError)?.code == .unrecognized
    }
  }

  @Test func changedBytesAreErrorsOrModels() throws {
    let text = Array(document.json.utf8)
    for damaged in Corruption.singleBytes(of: text, count: 400, seed: 3) {
      do throws(ReadError) {
        let graph = try damagedGraph(damaged)
        for parameter in graph.layers.flatMap(\.parameters) { _ = try parameter.tensor.littleEndianBytes() }
      } catch {
        #expect(!error.message.isEmpty)
      }
    }
  }

  private func damagedGraph(_ text: [UInt8]) throws(ReadError) -> LayerGraph {
    do {
      return try open(document) { try Fixtures.write(text, to: $0 + "/graph.json") }
    } catch let error as ReadError {
      throw error
    } catch {
      throw ReadError(.io, "\(error)", file: "graph.json")
    }
  }
}
