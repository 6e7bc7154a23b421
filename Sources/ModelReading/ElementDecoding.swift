/// A type that stored elements are decoded to: `Float` or `Double`.
public protocol DecodedElement: BinaryFloatingPoint, BitwiseCopyable, Sendable {}
extension Float: DecodedElement {}
extension Double: DecodedElement {}

extension ElementType {
  /// Decodes elements that lie `stride` elements apart.
  ///
  /// Every value of every real type is representable in `Double`, except
  /// integers beyond 2⁵³, which round to nearest. `bool` decodes to 0 or 1, any
  /// byte but zero being true.
  ///
  /// - Parameters:
  ///   - bytes: the tensor's bytes.
  ///   - start: position of the first element, in elements.
  ///   - stride: distance between neighbours, in elements; 0 repeats one element.
  ///   - order: the byte order of the stored elements.
  ///   - output: receives `output.count` values.
  /// - Precondition: all elements lie in `bytes`, and the type is not complex.
  @_specialize(where Value == Double)
  @_specialize(where Value == Float)
  public func decode<Value: DecodedElement>(
    _ bytes: RawSpan, from start: Int, stride: Int, order: ByteOrder, into output: inout MutableSpan<Value>
  ) {
    let count = output.count
    guard count > 0 else { return }
    precondition(!isComplex, "complex elements have no real value")
    precondition(start >= 0 && stride >= 0, "elements lie at positions of zero and above")
    precondition(start + stride * (count - 1) < bytes.byteCount / byteWidth, "elements lie inside the bytes")
    unsafe bytes.withUnsafeBytes { source in
      unsafe output.withUnsafeMutableBufferPointer { target in
        unsafe decode(source.baseAddress! + start * byteWidth, stride, order, target.baseAddress!, count)
      }
    }
  }

  private func decode<Value: DecodedElement>(
    _ source: UnsafeRawPointer, _ stride: Int, _ order: ByteOrder, _ target: UnsafeMutablePointer<Value>, _ count: Int
  ) {
    switch self {
    case .bool: unsafe map(UInt8.self, source, stride, order, target, count) { $0 == 0 ? 0 : 1 }
    case .int8: unsafe map(UInt8.self, source, stride, order, target, count) { Value(Int8(bitPattern: $0)) }
    case .uint8: unsafe map(UInt8.self, source, stride, order, target, count) { Value($0) }
    case .int16: unsafe map(UInt16.self, source, stride, order, target, count) { Value(Int16(bitPattern: $0)) }
    case .uint16: unsafe map(UInt16.self, source, stride, order, target, count) { Value($0) }
    case .int32: unsafe map(UInt32.self, source, stride, order, target, count) { Value(Int32(bitPattern: $0)) }
    case .uint32: unsafe map(UInt32.self, source, stride, order, target, count) { Value($0) }
    case .int64: unsafe map(UInt64.self, source, stride, order, target, count) { Value(Int64(bitPattern: $0)) }
    case .uint64: unsafe map(UInt64.self, source, stride, order, target, count) { Value($0) }
    case .float32: unsafe map(UInt32.self, source, stride, order, target, count) { Value(Float(bitPattern: $0)) }
    case .float64: unsafe map(UInt64.self, source, stride, order, target, count) { Value(Double(bitPattern: $0)) }
    case .float16: unsafe map(UInt16.self, source, stride, order, target, count) { Value(float(half: $0)) }
    case .bfloat16:
      unsafe map(UInt16.self, source, stride, order, target, count) { Value(Float(bitPattern: UInt32($0) << 16)) }
    case .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz, .float8e8m0fnu:
      let table = Float8Table.values(of: self)
      unsafe map(UInt8.self, source, stride, order, target, count) { Value(table[Int($0)]) }
    case .complex64, .complex128: return
    }
  }
}

/// Applies `convert` to `count` unaligned elements; the contiguous loop is the one the compiler vectorises.
@inline(__always)
private func map<Raw: FixedWidthInteger & BitwiseCopyable, Value>(
  _: Raw.Type, _ source: UnsafeRawPointer, _ stride: Int, _ order: ByteOrder,
  _ target: UnsafeMutablePointer<Value>, _ count: Int, _ convert: (Raw) -> Value
) {
  let step = stride * MemoryLayout<Raw>.size
  switch (order, stride) {
  case (.little, 1):
    for i in 0..<count {
      unsafe target[i] = convert(source.loadUnaligned(fromByteOffset: i * MemoryLayout<Raw>.size, as: Raw.self))
    }
  case (.little, _):
    for i in 0..<count {
      unsafe target[i] = convert(source.loadUnaligned(fromByteOffset: i * step, as: Raw.self))
    }
  case (.big, _):
    for i in 0..<count {
      unsafe target[i] = convert(source.loadUnaligned(fromByteOffset: i * step, as: Raw.self).byteSwapped)
    }
  }
}

/// The value of an IEEE 754 half, by integer operations alone: the baseline
/// x86-64 instruction set has no conversion, and calls a slow routine for it.
@inline(__always)
private func float(half: UInt16) -> Float {
  let magnitude = UInt32(half & 0x7FFF) << 13
  // Moving the exponent up by 127 − 15 is a multiplication, which gets subnormals right too.
  let scaled = Float(bitPattern: magnitude) * 0x1p112
  let infiniteOrNaN = magnitude >= 0x0F80_0000
  let bits = infiniteOrNaN ? magnitude | 0x7F80_0000 : scaled.bitPattern
  return Float(bitPattern: bits | UInt32(half & 0x8000) << 16)
}
