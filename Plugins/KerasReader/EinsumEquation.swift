import ModelReading

/// What the axes of an EinsumDense's kernel are, by its equation.
///
/// `abc,cd->abd`: an index that the input and the kernel share and the output
/// lacks is summed over, hence an input; one that the kernel and the output
/// share is an output; one that all three share numbers independent matrices.
struct EinsumEquation {
  private let input: Substring
  private let kernel: Substring
  private let output: Substring

  /// `nil` unless the text has the form `input,kernel->output`.
  init?(_ text: String) {
    let compact = text.filter { $0 != " " && $0 != "." }
    guard let arrow = compact.firstRange(of: "->") else { return nil }
    let operands = compact[..<arrow.lowerBound].split(separator: ",", omittingEmptySubsequences: false)
    guard operands.count == 2 else { return nil }
    (input, kernel, output) = (operands[0], operands[1], compact[arrow.upperBound...])
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
}
