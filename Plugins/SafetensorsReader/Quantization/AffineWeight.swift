import ModelReading

/// Numbers of a few bits, packed along the inputs, with a scale and an offset per group of inputs: MLX.
///
/// Numbers are `[output, input·bits/32]` words, scales and offsets `[output, input/size]`; stacked experts have
/// an axis before these. Bits and size are in a configuration beside the file; the shapes tell only their
/// product, which 4 bits in groups of 64 share with 8 in groups of 32.
struct AffineWeight: QuantizedWeight {
  let bits: Int
  let groupSize: Int
  /// Of the weight, outputs before inputs.
  let shape: [Int]
  private let numbers: Tensor
  private let scales: Tensor
  private let offsets: Tensor
  private let isKnown: Bool

  var axes: [Axis] { Array([.expert, .output, .input].suffix(shape.count)) }
  var parts: [Tensor] { [numbers, scales, offsets] }
  var origin: String { "MLX, \(isKnown ? "" : "taken to be ")of \(bits) bits in groups of \(groupSize)" }

  /// Group sizes, the usual one first.
  private static let groupSizes = [64, 32, 128]

  static func recognise(_ numbers: Tensor, _ names: QuantizedTensors) -> Recognition? {
    guard numbers.elementType == .uint32, let stem = numbers.stem(before: "weight"),
      let scales = names(stem, "scales"), let offsets = names(stem, "biases")
    else { return nil }
    let known = names.hints.groupSize(of: stem)
    if let weight = AffineWeight(numbers, scales, offsets, extents: names.extents, groupSize: known) {
      return .weight(numbers.name, weight)
    }
    return .unknown(
      [numbers, scales, offsets],
      reason: "is a packed weight \(numbers.shape) with scales \(scales.shape) and biases \(offsets.shape), "
        + "shapes of no known scheme")
  }

  /// `nil` if the shapes contradict each other.
  /// - Parameters:
  ///   - extents: that other tensors of the file have; inputs are likely to be one of them.
  ///   - known: the group size, if a configuration says it.
  private init?(_ numbers: Tensor, _ scales: Tensor, _ offsets: Tensor, extents: Set<Int>, groupSize known: Int?) {
    guard (2...3).contains(numbers.rank), scales.rank == numbers.rank, scales.shape == offsets.shape,
      scales.shape.dropLast() == numbers.shape.dropLast(), !scales.shape.contains(0),
      scales.elementType.isFloatingPoint, offsets.elementType.isFloatingPoint
    else { return nil }
    let groups = scales.shape[scales.rank - 1]
    // A word count times 32 fits: the words are bytes of a file.
    let bitCount = numbers.shape[numbers.rank - 1] * 32
    guard bitCount % groups == 0 else { return nil }
    let fitting = Self.groupSizes.filter {
      bitCount / groups % $0 == 0 && [2, 3, 4, 5, 6, 8].contains(bitCount / groups / $0)
    }
    let likely = fitting.first { $0 == known } ?? fitting.first { extents.contains(groups * $0) }
    guard let size = likely ?? fitting.first else { return nil }
    groupSize = size
    isKnown = size == known
    bits = bitCount / groups / size
    shape = numbers.shape.dropLast() + [groups * size]
    self.numbers = numbers
    self.scales = scales
    self.offsets = offsets
  }

  /// The weight in C order.
  func values() throws(ReadError) -> [Float] {
    let words = try numbers.words()
    let scales = try scales.values(as: Float.self)
    let offsets = try offsets.values(as: Float.self)
    let inputs = shape[shape.count - 1]
    let wordsPerRow = inputs * bits / 32
    let groupsPerRow = inputs / groupSize
    var result: [Float] = []
    result.reserveCapacity(shape.reduce(1, *))
    for row in 0..<words.count / wordsPerRow {
      for input in 0..<inputs {
        let number = packedNumber(at: input, bits: bits) { words[row * wordsPerRow + $0] }
        let group = row * groupsPerRow + input / groupSize
        result.append(Float(number) * scales[group] + offsets[group])
      }
    }
    return result
  }
}
