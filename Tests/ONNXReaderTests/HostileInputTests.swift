import ModelReading
import ONNXReader
import TestSupport
import Testing

/// Files cut short and files damaged: an error or a result, never a trap.
@Suite struct HostileInputTests {
  /// A model with a bit of everything.
  static let model: [UInt8] = {
    let value = Onnx.attribute("value", tensor: Onnx.tensor("", [2, 2], type: 10).packed(5, [0x3C00, 1, 2, 3]))
    let branch = Onnx.graph([Onnx.node("Constant", [], to: ["k"], [value]), Onnx.node("MatMul", ["x", "k"])])
    let nodes = [
      Onnx.node("Conv", ["x", "c.weight", "c.bias"], to: ["a"], [Onnx.attribute("group", 2)]),
      Onnx.node("Reshape", ["w", "s"], to: ["v"]), Onnx.node("Gemm", ["a", "v"], to: ["b"]),
      Onnx.node("If", ["q"], to: ["d"], [Onnx.attribute("then_branch", graph: branch)]),
      Onnx.node("DequantizeLinear", ["i", "f"], to: ["g"]), Onnx.node("MatMul", ["d", "g"], to: ["h"]),
      Onnx.node("LSTM", ["h", "l", "r"], to: ["o"]),
      Onnx.node("Einsum", ["o", "w"], [Onnx.attribute("equation", "ab,bc->ac")]),
    ]
    let initializers = [
      Onnx.raw("c.weight", [2, 1, 1, 2]), Onnx.raw("c.bias", [2]), Onnx.raw("w", [2, 3]), Onnx.integers("s", [3, -1]),
      Onnx.tensor("i", [2, 2], type: 22).data(9, [0x12, 0x34]), Onnx.tensor("f", []).data(4, floatBytes([2])),
      Onnx.raw("l", [1, 4, 2]), Onnx.raw("r", [1, 4, 1]),
    ]
    return Onnx.model(Onnx.graph(nodes, initializers)).bytes
  }()

  /// Opens and reads everything there is.
  static func exercise(_ bytes: [UInt8]) throws {
    _ = probe(bytes)
    do {
      let graph = try open(bytes)
      for parameter in graph.layers.flatMap(\.parameters) where parameter.tensor.elementCount < 10_000 {
        _ = try? parameter.tensor.values(as: Float.self)
      }
    } catch let error as ReadError {
      #expect(!error.message.isEmpty)
      #expect(error.offset.map { (0...bytes.count).contains($0) } ?? true)
    }
  }

  @Test func theWholeModelOpens() throws {
    let graph = try open(Self.model)
    #expect(graph.layers.count == 5)
    #expect(graph.diagnostics.isEmpty)
  }

  @Test func everyTruncationIsAnErrorOrAResult() throws {
    for count in 0..<Self.model.count { try Self.exercise(Array(Self.model[..<count])) }
  }

  @Test func everyDamagedByteIsAnErrorOrAResult() throws {
    var generator = SplitMix(seed: 20_240_601)
    for position in Self.model.indices {
      for _ in 0..<4 {
        var bytes = Self.model
        bytes[position] = UInt8(truncatingIfNeeded: generator.next())
        try Self.exercise(bytes)
      }
    }
  }

  @Test func splicedModelsAreAnErrorOrAResult() throws {
    var generator = SplitMix(seed: 7)
    for _ in 0..<3_000 {
      var bytes = Self.model
      let start = Int(generator.next() % UInt64(bytes.count))
      let end = min(bytes.count, start + Int(generator.next() % 24))
      let from = Int(generator.next() % UInt64(bytes.count - 24))
      bytes.replaceSubrange(start..<end, with: Self.model[from..<from + Int(generator.next() % 24)])
      try Self.exercise(bytes)
    }
  }

  @Test func otherBytesAreNotClaimed() throws {
    let prefixes: [[UInt8]] = [
      [], [0], [8], [8, 7], Array("PK\u{3}\u{4}".utf8), Array("<!DOCTYPE html>".utf8), Array("<html>".utf8),
      Array("version https://git-lfs.github.com/spec/v1".utf8), [0x80, 2, 0x8A, 0x0A], [0x89] + Array("HDF\r\n".utf8),
      [0x93] + Array("NUMPY".utf8), [8, 1, 0, 0, 0, 0, 0, 0] + Array("{\"a\":1}".utf8),
      // A TensorFlow saved model: version 1, then a message where ONNX has a name.
      Proto().int(1, 1).message(2, Proto().message(1, Proto().text(4, "serve"))).bytes,
      // A tensor on its own: dimensions, then a type where ONNX has a name.
      Onnx.raw("w", [2, 2]).bytes,
      [UInt8](repeating: 0, count: 4096), [UInt8](repeating: 0xFF, count: 4096), [UInt8](repeating: 8, count: 4096),
    ]
    for prefix in prefixes {
      #expect(probe(prefix) == .no, "\(prefix.prefix(20))")
      #expect(try openingError(prefix)?.code == .unrecognized, "\(prefix.prefix(20))")
    }
  }

  @Test func modelsAreClaimed() throws {
    #expect(probe(Self.model) == .certain)
    // The graph first, longer than the prefix: the version is out of sight.
    let long = Onnx.graph([], [Onnx.raw("w", [100, 100])])
    #expect(probe(Proto().message(7, long).int(1, 8).bytes) == .possible)
    #expect(try open(Proto().message(7, long).int(1, 8).bytes).diagnostics.map(\.subject) == ["w"])
  }

  @Test func directoriesAreNotModels() throws {
    try Fixtures.withDirectory { path in
      let directory = try ModelDirectory(path: path)
      #expect(ONNXReader().probe(directory) == .no)
      #expect(throws: ReadError.self) { try ONNXReader().open(.directory(directory), limits: Limits()) }
    }
  }
}
