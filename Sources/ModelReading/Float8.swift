/// The 256 values of each eight-bit floating-point type.
enum Float8Table {
  private static let e4m3fn = table { value(of: $0, exponentBits: 4, bias: 7, special: .nanAtAllOnes) }
  private static let e4m3fnuz = table { value(of: $0, exponentBits: 4, bias: 8, special: .nanAtNegativeZero) }
  private static let e5m2 = table { value(of: $0, exponentBits: 5, bias: 15, special: .ieee) }
  private static let e5m2fnuz = table { value(of: $0, exponentBits: 5, bias: 16, special: .nanAtNegativeZero) }
  private static let e8m0fnu = table { $0 == 0xFF ? .nan : Float(sign: .plus, exponent: Int($0) - 127, significand: 1) }

  static func values(of type: ElementType) -> [Float] {
    switch type {
    case .float8e4m3fn: e4m3fn
    case .float8e4m3fnuz: e4m3fnuz
    case .float8e5m2: e5m2
    case .float8e5m2fnuz: e5m2fnuz
    case .float8e8m0fnu: e8m0fnu
    default: preconditionFailure("\(type) is not an eight-bit float")
    }
  }

  private enum Special {
    /// Largest exponent: infinities and NaNs.
    case ieee
    /// Only the all-ones magnitude is NaN; there is no infinity.
    case nanAtAllOnes
    /// Only the pattern of negative zero is NaN; there is no infinity.
    case nanAtNegativeZero
  }

  private static func table(_ value: (UInt8) -> Float) -> [Float] { (0...UInt8.max).map(value) }

  private static func value(of bits: UInt8, exponentBits: Int, bias: Int, special: Special) -> Float {
    let mantissaBits = 7 - exponentBits
    let mantissa = Int(bits) & ((1 << mantissaBits) - 1)
    let exponent = (Int(bits) >> mantissaBits) & ((1 << exponentBits) - 1)
    let sign: FloatingPointSign = bits & 0x80 == 0 ? .plus : .minus
    switch special {
    case .nanAtNegativeZero where bits == 0x80: return .nan
    case .nanAtAllOnes where bits & 0x7F == 0x7F: return .nan
    case .ieee where exponent == (1 << exponentBits) - 1:
      return mantissa == 0 ? (sign == .plus ? .infinity : -.infinity) : .nan
    default: break
    }
    let fraction = Float(mantissa) / Float(1 << mantissaBits)
    let significand = exponent == 0 ? fraction : 1 + fraction
    let magnitude = significand * Float(sign: .plus, exponent: max(exponent, 1) - bias, significand: 1)
    return sign == .plus ? magnitude : -magnitude
  }
}
