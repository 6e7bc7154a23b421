import ModelReading

/// Names layers after the tensor that is their weight, or after the node that uses it.
enum LayerNaming {
  private static let weightSuffixes = [
    "_quantized", ".weight", "/kernel:0", "/kernel", ".kernel", "_W", ".weight_quantized",
    "/gamma:0", "/gamma", ".gamma", "_scale", ".scale",
  ]
  private static let operationSuffixes = [
    "/MatMul", "/Gemm", "/ConvTranspose", "/Conv", "/LSTM", "/GRU", "/RNN", "/Gather", "/Einsum",
    "/BatchNormalization", "/LayerNormalization", "/InstanceNormalization", "/Conv2D", "/BiasAdd", "/Relu",
  ]

  /// - Parameters:
  ///   - weight: the name of the layer's first tensor.
  ///   - isInline: whether that is the value of a `Constant` node, whose name is the exporter's own.
  ///   - isPart: whether the layer has but a part of that tensor, and other layers the rest.
  ///   - bias: the name of its bias, if it has one.
  ///   - module: the module of the original program, if the exporter says.
  ///   - path: what stands before names of nodes.
  static func name(
    weight: String, isInline: Bool, isPart: Bool, bias: String?, node: String, module: String?, path: String
  ) -> String {
    if !isPart {
      if let prefix = prefix(of: weight) { return prefix }
      guard isInline || isAnonymous(weight) else { return weight }
    }
    if let module { return module }
    let node = nodeName(node)
    if !node.isEmpty { return path.isEmpty ? node : path + "/" + node }
    if let bias, bias.utf8.count > 5, bias.hasSuffix(".bias") { return String(bias.dropLast(5)) }
    let weight = prefix(of: weight) ?? weight
    return path.isEmpty ? weight : path + "/" + weight
  }

  /// `conv1` for `conv1.weight`; `nil` for names that do not end so.
  private static func prefix(of weight: String) -> String? {
    var name = weight[...]
    var isWeight = false
    for suffix in weightSuffixes where name.utf8.count > suffix.utf8.count && name.hasSuffix(suffix) {
      name = name.dropLast(suffix.count)
      isWeight = isWeight || suffix != "_quantized"
    }
    return isWeight ? String(name) : nil
  }

  /// Names that an exporter counted up.
  static func isAnonymous(_ name: String) -> Bool {
    let prefixes = ["onnx::", "const_fold_opt__", "val_", "_v_", "/"]
    return name.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      || prefixes.contains { name.utf8.starts(with: $0.utf8) }
  }

  /// The module in a list such as `['', 'block', 'block.0', 'linear']`: its end is the operation itself.
  static func module(inScopes list: String) -> String? {
    let names = list.split(separator: "'", omittingEmptySubsequences: false).enumerated()
      .filter { $0.offset % 2 == 1 }.map(\.element)
    guard names.count >= 2, let module = names.dropLast().last, !module.isEmpty else { return nil }
    return String(module)
  }

  /// A node's name without the operator's; fused nodes list their names, of which the first is taken.
  static func nodeName(_ name: String) -> String {
    var result = name.split(separator: ";").first.map(String.init) ?? ""
    if result.utf8.first == UInt8(ascii: "/") { result.removeFirst() }
    for suffix in operationSuffixes where result.hasSuffix(suffix) && result.utf8.count > suffix.utf8.count {
      return String(result.dropLast(suffix.count))
    }
    return result
  }
}
