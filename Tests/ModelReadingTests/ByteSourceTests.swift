import ModelReading
import Testing

@Suite struct ByteSourceTests {
  private let source = ByteSource(owned: [1, 2, 3, 4, 5], label: "file")

  @Test func slicesNest() throws {
    let inner = try source.slice(at: 1, count: 4, "outer").slice(at: 1, count: 2, "inner")
    #expect(inner.copy() == [3, 4])
    #expect(inner.baseOffset == 2)
    #expect(inner.byteCount == 2)
    #expect(try source.slice(at: 5, count: 0, "nothing").byteCount == 0)
  }

  @Test(arguments: [
    (-1, 1), (0, 6), (5, 1), (6, 0), (Int.max, 1), (1, Int.max), (Int.max, Int.max), (Int.min, 1), (0, -1),
    (0, Int.min),
  ]) func slicesOutsideAreRefused(_ start: Int, _ count: Int) {
    let error = #expect(throws: ReadError.self) { try source.slice(at: start, count: count, "the part") }
    #expect(error?.code == .truncated)
    #expect(error?.message.contains("the part needs \(count) bytes at \(start)") == true)
    #expect(error?.file == "file")
  }

  @Test func labelsChangeErrorsOnly() {
    let renamed = source.labelled("archive!member")
    #expect(renamed.copy() == source.copy())
    #expect(renamed.error(.malformed, "is odd", at: 3).file == "archive!member")
    #expect(renamed.error(.malformed, "is odd", at: 3).offset == 3)
    #expect(renamed.error(.malformed, "is odd", at: Int.max).offset == Int.max)
  }

  @Test(arguments: [(4, 5), (5, nil), (-1, nil), (Int.max, nil), (Int.min, nil)] as [(Int, UInt8?)])
  func spansAnswerOutsideToo(_ offset: Int, _ expected: UInt8?) {
    let byte = source.bytes.byte(at: offset)
    #expect(byte == expected)
  }

  @Test func prefixesAreComparedWithinTheSpan() {
    let matches = [
      source.bytes.starts(with: "\u{1}\u{2}"), source.bytes.starts(with: "\u{4}\u{5}", at: 3),
      source.bytes.starts(with: "\u{4}\u{5}", at: 4), source.bytes.starts(with: "\u{1}", at: -1),
      source.bytes.starts(with: "\u{1}", at: Int.max),
    ]
    #expect(matches == [true, true, false, false, false])
  }

  @Test func textIsUTF8OrNothing() {
    let half = ByteSource(owned: [0xC3], label: "x")
    let whole = ByteSource(owned: [0xC3, 0xA9], label: "x")
    let texts = [half.bytes.utf8Text(), whole.bytes.utf8Text()]
    #expect(texts == [nil, "é"])
  }
}

@Suite struct ByteReaderTests {
  @Test func readsBothOrders() throws {
    let source = ByteSource(owned: [1, 2, 3, 4, 0x68, 0x69], label: "file")
    var reader = source.reader
    let first = try reader.littleEndian(UInt16.self, "number")
    let second = try reader.bigEndian(UInt16.self, "number")
    #expect([first, second] == [0x0201, 0x0304])
    let next = reader.peek
    #expect(next == 0x68)
    let text = try reader.utf8(2, "text")
    #expect(text == "hi")
    let end = (reader.remaining, reader.peek)
    #expect(end.0 == 0)
    #expect(end.1 == nil)
  }

  @Test func endsAreReportedWithBothNumbers() throws {
    let source = try ByteSource(owned: [9, 1, 2, 3], label: "file").slice(at: 1, count: 3, "part")
    var reader = source.reader
    try reader.skip(1, "a byte")
    do {
      _ = try reader.littleEndian(UInt32.self, "the length")
      Issue.record("read beyond the end")
    } catch {
      #expect(
        error
          == ReadError(
            .truncated, "the length needs 4 bytes, 2 remain", file: "file", offset: 2,
            hint: "the download may be incomplete"))
    }
    let offset = reader.offset
    #expect(offset == 1)
  }

  @Test(arguments: [-1, 3, Int.max, Int.min]) func countsAreChecked(_ count: Int) {
    let source = ByteSource(owned: [1, 2], label: "file")
    var reader = source.reader
    do {
      _ = try reader.bytes(count, "it")
      Issue.record("read \(count) bytes of two")
    } catch { #expect(error.code == .truncated) }
    do {
      try reader.seek(to: count, "it")
      Issue.record("moved to \(count) of two")
    } catch { #expect(error.code == .truncated) }
  }

  @Test func hugeLengthsAreOverTheLimit() {
    let source = ByteSource(owned: [UInt8](repeating: 0xFF, count: 8), label: "file")
    var reader = source.reader
    do {
      _ = try reader.length(UInt64.self, "the length")
      Issue.record("a length beyond any file was accepted")
    } catch {
      #expect(error.code == .limitExceeded)
      #expect(error.message == "the length is 18446744073709551615, more than any file holds")
      #expect(error.offset == 0)
    }
  }

  @Test func textIsChecked() {
    let source = ByteSource(owned: [0xFF], label: "file")
    var reader = source.reader
    do {
      _ = try reader.utf8(1, "the name")
      Issue.record("text that is not UTF-8 was accepted")
    } catch {
      #expect(error.code == .malformed)
      #expect(error.message == "the name is not UTF-8")
    }
  }
}
