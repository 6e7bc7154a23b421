import ModelReading
import StrictJSON
import TestSupport
import Testing

private func parse(
  _ text: String, allowing leniency: JSON.Leniency = [], limits: Limits = Limits()
) throws(ReadError) -> JSON {
  try parse(Array(text.utf8), allowing: leniency, limits: limits)
}

private func parse(
  _ bytes: [UInt8], allowing leniency: JSON.Leniency = [], limits: Limits = Limits()
) throws(ReadError) -> JSON {
  try JSON.parse(ByteSource(owned: bytes, label: "a.json"), limits: limits, allowing: leniency)
}

@Suite("JSON that is read")
struct JSONReadingTests {
  @Test(arguments: [
    ("null", JSON.Kind.null), ("true", .bool), (" false\r\n", .bool), ("0", .number), ("\"\"", .string), ("[]", .array),
    ("\t{ }", .object),
  ])
  func kinds(text: String, kind: JSON.Kind) throws { #expect(try parse(text).kind == kind) }

  @Test func nestedValues() throws {
    let json = try parse(#"{"a": [1, {"b": "x"}, [], -2], "c": true, "d": null}"#)
    #expect(json.members.map(\.key.description) == ["a", "c", "d"])
    #expect(json["a"]?.elements.map(\.kind) == [.number, .object, .array, .number])
    #expect(json["a"]?.elements[1]["b"]?.string == "x")
    #expect(json["a"]?.elements[3].int == -2)
    #expect(json["a"]?.count == 4)
    #expect(json["c"]?.bool == true)
    #expect(json["d"]?.isNull == true)
    #expect(json["missing"] == nil)
  }

  @Test func offsetsPointAtValues() throws {
    let json = try parse(#" {"a": "x", "b":[ 7]}"#)
    #expect(json.offset == 1)
    #expect(json["a"]?.offset == 7)
    #expect(json["b"]?.offset == 16)
    #expect(json["b"]?.elements[0].offset == 18)
    let error = json["b"]!.error(.malformed, "is odd")
    #expect(error.offset == 16)
  }

  @Test func wrongKindsGiveNothing() throws {
    let json = try parse("[1]")
    #expect(json.int == nil && json.string == nil && json.bool == nil && json.double == nil)
    #expect(json["a"] == nil && json.members.isEmpty)
    #expect(try parse("1").elements.isEmpty)
  }

  @Test(
    arguments: [
      ("0", 0), ("-0", 0), ("9223372036854775807", Int.max), ("-9223372036854775808", Int.min),
      ("9223372036854775808", nil), ("2.0", nil), ("2e0", nil),
    ] as [(String, Int?)])
  func integers(text: String, value: Int?) throws { #expect(try parse(text).int == value) }

  @Test(arguments: [("2.5", 2.5), ("-1e-3", -0.001), ("1E+2", 100), ("9223372036854775808", 0x1p63)])
  func fractions(text: String, value: Double) throws { #expect(try parse(text).double == value) }

  @Test(arguments: [
    (#""a\"\\\/\b\f\n\r\t""#, "a\"\\/\u{8}\u{C}\n\r\t"), (#""\u00e9""#, "\u{e9}"), (#""\ud83d\uDE00!""#, "😀!"),
    (#""\u0000""#, "\0"), ("\"é😀\"", "é😀"),
  ])
  func strings(text: String, value: String) throws {
    #expect(try parse(text).bytes == ByteString(value))
  }

  @Test func keysAreComparedAsBytesAfterDecoding() throws {
    let json = try parse("{\"e\u{301}\": 1, \"\\u00e9\": 2}")
    #expect(json["\u{e9}"]?.int == 2)
    #expect(json["e\u{301}"]?.int == 1)
  }

  @Test func duplicateKeysOnRequest() throws {
    let json = try parse(#"{"a": 1, "a": 2}"#, allowing: .duplicateKeys)
    #expect(json["a"]?.int == 2)
    #expect(json.members.count == 2)
  }

  @Test func nonFiniteNumbersOnRequest() throws {
    let json = try parse("[NaN, Infinity, -Infinity]", allowing: .nonFiniteNumbers)
    #expect(json.elements[0].double?.isNaN == true)
    #expect(json.elements[1].double == .infinity)
    #expect(json.elements[2].double == -.infinity)
    #expect(throws: ReadError.self) { try parse("[NaN]") }
  }

  @Test func deepestNesting() throws {
    let depth = Limits().maximumNesting
    let text = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    #expect(try parse(text).kind == .array)
  }

  @Test func manyKeys() throws {
    let text = "{" + (0..<5000).map { "\"layer.\($0)\": \($0)" }.joined(separator: ",") + "}"
    let json = try parse(text)
    #expect(json.members.enumerated().allSatisfy { $0.element.value.int == $0.offset })
    #expect(json["layer.4999"]?.int == 4999)
  }
}

@Suite("JSON that is refused")
struct JSONRefusalTests {
  @Test(arguments: [
    "[1,]", "{\"a\":1,}", "{,}", "[,1]", "[1 2]", "{\"a\" 1}", "{a:1}", "{1:2}", "01", "+1", ".5", "1.", "1e", "-",
    "0x10",
    "nul", "True", "'a'", "\u{FEFF}{}", "{} {}", "{}\0", "[1] x", "// c\n1", #""\x""#, #""\u12""#, "\"a\nb\"", "]", "}",
    #""\ud800""#, #""\ud800\u0041""#, #""\udc00""#, #"{"a":1,"a":1}"#, #"{"a":1,"\u0061":2}"#, "[1}", "{\"a\":[}",
    "NaN", "-Infinity", "\u{A0}1",
  ])
  func malformed(text: String) throws {
    let error = try #require(throws: ReadError.self) { try parse(text) }
    #expect(error.code == .malformed || (error.code == .truncated && ["1.", "1e", "-"].contains(text)))
    #expect(error.offset != nil)
  }

  @Test(arguments: ["", "  ", "{", "[", "[1", "[1,", "{\"a", "{\"a\\", "{\"a\"", "{\"a\":", "\"\\u00", "tr"])
  func truncated(text: String) throws {
    let error = try #require(throws: ReadError.self) { try parse(text) }
    #expect(error.code == .truncated || text == "tr")
  }

  @Test(
    arguments: [[0x22, 0xFF, 0x22], [0x22, 0xC3, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0xC3, 0xA9]] as [[UInt8]])
  func notUTF8(bytes: [UInt8]) throws {
    #expect(try #require(throws: ReadError.self) { try parse(bytes) }.code == .malformed)
  }

  @Test func messagesSayWhatAndWhere() throws {
    let trailing = try #require(throws: ReadError.self) { try parse("[1,]") }
    #expect(trailing.message == "has ']' in its JSON where a value is due")
    #expect(trailing.offset == 3)
    let duplicate = try #require(throws: ReadError.self) { try parse(#"{"a":1, "b":2, "a":3}"#) }
    #expect(duplicate.message == "has the JSON key 'a' twice in one object")
    #expect(duplicate.offset == 15)
    let mark = try #require(throws: ReadError.self) { try parse("\u{FEFF}{}") }
    #expect(mark.message == "begins with a byte order mark where JSON allows none")
  }

  @Test func tooDeep() throws {
    let error = try #require(throws: ReadError.self) { try parse(String(repeating: "[", count: 1_000_000)) }
    #expect(error.code == .limitExceeded)
    #expect(error.message == "nests JSON values deeper than 128, the limit")
  }

  @Test func tooLarge() throws {
    var limits = Limits()
    limits.maximumIndexBytes = 3
    let error = try #require(throws: ReadError.self) { try parse("[12]", limits: limits) }
    #expect(error.code == .limitExceeded)
    #expect(error.message == "has 4 bytes of JSON, the limit is 3")
  }

  @Test func damageNeverTraps() {
    let fixture = Array(#"{"a\u00e9\ud83d\ude00": [1, -2.5e+3, true, null, {"b": "x\\y"}], "c": {}, "é": ""}"#.utf8)
    for bytes in Corruption.truncations(of: fixture) { #expect(throws: ReadError.self) { try parse(bytes) } }
    for bytes in Corruption.singleBytes(of: fixture, count: 5_000, seed: 2) {
      guard let json = try? parse(bytes) else { continue }
      for member in json.members { _ = (member.value.elements.map(\.string), member.value.count) }
    }
  }
}
