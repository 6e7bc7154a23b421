import GGUFReader
import ModelReading
import TestSupport

/// A file, made byte by byte.
struct GGUFFile {
  struct Entry {
    var name: String
    var type: UInt32
    /// Outermost axis first.
    var shape: [UInt64]
    var bytes: [UInt8]
    /// Where the file says that it lies, if not where it does.
    var start: UInt64?
  }

  var version: UInt32 = 3
  var isBigEndian = false
  var alignment = 32
  var metadata: [(key: String, value: [UInt8])] = []
  var entries: [Entry] = []
  var tensorCount: UInt64?
  var metadataCount: UInt64?

  mutating func add(
    _ name: String, _ shape: [UInt64], type: UInt32 = 0, bytes: [UInt8]? = nil, start: UInt64? = nil
  ) {
    let count = type == 0 && bytes == nil ? Int(shape.reduce(4, *)) : 0
    let bytes = bytes ?? (0..<count).map { UInt8(truncatingIfNeeded: $0 % 4 == 3 ? 0x3F : $0) }
    entries.append(Entry(name: name, type: type, shape: shape, bytes: bytes, start: start))
  }

  mutating func set(_ key: String, _ value: UInt32) { metadata.append((key, number(UInt32(4)) + number(value))) }
  mutating func set(_ key: String, _ value: UInt16) { metadata.append((key, number(UInt32(2)) + number(value))) }
  mutating func set(_ key: String, _ value: Float) {
    metadata.append((key, number(UInt32(6)) + number(value.bitPattern)))
  }
  mutating func set(_ key: String, _ value: String) { metadata.append((key, number(UInt32(8)) + text(value))) }
  mutating func set(_ key: String, _ values: [UInt32]) {
    metadata.append(
      (key, number(UInt32(9)) + number(UInt32(4)) + count(UInt64(values.count)) + values.flatMap { number($0) }))
  }

  func number<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
    let little = (0..<T.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> T($0 * 8)) }
    return isBigEndian ? little.reversed() : little
  }

  func count(_ value: UInt64) -> [UInt8] { version == 1 ? number(UInt32(value)) : number(value) }
  func text(_ value: String) -> [UInt8] { count(UInt64(value.utf8.count)) + Array(value.utf8) }

  /// The header, without the padding behind it.
  var header: [UInt8] {
    var header = Array("GGUF".utf8) + number(version)
    header += count(tensorCount ?? UInt64(entries.count)) + count(metadataCount ?? UInt64(metadata.count))
    for (key, value) in metadata { header += text(key) + value }
    var start = 0
    for entry in entries {
      header += text(entry.name) + number(UInt32(entry.shape.count))
      header += entry.shape.reversed().flatMap { count($0) } + number(entry.type)
      header += number(entry.start ?? UInt64(start))
      start += padded(entry.bytes).count
    }
    return header
  }

  var bytes: [UInt8] { entries.reduce(padded(header)) { $0 + padded($1.bytes) } }

  private func padded(_ bytes: [UInt8]) -> [UInt8] {
    bytes + [UInt8](repeating: 0, count: (alignment - bytes.count % alignment) % alignment)
  }
}

/// What the reader makes of these bytes.
func open(_ bytes: [UInt8], limits: Limits = Limits()) throws -> LayerGraph {
  try Fixtures.withFile(bytes, named: "x.gguf") { path in
    try GGUFReader().open(.file(MappedFile(path: path)), limits: limits).accountingForEveryTensor()
  }
}

func open(_ file: GGUFFile, limits: Limits = Limits()) throws -> LayerGraph { try open(file.bytes, limits: limits) }

extension LayerGraph {
  func layer(_ name: String) -> Layer? { layers.first { $0.name == name } }
}
