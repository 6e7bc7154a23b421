import ModelReading

/// The ways in which weights are quantised: blocks of a fixed number of elements, each with scales of its own.
///
/// Raw values are those of the file.
enum Quantization: UInt32, CaseIterable {
  case q40 = 2
  case q41 = 3
  case q50 = 6
  case q51 = 7
  case q80 = 8
  case q81 = 9
  case q2K = 10
  case q3K = 11
  case q4K = 12
  case q5K = 13
  case q6K = 14
  case q8K = 15
  case iq2XXS = 16
  case iq2XS = 17
  case iq3XXS = 18
  case iq1S = 19
  case iq4NL = 20
  case iq3S = 21
  case iq2S = 22
  case iq4XS = 23
  case iq1M = 29
  case tq10 = 34
  case tq20 = 35
  case mxfp4 = 39
  case nvfp4 = 40
  case q10 = 41

  /// As the format spells it.
  var name: String {
    switch self {
    case .q40: "Q4_0"
    case .q41: "Q4_1"
    case .q50: "Q5_0"
    case .q51: "Q5_1"
    case .q80: "Q8_0"
    case .q81: "Q8_1"
    case .q2K: "Q2_K"
    case .q3K: "Q3_K"
    case .q4K: "Q4_K"
    case .q5K: "Q5_K"
    case .q6K: "Q6_K"
    case .q8K: "Q8_K"
    case .iq2XXS: "IQ2_XXS"
    case .iq2XS: "IQ2_XS"
    case .iq3XXS: "IQ3_XXS"
    case .iq1S: "IQ1_S"
    case .iq4NL: "IQ4_NL"
    case .iq3S: "IQ3_S"
    case .iq2S: "IQ2_S"
    case .iq4XS: "IQ4_XS"
    case .iq1M: "IQ1_M"
    case .tq10: "TQ1_0"
    case .tq20: "TQ2_0"
    case .mxfp4: "MXFP4"
    case .nvfp4: "NVFP4"
    case .q10: "Q1_0"
    }
  }

  /// Elements that one block holds, and its bytes.
  var block: (elementCount: Int, byteCount: Int) {
    switch self {
    case .q40, .iq4NL: (32, 18)
    case .q41: (32, 20)
    case .q50: (32, 22)
    case .q51: (32, 24)
    case .q80: (32, 34)
    case .q81: (32, 36)
    case .mxfp4: (32, 17)
    case .nvfp4: (64, 36)
    case .q10: (128, 18)
    case .q2K: (256, 84)
    case .q3K: (256, 110)
    case .q4K: (256, 144)
    case .q5K: (256, 176)
    case .q6K: (256, 210)
    case .q8K: (256, 292)
    case .iq1S: (256, 50)
    case .iq1M: (256, 56)
    case .iq2XXS: (256, 66)
    case .iq2XS: (256, 74)
    case .iq2S: (256, 82)
    case .iq3XXS: (256, 98)
    case .iq3S: (256, 110)
    case .iq4XS: (256, 136)
    case .tq10: (256, 54)
    case .tq20: (256, 66)
    }
  }

  /// Whether blocks have a meaning in big-endian files: bit fields wider than a byte lie there in an order that
  /// nothing defines.
  var isDefinedInBigEndian: Bool {
    switch self {
    case .q50, .q51, .iq2XXS, .iq2XS, .iq3XXS, .iq1S, .iq1M, .iq4XS: false
    default: true
    }
  }

  /// The elements of one block.
  /// - Parameter values: as many as a block holds.
  func decode(_ block: borrowing Block, into values: inout MutableSpan<Float>) {
    switch self {
    case .q40: block.decodeQ40(into: &values)
    case .q41: block.decodeQ41(into: &values)
    case .q50: block.decodeQ50(into: &values)
    case .q51: block.decodeQ51(into: &values)
    case .q80: block.decodeBytes(at: 2, scale: block.half(0), into: &values)
    case .q81: block.decodeBytes(at: 4, scale: block.half(0), into: &values)
    case .q2K: block.decodeQ2K(into: &values)
    case .q3K: block.decodeQ3K(into: &values)
    case .q4K: block.decodeQ4K(into: &values)
    case .q5K: block.decodeQ5K(into: &values)
    case .q6K: block.decodeQ6K(into: &values)
    case .q8K: block.decodeBytes(at: 4, scale: block.single(0), into: &values)
    case .iq2XXS: block.decodeIQ2XXS(into: &values)
    case .iq2XS: block.decodeIQ2XS(into: &values)
    case .iq3XXS: block.decodeIQ3XXS(into: &values)
    case .iq1S: block.decodeIQ1S(into: &values)
    case .iq4NL: block.decodeIQ4NL(into: &values)
    case .iq3S: block.decodeIQ3S(into: &values)
    case .iq2S: block.decodeIQ2S(into: &values)
    case .iq4XS: block.decodeIQ4XS(into: &values)
    case .iq1M: block.decodeIQ1M(into: &values)
    case .tq10: block.decodeTQ10(into: &values)
    case .tq20: block.decodeTQ20(into: &values)
    case .mxfp4: block.decodeMXFP4(into: &values)
    case .nvfp4: block.decodeNVFP4(into: &values)
    case .q10: block.decodeQ10(into: &values)
    }
  }
}
