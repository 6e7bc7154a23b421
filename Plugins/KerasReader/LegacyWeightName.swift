/// The name of a weight in a legacy file, taken apart.
///
/// `bn_1/bn_1_1/beta:0` of the layer `bn_1` → scopes none, variable `beta`;
/// `lenet5/conv1/kernel` of `conv1` → none, `kernel`;
/// `convolution2d_1_W` of `block` → `convolution2d_1`, `kernel`.
struct LegacyWeightName {
  /// What lies between the layer and the variable, outermost first.
  let scopes: [String]
  /// As `VariableName` calls it; a number where the file has only a position.
  let variable: String

  init(_ name: String, layer: String) {
    var components = name.split(separator: "/").map(String.init)
    var variable = Self.withoutOutputIndex(components.popLast() ?? name)
    if let position = Self.position(variable) {
      variable = position
    } else if let (owner, suffix) = Self.splitKeras1(variable) {
      variable = suffix
      if owner != layer { components.append(owner) }
    }
    if let own = components.firstIndex(where: { $0 == layer || withoutIndex($0) == layer }) {
      components.removeFirst(own + 1)
    }
    scopes = components
    self.variable = variable
  }

  /// TensorFlow numbers a variable's outputs: `kernel:0`.
  private static func withoutOutputIndex(_ name: String) -> String {
    guard let colon = name.lastIndex(of: ":"), Int(name[name.index(after: colon)...]) != nil else { return name }
    return String(name[..<colon])
  }

  /// `param_3` → 3.
  private static func position(_ name: String) -> String? {
    guard name.hasPrefix("param_"), let number = Int(name.dropFirst(6)), number >= 0 else { return nil }
    return String(number)
  }

  /// Keras 1 puts layer and variable into one name: `dense_1_W`, `lstm_1_U_c`. Keras 3 has `lora_kernel_b`.
  private static func splitKeras1(_ name: String) -> (owner: String, variable: String)? {
    if name.hasPrefix("lora_") { return nil }
    for suffix in keras1Suffixes where name.hasSuffix("_" + suffix) && name.utf8.count > suffix.utf8.count + 1 {
      return (String(name.dropLast(suffix.count + 1)), suffix)
    }
    return nil
  }

  private static let keras1Suffixes: [String] = {
    let gates = ["i", "f", "c", "o", "z", "r", "h"]
    return ["running_mean", "running_std", "gamma", "beta"] + gates.flatMap { ["W_" + $0, "U_" + $0, "b_" + $0] }
      + ["W", "U", "b"]
  }()
}
