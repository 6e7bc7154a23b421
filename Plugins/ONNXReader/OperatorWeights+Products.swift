import ModelReading

extension OperatorWeights {
  /// A matrix product with a constant on one side. Where both sides are constant, neither is a layer.
  /// - Parameters:
  ///   - quantization: scale and zero point of the right operand.
  ///   - leftQuantization: those of the left one.
  func product(
    _ left: Int?, _ right: Int, bias biasIndex: Int? = nil, quantization: (Int?, Int?)? = nil,
    left leftQuantization: (Int?, Int?)? = nil
  ) throws(ReadError) -> LayerCandidate? {
    // Several scales run along the outputs: the columns on the right, the rows on the left.
    let rightOrigin = try weight(right, quantization, axis: attributes.flag("transB", of: node) ? -2 : -1)
    let leftOrigin = try weight(left, leftQuantization, axis: attributes.flag("transA", of: node) ? -1 : -2)
    guard (leftOrigin == nil) != (rightOrigin == nil), let origin = rightOrigin ?? leftOrigin,
      origin.tensor.rank >= 2
    else { return nil }
    let isRight = rightOrigin != nil
    let side = isRight ? "B" : "A"
    // x·W has W = [input, output]; W·x has W = [output, input].
    let matrix: [Axis] =
      isRight != attributes.flag("trans" + side, of: node) ? [.input, .output] : [.output, .input]
    let stack = [Axis](repeating: .expert, count: origin.tensor.rank - 2)
    let isOuter = !stack.isEmpty && attributes.flag("transBatch" + side, of: node)
    let tensor = origin.tensor.labelled(isOuter ? [matrix[0]] + stack + [matrix[1]] : stack + matrix)
    let bias = try self.bias(biasIndex)
    let output = zip(tensor.axes, tensor.shape).first { $0.0 == .output }?.1
    return LayerCandidate(
      kind: stack.isEmpty ? .dense : .expertStack,
      uses: [LayerCandidate.Use(role: .kernel, origin: origin.with(tensor))] + bias,
      outputForBias: bias.isEmpty && stack.isEmpty ? output : nil,
      note: OperatorWeights.unitNote(isRight ? quantization : leftQuantization) ?? factorNote)
  }

  private var factorNote: String? {
    guard let alpha = attributes.attribute("alpha", of: node)?.float, alpha != 1 else { return nil }
    return "the operator multiplies its product by \(alpha), which is not applied to the weight"
  }

  /// Letters of an equation that only the constant and the result have are outputs; those that are summed, inputs.
  func einsum() throws(ReadError) -> LayerCandidate? {
    guard let equation = attributes.attribute("equation", of: node)?.text, node.inputs.count == 2 else { return nil }
    let text = equation.filter { $0 != " " }
    let sides = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    let terms = sides[0].split(separator: ",", omittingEmptySubsequences: false)
    guard terms.count == 2, sides.count == 1 || sides[1].hasPrefix(">") else { return nil }
    // Without a result, letters that occur once are the result.
    let result =
      sides.count == 2
      ? String(sides[1].dropFirst()) : sides[0].filter { letter in !terms.allSatisfy { $0.contains(letter) } }
    let origins = [try weight(0), try weight(1)]
    guard (origins[0] == nil) != (origins[1] == nil) else { return nil }
    let index = origins[0] == nil ? 1 : 0
    guard let origin = origins[index], terms[index].count == origin.tensor.rank, origin.tensor.rank >= 2,
      !terms[index].contains(".")
    else { return nil }
    let axes = terms[index].map { letter -> Axis in
      switch (result.contains(letter), terms[1 - index].contains(letter)) {
      case (true, false): .output
      case (false, true): .input
      case (true, true): .expert
      case (false, false): .other
      }
    }
    guard axes.contains(.output), axes.contains(.input) else { return nil }
    let kind: LayerKind = axes.contains(.expert) ? .expertStack : .dense
    return LayerCandidate(
      kind: kind, uses: [LayerCandidate.Use(role: .kernel, origin: origin.labelled(axes))])
  }
}
