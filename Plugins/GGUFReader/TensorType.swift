import ModelReading

/// What the elements of a tensor are.
enum TensorType {
  /// Elements that lie in the file as they are.
  case plain(ElementType)
  case quantized(Quantization)
  /// A number that has no meaning here, or no longer has one.
  case unknown(UInt32)

  /// - Parameter number: as the file has it.
  init(_ number: UInt32) {
    if let type = TensorType.plain[number] {
      self = .plain(type)
    } else if let quantization = Quantization(rawValue: number) {
      self = .quantized(quantization)
    } else {
      self = .unknown(number)
    }
  }

  private static let plain: [UInt32: ElementType] = [
    0: .float32, 1: .float16, 24: .int8, 25: .int16, 26: .int32, 27: .int64, 28: .float64, 30: .bfloat16,
  ]

  /// Types that were given up, and whose numbers stay unused.
  private static let formerNames: [UInt32: String] = [
    4: "Q4_2", 5: "Q4_3", 31: "Q4_0_4_4", 32: "Q4_0_4_8", 33: "Q4_0_8_8", 36: "IQ4_NL_4_4", 37: "IQ4_NL_4_8",
    38: "IQ4_NL_8_8",
  ]

  /// As reports show it.
  var name: String {
    switch self {
    case .plain(let type): type.rawValue
    case .quantized(let quantization): quantization.name
    case .unknown(let number): TensorType.formerNames[number] ?? "type \(number)"
    }
  }

  /// Elements that one block holds, and its bytes; `nil` where neither is known.
  var block: (elementCount: Int, byteCount: Int)? {
    switch self {
    case .plain(let type): (1, type.byteWidth)
    case .quantized(let quantization): quantization.block
    case .unknown: nil
    }
  }
}
