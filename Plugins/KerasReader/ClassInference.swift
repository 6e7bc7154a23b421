import ModelReading

/// The class of a layer whose file does not say it, by what its variables are called and shaped.
enum ClassInference {
  /// `nil` if the variables say nothing.
  /// - Parameter names: of the variables, as `VariableName` has them.
  static func infer(_ unit: WeightUnit, names: [String]) -> KerasClass? {
    func shape(_ name: String) -> [Int]? {
      names.firstIndex(of: name).map { unit.variables[$0].array.shape }
    }
    if names.contains("gamma") || names.contains("moving_mean") { return .normalization }
    if let cell = gateNames(names) { return .recurrent(cell) }
    if let depthwise = shape("depthwise_kernel"), depthwise.count >= 3 {
      return names.contains("pointwise_kernel")
        ? .separable(rank: depthwise.count - 2) : .depthwise(rank: depthwise.count - 2)
    }
    if unit.variables.contains(where: { $0.name == "embeddings" }) { return .embedding }
    guard let kernel = shape("kernel") else { return nil }
    if let recurrent = shape("recurrent_kernel") { return recurrentClass(kernel, recurrent) }
    return byKernel(kernel, bias: shape("bias"), name: unit.name)
  }

  /// Keras 1 has a variable per gate.
  private static func gateNames(_ names: [String]) -> LayerKind.RecurrentCell? {
    if names.contains("U_z") { return .gru }
    return names.contains("U_f") ? .lstm : nil
  }

  private static func recurrentClass(_ kernel: [Int], _ recurrent: [Int]) -> KerasClass? {
    guard let units = recurrent.dropLast().last, let width = recurrent.last, units > 0 else { return nil }
    if kernel.count > 2 { return .convolutionalLSTM(rank: kernel.count - 2) }
    switch width {
    case units: return .recurrent(.rnn)
    case units &* 3: return .recurrent(.gru)
    case units &* 4: return .recurrent(.lstm)
    default: return nil
    }
  }

  private static func byKernel(_ kernel: [Int], bias: [Int]?, name: String) -> KerasClass? {
    let last = name.split(separator: "/").last.map { $0.lowercased() } ?? ""
    if let bias, bias.count > 1, bias.count < kernel.count, Array(kernel.suffix(bias.count)) == bias { return .einsum }
    switch kernel.count {
    case 2: return .dense
    case 3...5: return convolution(kernel, bias: bias?.first, name: last)
    default: return nil
    }
  }

  /// The bias has as many elements as the layer has outputs: that tells the order of the last two axes.
  private static func convolution(_ kernel: [Int], bias: Int?, name: String) -> KerasClass {
    let rank = kernel.count - 2
    let (a, b) = (kernel[rank], kernel[rank + 1])
    if let bias, bias != a, bias != b, bias == a.multipliedReportingOverflow(by: b).partialValue {
      return .depthwise(rank: rank)
    }
    if name.contains("depthwise") || name.contains("dwconv") { return .depthwise(rank: rank) }
    if let bias, bias != b, bias == a { return .transposed(rank: rank) }
    if bias != b || a == b, name.contains("transpose") || name.contains("deconv") { return .transposed(rank: rank) }
    return .convolution(rank: rank)
  }
}
