/// The numbers that one matrix is decomposed in.
public enum Arithmetic: String, Sendable {
  /// 64 bits.
  case double
  /// 32 bits.
  case single

  /// ε.
  var roundingUnit: Double {
    switch self {
    case .double: Double.ulpOfOne
    case .single: Double(Float.ulpOfOne)
    }
  }
}
