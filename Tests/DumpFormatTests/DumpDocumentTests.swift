import DumpFormat
import ModelReading
import TestSupport
import Testing

@Suite struct DumpDocumentTests {
  private let digest = String(repeating: "0a", count: 32)

  private func parse(_ text: String, limits: Limits = Limits()) throws(ReadError) -> DumpDocument {
    try DumpDocument(ByteSource(owned: Array(text.utf8), label: "graph.json"), limits: limits)
  }

  /// Every field in use, and names that only bytes tell apart.
  private var document: DumpDocument {
    let product = DumpParameter(
      role: .kernel, name: "delta", aliases: ["a", "b"], axes: [DumpAxis(.output, 3), DumpAxis(.input, 4)],
      heads: AttentionHeads(.inputs, count: nil), values: .product(left: "l", right: "r", scale: -.infinity))
    let matrix = DumpMatrix(
      tensor: "m", rows: 4, columns: 3, isTransposed: true,
      origin: [.init(axis: "gate", index: [1]), .init(axis: "position", index: [0, 2])])
    let cut = DumpParameter(
      role: .weight("query"), name: "q", aliases: [], axes: [DumpAxis(.gate, 2), DumpAxis(.spatial(1), 4)],
      heads: AttentionHeads(.outputs, count: 12), values: .matrices([matrix]))
    let bias = DumpParameter(
      role: .other("b\u{301}"), name: "bias\n\"\u{7F}", aliases: [], axes: [DumpAxis(.other, 5)], heads: nil,
      values: .tensor("t"))
    return DumpDocument(
      version: "1.2.3", layout: .npy,
      source: .init(
        format: "onnx", variant: "", producer: nil, files: ["x"], metadata: [.init(key: "k", value: "v")]),
      files: ["t.npy"], topology: .dataflow,
      layers: [
        DumpLayer(
          name: "é", kind: .depthwiseConvolution(rank: 2), groups: 7, note: "said so", parameters: [product, cut],
          parts: [TensorRecord(name: "p", elementType: "U4", shape: [2, 3])]),
        DumpLayer(name: "e\u{301}", kind: .other("strange"), groups: 1, note: nil, parameters: [bias], parts: []),
      ],
      edges: [.init(from: 0, to: 1)],
      tensors: ["l", "r", "m", "t"].map {
        DumpTensor(name: $0, file: "t.npy", elementType: .float8e4m3fn, shape: [3], sha256: digest)
      },
      otherTensors: [TensorRecord(name: "o", elementType: "int8", shape: [])],
      diagnostics: [Diagnostic(.leftOut, "s", "is left out", hint: "none")])
  }

  @Test func whatIsWrittenIsReadAgain() throws {
    let text = document.json
    let copy = try parse(text)
    #expect(copy.json == text)
    #expect(copy.layers[0].kind == .depthwiseConvolution(rank: 2) && copy.layers[1].kind == .other("strange"))
    #expect(copy.layers[0].parameters[0].values == document.layers[0].parameters[0].values)
    #expect(copy.layers[0].parameters[1].role == .weight("query"))
    #expect(copy.layers[0].parameters[1].heads == AttentionHeads(.outputs, count: 12))
    #expect(copy.layers[1].parameters[0].role == .other("b\u{301}"))
    #expect(copy.diagnostics == document.diagnostics)
  }

  @Test func rangesAreReadAsTheyAreWritten() throws {
    var ranges = document
    ranges.layout = .ranges
    ranges.tensors = ["l", "r", "m", "t"].enumerated().map { index, name in
      DumpTensor(
        name: name, file: index == 0 ? nil : "model", offset: index == 0 ? nil : index,
        byteOrder: index == 1 ? .big : .little, elementType: .float32, shape: [3], sha256: nil)
    }
    let copy = try parse(ranges.json)
    #expect(copy.tensors == ranges.tensors)
    #expect(copy.json == ranges.json)
    #expect { try parse(ranges.json.replacing("\"big\"", with: "\"up\"")) } throws: {
      ($0 as? ReadError)?.code == .malformed
    }
  }

  @Test(arguments: [
    LayerKind.dense, .embedding, .attention, .expertStack, .lowRankAdapter, .normalization, .recurrent(.gru),
    .convolution(rank: 1), .transposedConvolution(rank: 3), .depthwiseConvolution(rank: 2), .other("bilinear"),
  ]) func kindsAreReadAsTheyAreWritten(kind: LayerKind) throws {
    var copy = document
    copy.layers[0].kind = kind
    #expect(try parse(copy.json).layers[0].kind == kind)
  }

  @Test(arguments: [Role.kernel, .recurrentKernel, .bias, .scale, .weight("bias"), .other("kernel"), .weight("x")])
  func rolesAreReadAsTheyAreWritten(role: Role) throws {
    var copy = document
    copy.layers[0].parameters[0].role = role
    #expect(try parse(copy.json).layers[0].parameters[0].role == role)
  }

  @Test(arguments: [
    ("heavytail.dump/1", "heavytail.dump/2", ReadError.Code.unsupported),
    ("heavytail.dump/1", "heavytail.graph/1", .unrecognized),
    ("\"layout\": \"npy\"", "\"layout\": \"tar\"", .malformed), ("\"groups\": 7", "\"groups\": 0", .malformed),
    ("\"groups\": 7", "\"groups\": -7", .malformed),
    ("\"groups\": 7", "\"groups\": 99999999999999999999", .malformed),
    ("\"note\": null,", "", .malformed), ("\"axes\": [", "\"axes\": [\"none\",", .malformed),
    ("[0, 1]", "[0, 2]", .malformed), ("[0, 1]", "[0]", .malformed),
    ("\"side\": \"inputs\"", "\"side\": \"up\"", .malformed),
    ("\"name\": \"e\u{301}\"", "\"name\": \"é\"", .malformed), ("\"name\": \"l\"", "\"name\": \"r\"", .malformed),
    ("\"left\": \"l\"", "\"left\": \"x\"", .malformed), ("\"scale\": \"-inf\"", "\"scale\": \"big\"", .malformed),
    ("\"code\": \"left_out\"", "\"code\": \"lost\"", .malformed), ("0a0a", "0A0a", .malformed),
    ("float8e4m3fn", "float9", .malformed), ("\"N\": 4", "\"N\": 2", .malformed), ("\"M\": 3", "\"M\": 0", .malformed),
    ("\"tensor\": \"t\"", "\"torsor\": \"t\"", .malformed),
  ]) func whatContradictsTheSchemaIsRefused(part: String, change: String, code: ReadError.Code) throws {
    let text = document.json
    let range = try #require(firstRange(of: part, in: text), "\(part) is in the text")
    var damaged = text
    damaged.unicodeScalars.replaceSubrange(range, with: change.unicodeScalars)
    #expect { try parse(damaged) } throws: { ($0 as? ReadError)?.code == code }
  }

  @Test func moreThanTheLimitsIsRefused() throws {
    var limits = Limits()
    limits.maximumTensorCount = 3
    #expect { try parse(document.json, limits: limits) } throws: { ($0 as? ReadError)?.code == .limitExceeded }
    limits = Limits()
    limits.maximumDataflow = 0
    #expect { try parse(document.json, limits: limits) } throws: { ($0 as? ReadError)?.code == .limitExceeded }
  }

  @Test func textCutAnywhereIsRefused() {
    let text = Array(document.json.utf8)
    for length in stride(from: 0, to: text.count - 2, by: 13) {
      #expect(throws: ReadError.self) { try parse(String(decoding: text[..<length], as: UTF8.self)) }
    }
  }

  /// By scalars: as characters, composed and decomposed letters are the same.
  private func firstRange(of part: String, in text: String) -> Range<String.Index>? {
    var start = text.unicodeScalars.startIndex
    while start < text.unicodeScalars.endIndex {
      if text.unicodeScalars[start...].starts(with: part.unicodeScalars) {
        return start..<text.unicodeScalars.index(start, offsetBy: part.unicodeScalars.count)
      }
      start = text.unicodeScalars.index(after: start)
    }
    return nil
  }
}
