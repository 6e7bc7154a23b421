import ModelReading

/// A table of a flatbuffer: fields by slot, each where a table of offsets says, or absent.
///
/// Every read is checked against the bytes; nothing is followed that is not asked for.
struct FlatTable {
  private let source: ByteSource
  private let position: Int

  /// The root table.
  init(_ source: ByteSource) throws(ReadError) {
    self.source = source
    position = try Self.target(of: 0, in: source)
  }

  private init(_ source: ByteSource, at position: Int) { (self.source, self.position) = (source, position) }

  /// The integer in a slot, 0 if it is absent.
  /// - Parameter slot: its position in the table of offsets, as generated code has it: 4, 6, 8, …
  func integer<T: FixedWidthInteger & BitwiseCopyable>(_ slot: Int, _: T.Type) throws(ReadError) -> Int {
    guard let field = try field(slot) else { return 0 }
    return Int(truncatingIfNeeded: try Self.read(T.self, at: field, in: source))
  }

  /// The number of `float64` in a slot, 0 if it is absent.
  func double(_ slot: Int) throws(ReadError) -> Double {
    guard let field = try field(slot) else { return 0 }
    return Double(bitPattern: try Self.read(UInt64.self, at: field, in: source))
  }

  func table(_ slot: Int) throws(ReadError) -> FlatTable? {
    guard let field = try field(slot) else { return nil }
    return FlatTable(source, at: try Self.target(of: field, in: source))
  }

  func text(_ slot: Int) throws(ReadError) -> String? {
    guard let field = try field(slot) else { return nil }
    return try Self.text(at: try Self.target(of: field, in: source), in: source)
  }

  /// The elements of a vector of numbers, 4 bytes each.
  func integers(_ slot: Int) throws(ReadError) -> [Int] {
    let (start, count) = try vector(slot, width: 4)
    var result: [Int] = []
    for index in 0..<count { result.append(Int(try Self.read(Int32.self, at: start + 4 * index, in: source))) }
    return result
  }

  /// The bytes of a vector of bytes.
  func bytes(_ slot: Int) throws(ReadError) -> ByteSource {
    let (start, count) = try vector(slot, width: 1)
    return try source.slice(at: start, count: count, "a vector")
  }

  /// How many elements a vector of 4 bytes each has.
  func count(_ slot: Int) throws(ReadError) -> Int { try vector(slot, width: 4).count }

  func table(_ slot: Int, at index: Int) throws(ReadError) -> FlatTable {
    FlatTable(source, at: try Self.target(of: element(slot, index), in: source))
  }

  func text(_ slot: Int, at index: Int) throws(ReadError) -> String {
    try Self.text(at: Self.target(of: element(slot, index), in: source), in: source)
  }

  private func element(_ slot: Int, _ index: Int) throws(ReadError) -> Int {
    let (start, count) = try vector(slot, width: 4)
    guard index >= 0, index < count else {
      throw source.error(.malformed, "refers to element \(index) of \(count)", at: start)
    }
    return start + 4 * index
  }

  /// Where a field lies, relative to the source; `nil` if it is absent.
  private func field(_ slot: Int) throws(ReadError) -> Int? {
    let offsets = position - Int(try Self.read(Int32.self, at: position, in: source))
    guard slot < Int(try Self.read(UInt16.self, at: offsets, in: source)) else { return nil }
    let offset = Int(try Self.read(UInt16.self, at: offsets + slot, in: source))
    return offset == 0 ? nil : position + offset
  }

  /// The elements of a vector, which lie in the source.
  private func vector(_ slot: Int, width: Int) throws(ReadError) -> (start: Int, count: Int) {
    guard let field = try field(slot) else { return (0, 0) }
    let start = try Self.target(of: field, in: source)
    let count = Int(try Self.read(UInt32.self, at: start, in: source))
    _ = try source.slice(at: start + 4, count: count * width, "a vector of \(count) elements")
    return (start + 4, count)
  }

  /// What the offset at a position points to. Positions are those of a file, and offsets have 32 bits: no sum overflows.
  private static func target(of position: Int, in source: ByteSource) throws(ReadError) -> Int {
    position + Int(try read(UInt32.self, at: position, in: source))
  }

  private static func text(at position: Int, in source: ByteSource) throws(ReadError) -> String {
    let count = Int(try read(UInt32.self, at: position, in: source))
    var reader = source.reader
    try reader.seek(to: position + 4, "text")
    return try reader.utf8(count, "text")
  }

  private static func read<T: FixedWidthInteger & BitwiseCopyable>(
    _: T.Type, at position: Int, in source: ByteSource
  ) throws(ReadError) -> T {
    var reader = source.reader
    try reader.seek(to: position, "a part of the flatbuffer")
    return try reader.littleEndian(T.self, "a part of the flatbuffer")
  }
}
