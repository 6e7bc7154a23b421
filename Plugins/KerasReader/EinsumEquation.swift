import ModelReading

/// What the axes of an EinsumDense's kernel are, by its equation.
///
/// `abc,cd->abd`: an index that the input and the kernel share and the output
/// lacks is summed over, hence an input; one that the kernel and the output
/// share is an output; one that all three share numbers independent matrices.
struct EinsumEquation {
  private let input: [Character]
  private let kernel: [Character]
  private let output: [Character]
  /// Whether further axes stand behind those that the equation names: `ab...,bc->ac...`.
  private let isOpenAtTheEnd: Bool

  /// `nil` unless the text has the form `input,kernel->output`, and the length that one with single letters can have.
  init?(_ text: String) {
    guard text.utf8.count <= 256 else { return nil }
    let compact = text.filter { $0 != " " && $0 != "." }
    guard let arrow = compact.firstRange(of: "->") else { return nil }
    let operands = compact[..<arrow.lowerBound].split(separator: ",", omittingEmptySubsequences: false)
    guard operands.count == 2 else { return nil }
    (input, kernel, output) = (Array(operands[0]), Array(operands[1]), Array(compact[arrow.upperBound...]))
    isOpenAtTheEnd = text.contains("...,")
  }

  /// One role per axis of the kernel.
  var axes: [Axis] {
    kernel.map { index in
      switch (input.contains(index), output.contains(index)) {
      case (true, false): .input
      case (false, true): .output
      case (true, true): .expert
      case (false, false): .other
      }
    }
  }

  /// The axes of the kernel that the output has as well, in the order in which it has them.
  var outputAxes: [Int] {
    var seen = Set<Int>()
    return output.compactMap { kernel.firstIndex(of: $0) }.filter { seen.insert($0).inserted }
  }

  /// Extents of the kernel, or `nil` where those of input and output do not tell.
  /// - Parameters:
  ///   - inputs: extents of the layer's input, the batch first; `nil` for one that varies.
  ///   - outputs: of its output, without the batch.
  func kernelShape(inputs: [Int?], outputs: [Int?]) -> [Int]? {
    var extents: [Character: Int] = [:]
    func take(_ indices: [Character], _ shape: [Int?]) {
      let pairs = isOpenAtTheEnd ? Array(zip(indices, shape)) : Array(zip(indices.reversed(), shape.reversed()))
      for (index, extent) in pairs { if let extent { extents[index] = extent } }
    }
    take(output, isOpenAtTheEnd ? [nil] + outputs : outputs)
    take(input, inputs)
    let shape = kernel.compactMap { extents[$0] }
    return shape.count == kernel.count && shape.allSatisfy { $0 > 0 } ? shape : nil
  }
}
