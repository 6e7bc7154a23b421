/// A name as it is ordered by people: numbers by value, separators before all else.
struct NaturalKey: Comparable {
  private let bytes: [UInt8]

  init(_ name: String) { bytes = Array(name.utf8) }

  static func < (a: NaturalKey, b: NaturalKey) -> Bool {
    var i = 0
    var j = 0
    while i < a.bytes.count, j < b.bytes.count {
      if isDigit(a.bytes[i]), isDigit(b.bytes[j]) {
        let (first, second) = (number(a.bytes, &i), number(b.bytes, &j))
        if first.count != second.count { return first.count < second.count }
        if !first.elementsEqual(second) { return first.lexicographicallyPrecedes(second) }
      } else {
        let (x, y) = (rank(a.bytes[i]), rank(b.bytes[j]))
        if x != y { return x < y }
        i += 1
        j += 1
      }
    }
    if a.bytes.count - i != b.bytes.count - j { return a.bytes.count - i < b.bytes.count - j }
    return a.bytes.lexicographicallyPrecedes(b.bytes)
  }

  /// The digits from `position` on without leading zeros; moves behind them.
  private static func number(_ bytes: [UInt8], _ position: inout Int) -> ArraySlice<UInt8> {
    let start = position
    while position < bytes.count, isDigit(bytes[position]) { position += 1 }
    return bytes[start..<position].drop { $0 == UInt8(ascii: "0") }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
  private static func rank(_ byte: UInt8) -> UInt8 {
    byte == UInt8(ascii: ".") || byte == UInt8(ascii: "/") ? 0 : byte
  }
}
