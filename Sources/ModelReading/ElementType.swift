/// The type of a tensor's elements as stored.
///
/// What each format calls a type is the reader's business; these are the
/// project's own names, the ones that reports show.
public enum ElementType: String, Sendable, CaseIterable, Hashable {
  case bool
  case int8, uint8, int16, uint16, int32, uint32, int64, uint64
  case float16, bfloat16, float32, float64
  /// 1-4-3 with one NaN and no infinity (OCP FP8 E4M3), and its variant without negative zero.
  case float8e4m3fn, float8e4m3fnuz
  /// 1-5-2 with infinities (OCP FP8 E5M2), and its variant without infinities and negative zero.
  case float8e5m2, float8e5m2fnuz
  /// An unsigned power of two, biased by 127: the scales of microscaling formats.
  case float8e8m0fnu
  case complex64, complex128

  /// Size of one element, in bytes.
  public var byteWidth: Int {
    switch self {
    case .bool, .int8, .uint8, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz, .float8e8m0fnu: 1
    case .int16, .uint16, .float16, .bfloat16: 2
    case .int32, .uint32, .float32: 4
    case .int64, .uint64, .float64, .complex64: 8
    case .complex128: 16
    }
  }

  /// Whether an element is a real number with a fraction: the types that weights have.
  public var isFloatingPoint: Bool {
    switch self {
    case .float16, .bfloat16, .float32, .float64: true
    case .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz, .float8e8m0fnu: true
    default: false
    }
  }

  /// Whether an element is complex: two floats, real part first.
  public var isComplex: Bool { self == .complex64 || self == .complex128 }

  /// Whether an element is a whole number.
  public var isInteger: Bool { !isFloatingPoint && !isComplex && self != .bool }
}

/// The order of the bytes within an element.
public enum ByteOrder: Sendable, Hashable {
  case little, big
}
