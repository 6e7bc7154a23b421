/// Reads CSV as RFC 4180 has it, with line feeds.
package enum CSVRecords {
  /// Where a record's fields are, and where the next one begins.
  package typealias Record = (range: Range<Int>, end: Int)

  /// Records that are ended, without their end. A quoted field may hold line feeds.
  package static func ended(in bytes: [UInt8]) -> [Record] {
    var records: [Record] = []
    var start = 0
    var isQuoted = false
    for (index, byte) in bytes.enumerated() {
      // A doubled quote ends the quotation and begins it again.
      if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
      guard byte == UInt8(ascii: "\n"), !isQuoted else { continue }
      records.append((start..<index, index + 1))
      start = index + 1
    }
    return records
  }

  package static func fields(_ record: ArraySlice<UInt8>) -> [String] {
    var fields: [[UInt8]] = [[]]
    var isQuoted = false
    var previous: UInt8?
    for byte in record {
      if byte == UInt8(ascii: "\"") {
        isQuoted.toggle()
        if isQuoted, previous == byte { fields[fields.count - 1].append(byte) }
      } else if byte == UInt8(ascii: ","), !isQuoted {
        fields.append([])
      } else {
        fields[fields.count - 1].append(byte)
      }
      previous = byte
    }
    return fields.map { String(decoding: $0, as: UTF8.self) }
  }
}
