import ModelReading

/// Elements as numbers of another floating-point type, rounded to nearest, ties to even.
struct Conversion {
  let source: ElementType
  let target: ElementType

  /// - Parameter bytes: little-endian elements of `source`, in C order.
  /// - Returns: as many of `target`, or `nil` if a finite number is beyond it.
  func convert(_ bytes: RawSpan) -> [UInt8]? {
    // Doubles are rounded once, not first to a float and then to less.
    source == .float64 ? encode(decoded(bytes, as: Double.self)) : encode(decoded(bytes, as: Float.self))
  }

  private func decoded<Value: DecodedElement>(_ bytes: RawSpan, as _: Value.Type) -> [Value] {
    var values = [Value](repeating: 0, count: bytes.byteCount / source.byteWidth)
    var span = values.mutableSpan
    source.decode(bytes, from: 0, stride: 1, order: .little, into: &span)
    return values
  }

  private func encode<Value: DecodedElement>(_ values: [Value]) -> [UInt8]? {
    switch target {
    case .float16: pack(values, { Float16($0) }, \.bitPattern)
    case .bfloat16: pack(values, { BrainFloat($0) }, \.bitPattern)
    default: pack(values, { Float($0) }, \.bitPattern)
    }
  }

  private func pack<Value: DecodedElement, Rounded: Finite, Word: FixedWidthInteger & BitwiseCopyable>(
    _ values: [Value], _ round: (Value) -> Rounded, _ bits: (Rounded) -> Word
  ) -> [UInt8]? {
    var words: [Word] = []
    words.reserveCapacity(values.count)
    for value in values {
      let rounded = round(value)
      if value.isFinite && !rounded.isFinite { return nil }
      words.append(bits(rounded).littleEndian)
    }
    return unsafe words.span.bytes.copy()
  }
}

private protocol Finite { var isFinite: Bool { get } }
extension Float16: Finite {}
extension Float: Finite {}
extension BrainFloat: Finite {}

/// The upper half of a float.
struct BrainFloat {
  let bitPattern: UInt16

  var isFinite: Bool { bitPattern & 0x7F80 != 0x7F80 }

  init(_ value: some BinaryFloatingPoint) {
    let bits = BrainFloat.roundedToOdd(value).bitPattern
    if value.isNaN {
      bitPattern = UInt16(bits >> 16) | 0x40
    } else {
      // Half of the last place that stays, less a bit unless that place is odd.
      bitPattern = UInt16((bits + 0x7FFF + (bits >> 16 & 1)) >> 16)
    }
  }

  /// A float whose last bit tells whether anything was cut off, so that rounding it once more is rounding `value`.
  private static func roundedToOdd(_ value: some BinaryFloatingPoint) -> Float {
    let nearest = Float(value)
    guard let exact = value as? Double, nearest.isFinite, Double(nearest) != exact else { return nearest }
    let truncated = abs(Double(nearest)) > abs(exact) ? Float(bitPattern: nearest.bitPattern - 1) : nearest
    return Float(bitPattern: truncated.bitPattern | 1)
  }
}
