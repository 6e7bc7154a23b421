/// A field that holds the values of a tensor, or of a list of floats.
enum PayloadField: Int {
  case segment, floats, integers32, integers64, raw, doubles, unsigned64, attributeFloats

  /// The payload that field `number` of a tensor is.
  static func ofTensor(_ number: Int) -> PayloadField? {
    switch number {
    case 3: .segment
    case 4: .floats
    case 5: .integers32
    case 7: .integers64
    case 9: .raw
    case 10: .doubles
    case 11: .unsigned64
    default: nil
    }
  }

  /// Its number in the message that holds it.
  var number: Int {
    switch self {
    case .segment: 3
    case .floats: 4
    case .integers32: 5
    case .integers64, .attributeFloats: 7
    case .raw: 9
    case .doubles: 10
    case .unsigned64: 11
    }
  }

  /// The wire type of one value that is not packed with others; of the whole for `raw` and `segment`.
  var wire: WireType {
    switch self {
    case .segment, .raw: .lengthDelimited
    case .floats, .attributeFloats: .fixed32
    case .doubles: .fixed64
    case .integers32, .integers64, .unsigned64: .varint
    }
  }
}

/// Where the values of one tensor message lie in the file.
struct Payload: Sendable {
  /// Values of one field: any mixture of packed segments and single values is legal.
  struct Run: Sendable {
    var field: PayloadField
    /// Contents of the first packed segment, as a range of the file.
    var firstSegment: Range<Int>?
    var segmentCount = 0
    /// Bytes in all packed segments.
    var packedByteCount = 0
    /// Values that stand alone.
    var singleCount = 0
  }

  /// The message itself, as a range of the file.
  var message: Range<Int>
  /// `raw_data`; the last one if it is repeated.
  var raw: Range<Int>?
  var runs: [Run] = []
  /// Whether the tensor is one of several pieces, a feature that no program writes.
  var isSegment = false

  init(message: Range<Int>) { self.message = message }

  var isEmpty: Bool { raw == nil && runs.isEmpty && !isSegment }

  /// Notes values of `field`: a packed segment, or one value without its tag.
  mutating func note(_ field: PayloadField, _ range: Range<Int>, packed: Bool) {
    if field == .segment {
      isSegment = true
      return
    }
    if field == .raw {
      raw = range
      return
    }
    let index = runs.firstIndex { $0.field == field } ?? runs.endIndex
    if index == runs.endIndex { runs.append(Run(field: field)) }
    guard packed else {
      runs[index].singleCount += 1
      return
    }
    runs[index].firstSegment = runs[index].firstSegment ?? range
    runs[index].segmentCount += 1
    runs[index].packedByteCount += range.count
  }
}
