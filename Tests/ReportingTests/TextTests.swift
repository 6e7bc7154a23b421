import Testing

@testable import Reporting

@Suite struct NumberFormatTests {
  @Test(arguments: [
    (2.0, 2, "2.00"), (0.0449, 3, "0.045"), (-1.005, 1, "-1.0"), (123456.7, 1, "123456.7"), (0, 3, "0.000"),
    (1.5e-9, 3, "1.5e-9"), (2.5e12, 2, "2.5e12"), (9.9999e-8, 2, "1.0e-7"), (0.9996, 3, "1.000"), (7.5, 0, "8"),
  ]) func fixedPoint(value: Double, digits: Int, expected: String) {
    #expect(fixed(value, digits) == expected)
  }

  @Test func absentNumbersAreEmpty() {
    #expect(fixed(nil, 2) == "" && fixed(.nan, 2) == "" && fixed(.infinity, 2) == "")
  }

  @Test func countsAndSizes() {
    #expect(grouped(61706) == "61,706" && grouped(7) == "7" && grouped(1_000_000) == "1,000,000")
    #expect(byteCountText(12) == "12 bytes" && byteCountText(1536) == "1.5 KiB")
    #expect(shapeText([6, 1, 5, 5]) == "6×1×5×5" && shapeText([]) == "scalar")
  }
}

@Suite struct TextTableTests {
  private let table = TextTable(
    headings: [
      .init(title: "layer", isNumeric: false, isFlexible: true), .init(title: "value", isNumeric: true),
      .init(title: "extra", isNumeric: true, expendability: 1),
    ],
    rows: [["model.layers.11.self_attention.query", "1.25", "7"], ["short", "10.00", "8"]])

  @Test func withoutAWidthNothingIsCut() {
    let lines = table.lines(width: nil)
    #expect(lines[0] == "layer                                 value  extra")
    #expect(lines[2] == "model.layers.11.self_attention.query   1.25      7")
  }

  @Test(arguments: 19...60) func linesFitTheWidth(width: Int) {
    #expect(table.lines(width: width).allSatisfy { $0.count <= width })
  }

  @Test func expendableColumnsGoBeforeNamesAreUnreadable() {
    let lines = table.lines(width: 20)
    #expect(!lines[0].contains("extra"))
    #expect(lines[2].hasSuffix("1.25") && lines[2].contains("…"))
  }

  @Test func controlCharactersOfNamesDoNotReachTheTerminal() {
    let hostile = TextTable(headings: [.init(title: "n", isNumeric: false)], rows: [["a\u{1B}[2Jb\n"]])
    #expect(hostile.lines(width: nil)[2] == "a\\u{1b}[2Jb\\u{a}")
  }
}

@Suite struct CSVTests {
  @Test func accentsDoNotHideQuotes() {
    #expect(quoted("a,\u{301}b") == "\"a,\u{301}b\"")
    #expect(quoted("a\"\u{301}") == "\"a\"\"\u{301}\"")
    #expect(quoted("plain") == "plain")
    #expect(quoted("two\r\nlines") == "\"two\r\nlines\"")
  }
}
