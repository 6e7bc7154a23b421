import Testing

@testable import Reporting

@Suite struct WrappingTests {
  @Test func shortTextStays() { #expect(wrapped("a b c", width: 5) == ["a b c"]) }

  @Test func linesBreakAtSpaces() {
    #expect(wrapped("  alpha beta gamma", width: 12, indent: 4) == ["  alpha beta", "    gamma"])
  }

  @Test func longWordsStandAlone() {
    #expect(wrapped("a incomprehensibilities b", width: 6) == ["a", "incomprehensibilities", "b"])
  }
}
