import ModelReading

/// What the variables of a layer are called, whichever version of Keras named or numbered them.
enum VariableName {
  /// The names of a unit's variables in today's terms, in the order of `variables`.
  static func names(of unit: WeightUnit) -> [String] {
    let order = positional(unit)
    return unit.variables.map { variable in
      guard let position = Int(variable.name) else { return today(variable.name, unit.kerasClass) }
      return order.indices.contains(position) ? order[position] : variable.name
    }
  }

  /// Names of older versions.
  private static func today(_ name: String, _ kerasClass: KerasClass?) -> String {
    switch name {
    case "W", "quantized_kernel": "kernel"
    case "b": "bias"
    case "U": "recurrent_kernel"
    case "running_mean": "moving_mean"
    // Keras 1 calls it a deviation and stores the variance.
    case "running_std", "running_variance": "moving_variance"
    case "embeddings", "embedding": "kernel"
    case "embeddings_scale": "kernel_scale"
    case "embeddings_zero", "zero_point": "kernel_zero"
    case "depthwise_kernel" where !isSeparable(kerasClass): "kernel"
    default: name
    }
  }

  private static func isSeparable(_ kerasClass: KerasClass?) -> Bool {
    if case .separable = kerasClass { true } else { kerasClass == nil }
  }

  /// What the numbered variables of a layer are.
  private static func positional(_ unit: WeightUnit) -> [String] {
    switch unit.kerasClass {
    case .separable: return ["depthwise_kernel", "pointwise_kernel", "bias"]
    case .recurrent, .convolutionalLSTM: return ["kernel", "recurrent_kernel", "bias"]
    case .normalization: return normalization(unit)
    case .dense, .einsum, .attention:
      return QuantizedVariables.names(unit.variables, unit.kerasClass) ?? ["kernel", "bias"]
    case .embedding:
      return QuantizedVariables.names(unit.variables, unit.kerasClass) ?? ["kernel", "reverse_embeddings"]
    case .convolution, .depthwise, .transposed, .locallyConnected: return ["kernel", "bias"]
    case .container, .other, nil: return byShape(unit)
    }
  }

  /// Scale and offset may be missing; the running statistics come last.
  private static func normalization(_ unit: WeightUnit) -> [String] {
    let statistics = ["moving_mean", "moving_variance"]
    let hasScale = unit.config?.hasScale ?? true
    let hasCenter = unit.config?.hasCenter ?? true
    let affine = (hasScale ? ["gamma"] : []) + (hasCenter ? ["beta"] : [])
    let all = affine + statistics
    // Two statistics alone, or three with one of scale and offset, unless the configuration says so, stay unnamed.
    return unit.variables.count <= affine.count || unit.variables.count >= all.count ? all : []
  }

  /// A kernel, then a bias of one of its outer extents.
  private static func byShape(_ unit: WeightUnit) -> [String] {
    let shapes = unit.variables.map(\.array.shape)
    guard shapes.count == 2, shapes[0].count >= 2, shapes[1].count == 1,
      shapes[0].first == shapes[1][0] || shapes[0].suffix(2).contains(shapes[1][0])
    else { return [] }
    return ["kernel", "bias"]
  }

  static func role(_ name: String) -> Role {
    switch name {
    case "kernel": .kernel
    case "recurrent_kernel": .recurrentKernel
    case "bias": .bias
    case "gamma", "scale": .scale
    case "beta": .offset
    case "moving_mean": .runningMean
    case "moving_variance": .runningVariance
    case "reverse_embeddings": .weight(name)
    default: name.hasPrefix("lora_") ? .weight(name) : .other(name)
    }
  }
}
