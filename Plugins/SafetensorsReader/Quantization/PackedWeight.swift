import ModelReading

/// Numbers of a few bits, packed into 32-bit words, with a scale and a zero point per group of inputs.
///
/// | | GPTQ | AWQ |
/// |---|---|---|
/// | numbers | `[input·bits/32, output]` | `[input, output·bits/32]` |
/// | zero points | `[groups, output·bits/32]`, one less than they are | `[groups, output·bits/32]` |
/// | scales | `[groups, output]` | `[groups, output]` |
/// | group of an input | `g_idx`, or in order | in order |
struct PackedWeight {
  let bits: Int
  let inputs: Int
  let outputs: Int
  let isPackedAlongOutputs: Bool
  private let numbers: Tensor
  private let zeros: Tensor
  private let scales: Tensor
  private let groupIndex: Tensor?

  /// `nil` if the shapes contradict each other.
  init?(_ numbers: Tensor, _ zeros: Tensor, _ scales: Tensor, _ groupIndex: Tensor?) {
    guard numbers.rank == 2, zeros.rank == 2, scales.rank == 2, zeros.shape[0] == scales.shape[0],
      scales.shape[0] > 0, scales.shape[1] > 0, zeros.elementType.byteWidth == 4, zeros.elementType.isInteger
    else { return nil }
    outputs = scales.shape[1]
    // A word count times 32 fits: the words are bytes of a file.
    guard zeros.shape[1] * 32 % outputs == 0 else { return nil }
    bits = zeros.shape[1] * 32 / outputs
    guard [2, 3, 4, 8].contains(bits) else { return nil }
    if numbers.shape[1] == outputs, numbers.shape[0] * 32 % bits == 0 {
      isPackedAlongOutputs = false
      inputs = numbers.shape[0] * 32 / bits
    } else if bits == 4, numbers.shape[1] == zeros.shape[1] {
      isPackedAlongOutputs = true
      inputs = numbers.shape[0]
    } else {
      return nil
    }
    guard inputs >= scales.shape[0], groupIndex == nil || groupIndex?.shape == [inputs] else { return nil }
    // Only a GPTQ weight follows its index; any other has its inputs grouped in order, in equal parts.
    guard (groupIndex != nil && !isPackedAlongOutputs) || inputs % scales.shape[0] == 0 else { return nil }
    self.numbers = numbers
    self.zeros = zeros
    self.scales = scales
    self.groupIndex = isPackedAlongOutputs ? nil : groupIndex
  }

  /// The weight in `[output, input]` order.
  func values() throws(ReadError) -> [Float] {
    let words = try numbers.words()
    let zeroWords = try zeros.words()
    let scale = try scales.values(as: Float.self)
    let groups = try groups()
    var result = [Float](repeating: 0, count: inputs * outputs)
    for input in 0..<inputs {
      let group = groups[input]
      for output in 0..<outputs {
        let number: Int
        let zero: Int
        if isPackedAlongOutputs {
          number = awq(words, input, output)
          zero = awq(zeroWords, group, output)
        } else {
          number = packedNumber(at: input, bits: bits) { words[$0 * outputs + output] }
          zero = packedNumber(at: output, bits: bits) { zeroWords[group * zeros.shape[1] + $0] } + 1
        }
        result[output * inputs + input] = Float(number - zero) * scale[group * outputs + output]
      }
    }
    return result
  }

  /// The group of each input.
  private func groups() throws(ReadError) -> [Int] {
    let count = scales.shape[0]
    guard let groupIndex else { return (0..<inputs).map { $0 / (inputs / count) } }
    let groups = try groupIndex.values(as: Double.self).map { Int(exactly: $0) ?? -1 }
    guard groups.allSatisfy({ (0..<count).contains($0) }) else {
      throw groupIndex.error(.malformed, "assigns an input to a group outside 0..<\(count)")
    }
    return groups
  }

  /// AWQ puts the even numbers of a word before the odd ones.
  private func awq(_ words: [UInt32], _ row: Int, _ output: Int) -> Int {
    let place = output % 8
    let nibble = place % 2 == 0 ? place / 2 : 4 + place / 2
    return Int(words[row * (outputs / 8) + output / 8] >> UInt32(nibble * 4) & 0xF)
  }
}
