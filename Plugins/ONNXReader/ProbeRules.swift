import ModelReading

/// Tells an ONNX model by its first bytes. The format has no magic number: the
/// top-level fields of a protobuf message must look like those of a model.
enum ProbeRules {
  static func match(_ prefix: RawSpan) -> Match {
    var cursor = WireCursor(prefix, file: "", baseOffset: 0)
    let end = prefix.byteCount
    var hasVersion = false
    var others = 0
    while cursor.offset < end {
      guard let tag = try? cursor.tag(before: end) else { return cursor.isCut(end) ? sum(hasVersion, others) : .no }
      let start = cursor.offset
      switch (tag.field, tag.wire) {
      case (1, .varint):
        guard let version = try? cursor.varint(before: end), (1...64).contains(version) else { return .no }
        hasVersion = true
      case (5, .varint):
        guard (try? cursor.varint(before: end)) != nil else { return sum(hasVersion, others) }
      case (2, .lengthDelimited), (3, .lengthDelimited), (4, .lengthDelimited), (6, .lengthDelimited),
        (7, .lengthDelimited), (8, .lengthDelimited), (14, .lengthDelimited), (20, .lengthDelimited),
        (25, .lengthDelimited), (26, .lengthDelimited):
        guard let length = try? cursor.varint(before: end) else {
          return start + 10 > end ? sum(hasVersion, others) : .no
        }
        let available = min(end - cursor.offset, Int(clamping: length))
        let contents = prefix.extracting(cursor.offset..<cursor.offset + available)
        guard isPlausible(tag.field, contents, length) else { return .no }
        others += 1
        cursor.move(to: cursor.offset + available)
      default: return .no
      }
    }
    return sum(hasVersion, others)
  }

  private static func sum(_ hasVersion: Bool, _ others: Int) -> Match {
    // Fields come in any order: the version may stand behind a graph longer than the prefix.
    others == 0 ? .no : hasVersion ? .certain : .possible
  }

  /// - Parameter contents: as much of the field as the prefix holds.
  private static func isPlausible(_ field: Int, _ contents: RawSpan, _ length: UInt64) -> Bool {
    switch field {
    case 2, 3, 4: return length <= 1024 && isText(contents)
    case 6: return isText(contents)
    default: return isMessage(field, contents)
    }
  }

  private static func isText(_ contents: RawSpan) -> Bool {
    for offset in 0..<contents.byteCount {
      guard let byte = contents.byte(at: offset) else { return false }
      if byte < 0x20, ![0x09, 0x0A, 0x0D].contains(byte) { return false }
    }
    return true
  }

  /// Whether the first field of a nested message is one that such a message has. Empty ones are legal.
  private static func isMessage(_ field: Int, _ contents: RawSpan) -> Bool {
    guard contents.byteCount > 0 else { return true }
    var cursor = WireCursor(contents, file: "", baseOffset: 0)
    guard let tag = try? cursor.tag(before: contents.byteCount) else { return cursor.isCut(contents.byteCount) }
    switch (field, tag.wire) {
    case (7, .lengthDelimited): return [1, 2, 5, 10, 11, 12, 13, 14, 15, 16].contains(tag.field)
    case (8, .varint): return tag.field == 2
    case (8, .lengthDelimited): return tag.field == 1
    case (14, .lengthDelimited): return tag.field == 1 || tag.field == 2
    case (20, .lengthDelimited): return (1...4).contains(tag.field)
    case (25, .lengthDelimited), (26, .lengthDelimited): return (1...14).contains(tag.field)
    case (26, .varint): return tag.field == 2
    default: return false
    }
  }
}

extension WireCursor {
  /// Whether a number stopped at the end of the prefix, not at a contradiction.
  fileprivate func isCut(_ end: Int) -> Bool { offset >= end }
}
