import StrictJSON
import Testing

@Suite struct JSONWriterTests {
  @Test func keysKeepTheirOrderAndAbsentValuesAreNull() {
    var writer = JSONWriter(indented: false)
    writer.object { writer in
      writer.key("z")
      writer.value(1)
      writer.key("a")
      writer.value(Double?.none)
      writer.key("list")
      writer.value([1, 2])
      writer.key("empty")
      writer.array { _ in }
      writer.key("nested")
      writer.object { writer in
        writer.key("x")
        writer.value(0.1)
      }
    }
    #expect(writer.text == #"{"z":1, "a":null, "list":[1, 2], "empty":[], "nested":{"x":0.1}}"#)
  }

  @Test func indentation() {
    var writer = JSONWriter(indented: true)
    writer.object { writer in
      writer.key("a")
      writer.array { writer in
        writer.value("x")
        writer.object { _ in }
      }
    }
    #expect(writer.text == "{\n  \"a\": [\n    \"x\",\n    {}\n  ]\n}")
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity]) func whatJSONCannotSayIsNull(value: Double) {
    var writer = JSONWriter(indented: false)
    writer.array { $0.value(value) }
    #expect(writer.text == "[null]")
  }

  @Test func stringsAreEscaped() {
    var writer = JSONWriter(indented: false)
    writer.array { $0.value("\"\\\n\u{1}é\r\n") }
    #expect(writer.text == #"["\"\\\n\u0001é\r\n"]"#)
  }
}
