/// A tensor's name, taken apart.
struct TensorName {
  /// All but the last component: the layer's path; empty when there is but one.
  let prefix: String
  /// The last component in lower case, without TensorFlow's `:0`.
  let leafText: String
  let leaf: Leaf
  /// The separator before the last component, `.` when there is none.
  let separator: String

  init(_ name: String) {
    let bytes = Array(name.utf8)
    let end = TensorName.endWithoutOutputIndex(bytes)
    if let split = bytes[..<end].lastIndex(where: { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "/") }) {
      if let inner = TensorName.attentionSplit(bytes[(split + 1)..<end]) {
        self.init(bytes[..<inner], bytes[(inner + 1)..<end], separator: "_")
        return
      }
      self.init(bytes[..<split], bytes[(split + 1)..<end], separator: String(decoding: [bytes[split]], as: UTF8.self))
    } else if let split = TensorName.underscoreSplit(bytes[..<end]) {
      self.init(bytes[..<split], bytes[(split + 1)..<end], separator: "_")
    } else {
      self.init([], bytes[..<end], separator: ".")
    }
  }

  private init(_ prefix: ArraySlice<UInt8>, _ leaf: ArraySlice<UInt8>, separator: String) {
    let text = String(decoding: leaf.map(lowercased), as: UTF8.self)
    // Haiku puts two slashes before the parameter: `linear//weights`.
    let end = prefix.lastIndex { $0 != UInt8(ascii: "/") }.map { $0 + 1 } ?? prefix.endIndex
    let path = String(decoding: prefix[..<end], as: UTF8.self)
    self.separator = separator
    (self.prefix, leafText) = TensorName.parametrized(path, text) ?? (path, text)
    self.leaf = Leaf(leafText)
  }

  /// `fc.parametrizations.weight.original1` is what older releases call `fc.weight_v`, and
  /// `fc.parametrizations.weight.0._u` is `fc.weight_u`.
  private static func parametrized(_ path: String, _ text: String) -> (String, String)? {
    let suffixes = ["original": "_orig", "original0": "_g", "original1": "_v", "_u": "_u", "_v": "_v"]
    guard let suffix = suffixes[text] else { return nil }
    var components = path.split(separator: ".", omittingEmptySubsequences: false)
    if suffix == text, components.count > 2 { components.removeLast() }
    guard components.count >= 2, components[components.count - 2] == "parametrizations" else { return nil }
    let parameter = components.removeLast()
    components.removeLast()
    return (components.joined(separator: "."), parameter.lowercased() + suffix)
  }

  /// `conv1_W` and `fc1_bias` have no other separator than the underscore.
  private static func underscoreSplit(_ bytes: ArraySlice<UInt8>) -> Int? {
    guard let split = bytes.lastIndex(of: UInt8(ascii: "_")), split > bytes.startIndex else { return nil }
    // A name that is a leaf as a whole is not cut: `in_proj_weight`, `running_mean`.
    guard Leaf(String(decoding: bytes.map(lowercased), as: UTF8.self)) == .other else { return nil }
    switch Leaf(String(decoding: bytes[(split + 1)...].map(lowercased), as: UTF8.self)) {
    case .weight, .kernel, .bias: return split
    default: return nil
    }
  }

  /// `query_w` and `output_b` of an attention layer are parameters of a projection each.
  private static func attentionSplit(_ bytes: ArraySlice<UInt8>) -> Int? {
    guard bytes.count > 2, let last = bytes.last.map(lowercased),
      [UInt8(ascii: "w"), UInt8(ascii: "b")].contains(last),
      bytes[bytes.endIndex - 2] == UInt8(ascii: "_"),
      ["query", "key", "value", "gating", "output"].contains(String(decoding: bytes.dropLast(2), as: UTF8.self))
    else { return nil }
    return bytes.endIndex - 2
  }

  /// Where the name ends when `:0`, the output of a TensorFlow operation, is left off.
  private static func endWithoutOutputIndex(_ bytes: [UInt8]) -> Int {
    guard let colon = bytes.lastIndex(of: UInt8(ascii: ":")), colon > 0, colon + 1 < bytes.count,
      bytes[(colon + 1)...].allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    else { return bytes.count }
    return colon
  }
}

/// The byte in lower case if it is an ASCII capital letter.
func lowercased(_ byte: UInt8) -> UInt8 {
  (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
}
