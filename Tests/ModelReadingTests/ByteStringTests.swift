import ModelReading
import Testing

@Suite struct ByteStringTests {
  @Test func composedAndDecomposedAreTwoNames() {
    #expect("\u{E9}" == "e\u{301}")
    #expect(ByteString("\u{E9}") != ByteString("e\u{301}"))
    #expect(Set([ByteString("\u{E9}"), ByteString("e\u{301}"), ByteString("e\u{301}")]).count == 2)
  }

  @Test func lineEndsAreTwoBytes() {
    #expect(ByteString("\r\n") != ByteString("\n"))
    #expect(ByteString("\r\n").bytes == [13, 10])
  }

  @Test func invalidTextIsShownWithReplacements() {
    #expect(ByteString([0x61, 0xFF]).description == "a\u{FFFD}")
  }

  @Test(arguments: [
    ("plain", "plain"), ("a\u{1B}[31m", "a\\u{1b}[31m"), ("\u{7F}\u{9B}", "\\u{7f}\\u{9b}"), ("\r\n", "\\u{d}\\u{a}"),
    ("é", "é"), ("", ""),
  ]) func controlCharactersAreEscaped(_ text: String, _ expected: String) {
    #expect(printable(text) == expected)
  }

  @Test func errorsAreOneReadableText() {
    let error = ReadError(
      .truncated, "needs 4 bytes, 2 remain", file: "a\u{7}.pt", offset: 8, subject: "fc\n1", hint: "fetch it again")
    #expect(
      error.description == "a\\u{7}.pt:8: needs 4 bytes, 2 remain in 'fc\\u{a}1'\n  hint: fetch it again")
    #expect(ReadError(.io, "is gone", file: "x").description == "x: is gone")
    #expect(ReadError(.io, "is gone", file: "x").about("t").subject == "t")
    #expect(ReadError(.io, "is gone", file: "x", subject: "s").about("t").subject == "s")
  }
}
