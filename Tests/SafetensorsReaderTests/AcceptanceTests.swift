import ModelReading
import SafetensorsReader
import TestSupport
import Testing

private struct Example: CustomTestStringConvertible, Sendable {
  var testDescription: String
  var bytes: [UInt8]
  var code: ReadError.Code?
  var message: String

  init(_ name: String, _ bytes: [UInt8]) {
    self.init(name, bytes, nil, "")
  }

  init(_ name: String, _ bytes: [UInt8], _ code: ReadError.Code?, _ message: String) {
    testDescription = name
    self.bytes = bytes
    self.code = code
    self.message = message
  }
}

private let a = entry("a", "F32", "[2]", 0, 8)
private let b = entry("b", "F32", "[1]", 8, 12)

@Suite("The header's acceptance matrix")
struct AcceptanceTests {
  private static let accepted: [Example] = [
    Example("empty", safetensors("{}")),
    Example("only metadata", safetensors(#"{"__metadata__":{"format":"pt"}}"#)),
    Example("null metadata", safetensors("{\"__metadata__\":null,\(a)}", data: 8)),
    Example("leading white space", safetensors(" {\(a)}", data: 8)),
    Example("trailing white space", safetensors("{\(a)} \t\r\n", data: 8)),
    Example("any order", safetensors("{\(b),\(a)}", data: 12)),
    Example("empty name", safetensors("{\(entry("", "U8", "[1]", 0, 1))}", data: 1)),
    Example("escaped name", safetensors("{\(entry(#"\u00e9\n"#, "U8", "[1]", 0, 1))}", data: 1)),
    Example("scalar", safetensors("{\(entry("a", "F64", "[]", 0, 8))}", data: 8)),
    Example(
      "empty tensor at a boundary",
      safetensors("{\(a),\(entry("z", "F32", "[0,7]", 8, 8)),\(b)}", data: 12)),
    Example(
      "unknown field",
      safetensors(#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"extra":[{}]}}"#, data: 1)),
    Example("unaligned", safetensors("{\(entry("a", "U8", "[1]", 0, 1)),\(entry("b", "F32", "[1]", 1, 5))}", data: 5)),
    Example("even number of 4-bit elements", safetensors("{\(entry("a", "F4", "[3,2]", 0, 3))}", data: 3)),
    Example("whole bytes of 6-bit elements", safetensors("{\(entry("a", "F6_E2M3", "[4,2]", 0, 6))}", data: 6)),
    Example("complex", safetensors("{\(entry("a", "C64", "[1]", 0, 8))}", data: 8)),
    Example(
      "nesting below the limit",
      safetensors(
        #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":"# + String(repeating: "[", count: 120)
          + String(repeating: "]", count: 120) + "}}", data: 1)),
    Example("any byte as a truth value", safetensors("{\(entry("a", "BOOL", "[1]", 0, 1))}", [2])),
    Example(
      "composed and decomposed names",
      safetensors("{\(entry("e\u{301}", "U8", "[1]", 0, 1)),\(entry("\u{e9}", "U8", "[1]", 1, 2))}", data: 2)),
  ]

  @Test(arguments: accepted) private func accepts(_ example: Example) throws { _ = try open(example.bytes) }

  private static let refused: [Example] = [
    Example("no bytes for a size", [1, 0, 0], .truncated, "header size needs 8 bytes, 3 remain"),
    Example(
      "huge header", safetensors("{}", headerSize: 100_000_001), .limitExceeded,
      "announces a header of 100000001 bytes, the limit is 100000000"),
    Example(
      "largest header size", safetensors("{}", headerSize: .max), .limitExceeded,
      "announces a header of 18446744073709551615 bytes, the limit is 100000000"),
    Example(
      "header size that overflows with its own eight bytes", safetensors("{}", headerSize: 1 << 63 - 8), .limitExceeded,
      "announces a header of 9223372036854775800 bytes, the limit is 100000000"),
    Example(
      "header beyond the file", safetensors("{}", headerSize: 3), .truncated, "the header needs 3 bytes at 8, 2 remain"),
    Example(
      "byte order mark", safetensors("\u{FEFF}{}"), .malformed,
      "begins with a byte order mark where JSON allows none"),
    Example(
      "NUL padding", safetensors("{}\0"), .malformed, "has byte 0 in its JSON where the end of the text is due"),
    Example(
      "lone surrogate", safetensors(#"{"\ud800":1}"#), .malformed,
      "has a bad escape or half a surrogate pair in a string"),
    Example(
      "name that is no UTF-8", [6, 0, 0, 0, 0, 0, 0, 0] + Array(#"{""#.utf8) + [0xC0, 0x80] + Array(#""}"#.utf8),
      .malformed, "has a JSON string that is not UTF-8"),
    Example(
      "trailing comma", safetensors("{\(a),}", data: 8), .malformed,
      "has '}' in its JSON where a key in quotes is due"),
    Example(
      "control character in a name", safetensors("{\(entry("\u{1}", "U8", "[1]", 0, 1))}", data: 1), .malformed,
      "has a control character in a JSON string"),
    Example("array", safetensors("[]"), .malformed, "has a header that is no JSON object"),
    Example(
      "tensor twice, same place", safetensors("{\(a),\(a)}", data: 8), .malformed,
      "has the JSON key 'a' twice in one object"),
    Example(
      "tensor twice, other place", safetensors("{\(a),\(entry("a", "F32", "[2]", 8, 16))}", data: 16), .malformed,
      "has the JSON key 'a' twice in one object"),
    Example(
      "field twice", safetensors(#"{"a":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#, data: 1),
      .malformed, "has the JSON key 'dtype' twice in one object"),
    Example(
      "metadata twice", safetensors(#"{"__metadata__":{},"__metadata__":{}}"#), .malformed,
      "has the JSON key '__metadata__' twice in one object"),
    Example(
      "metadata with a number", safetensors(#"{"__metadata__":{"a":1}}"#), .malformed,
      "has number in __metadata__ where only strings are allowed"),
    Example(
      "metadata with null", safetensors(#"{"__metadata__":{"a":null}}"#), .malformed,
      "has null in __metadata__ where only strings are allowed"),
    Example(
      "metadata is a tensor", safetensors("{\(entry("__metadata__", "U8", "[1]", 0, 1))}", data: 1), .malformed,
      "has array in __metadata__ where only strings are allowed"),
    Example(
      "metadata is a list", safetensors(#"{"__metadata__":[]}"#), .malformed, "has __metadata__ that is no JSON object"),
    Example(
      "fraction in the shape", safetensors("{\(entry("a", "U8", "[2.0]", 0, 2))}", data: 2), .malformed,
      "has shape with something other than a natural number"),
    Example(
      "exponent in the shape", safetensors("{\(entry("a", "U8", "[2e0]", 0, 2))}", data: 2), .malformed,
      "has shape with something other than a natural number"),
    Example(
      "negative extent", safetensors("{\(entry("a", "U8", "[-2]", 0, 2))}", data: 2), .malformed,
      "has shape with something other than a natural number"),
    Example(
      "negative zero", safetensors("{\(entry("a", "U8", "[-0]", 0, 0))}"), .malformed,
      "has shape with something other than a natural number"),
    Example(
      "extent of 65 bits", safetensors("{\(entry("a", "U8", "[18446744073709551616]", 0, 0))}"), .malformed,
      "has shape with something other than a natural number"),
    Example(
      "one offset", safetensors(#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0]}}"#, data: 1), .malformed,
      "has data_offsets [0], not a start and an end"),
    Example(
      "three offsets", safetensors(#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1,2]}}"#, data: 1), .malformed,
      "has data_offsets [0, 1, 2], not a start and an end"),
    Example(
      "offsets reversed", safetensors("{\(entry("a", "U8", "[1]", 1, 0))}", data: 1), .malformed,
      "has data_offsets [1, 0], not a start and an end"),
    Example(
      "no shape", safetensors(#"{"a":{"dtype":"U8","data_offsets":[0,1]}}"#, data: 1), .malformed,
      "lacks dtype, shape or data_offsets"),
    Example("tensor is null", safetensors(#"{"a":null}"#), .malformed, "lacks dtype, shape or data_offsets"),
    Example("tensor is a number", safetensors(#"{"a":1}"#), .malformed, "lacks dtype, shape or data_offsets"),
    Example(
      "hole at the start", safetensors("{\(entry("b", "F32", "[1]", 4, 8))}", data: 8), .malformed,
      "has a tensor at byte 4 of its data, where the one before it ends at 0"),
    Example("data without tensors", safetensors("{}", data: 1), .malformed, "has 1 bytes after its last tensor"),
    Example(
      "hole", safetensors("{\(a),\(entry("b", "F32", "[1]", 12, 16))}", data: 16), .malformed,
      "has a tensor at byte 12 of its data, where the one before it ends at 8"),
    Example(
      "overlap", safetensors("{\(a),\(entry("b", "F32", "[1]", 4, 8))}", data: 8), .malformed,
      "has a tensor at byte 4 of its data, where the one before it ends at 8"),
    Example(
      "same bytes twice", safetensors("{\(a),\(entry("b", "F32", "[2]", 0, 8))}", data: 8), .malformed,
      "has a tensor at byte 0 of its data, where the one before it ends at 8"),
    Example(
      "empty tensor inside another", safetensors("{\(a),\(entry("z", "F32", "[0]", 4, 4))}", data: 8), .malformed,
      "has a tensor at byte 4 of its data, where the one before it ends at 8"),
    Example("trailing bytes", safetensors("{\(a)}", data: 9), .malformed, "has 1 bytes after its last tensor"),
    Example(
      "data cut short", safetensors("{\(a)}", data: 7), .truncated,
      "has tensors up to byte 8 of its data, which have 7"),
    Example(
      "odd number of 4-bit elements", safetensors("{\(entry("a", "F4", "[3]", 0, 2))}", data: 2), .malformed,
      "has 3 elements of 4 bits, which fill no whole number of bytes"),
    Example(
      "broken byte of 6-bit elements", safetensors("{\(entry("a", "F6_E2M3", "[3]", 0, 3))}", data: 3), .malformed,
      "has 3 elements of 6 bits, which fill no whole number of bytes"),
    Example(
      "size against shape", safetensors("{\(entry("a", "F32", "[3]", 0, 8))}", data: 8), .malformed,
      "has the shape [3] of F32, which takes 12 bytes, in 8"),
    Example(
      "overflowing shape", safetensors("{\(entry("a", "F32", "[4294967296,4294967296]", 0, 0))}"), .malformed,
      "has the shape [4294967296, 4294967296], whose element count overflows"),
    Example(
      "overflowing bytes", safetensors("{\(entry("a", "F32", "[4611686018427387904]", 0, 0))}"), .malformed,
      "has 4611686018427387904 elements of 32 bits, which fill no whole number of bytes"),
    Example(
      "nesting", safetensors(#"{"a":"# + String(repeating: "[", count: 200)), .limitExceeded,
      "nests JSON values deeper than 128, the limit"),
    Example(
      "lower-case type", safetensors("{\(entry("a", "f32", "[2]", 0, 8))}", data: 8), .unsupported,
      "has the element type 'f32', which the format does not define"),
    Example(
      "unknown type", safetensors("{\(entry("a", "I4", "[2]", 0, 1))}", data: 1), .unsupported,
      "has the element type 'I4', which the format does not define"),
    Example(
      "pointer", Array("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n".utf8), .unrecognized,
      "is a Git LFS pointer, not the file it stands for"),
  ]

  @Test(arguments: refused) private func refuses(_ example: Example) throws {
    let error = try #require(throws: ReadError.self) { try open(example.bytes) }
    #expect(error.code == example.code)
    #expect(error.message == example.message)
  }

  @Test func limits() throws {
    var few = Limits()
    few.maximumTensorCount = 1
    let count = try #require(throws: ReadError.self) { try open(safetensors("{\(a),\(b)}", data: 12), limits: few) }
    #expect(count.message == "lists 2 tensors, the limit is 1")
    var short = Limits()
    short.maximumNameBytes = 2
    let name = try #require(throws: ReadError.self) {
      try open(safetensors("{\(entry("abc", "U8", "[1]", 0, 1))}", data: 1), limits: short)
    }
    #expect(name.message == "has a tensor name of 3 bytes, the limit is 2")
  }

  @Test func damageNeverTraps() {
    let header =
      #"{"__metadata__":{"format":"pt"},\#(entry("x.weight", "BF16", "[2,3]", 0, 12)),"#
      + "\(entry("x.bias", "F32", "[2]", 12, 20))}"
    let fixture = safetensors(header, data: 20)
    for bytes in Corruption.truncations(of: fixture) { #expect(throws: ReadError.self) { try open(bytes) } }
    for bytes in Corruption.singleBytes(of: fixture, count: 1_000, seed: 3) { _ = try? open(bytes) }
  }
}
