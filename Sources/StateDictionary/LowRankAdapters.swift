import ModelReading

/// Low-rank adapters: two thin matrices per adapted weight, whose product is what training added to it.
///
/// `lora_A` `[r, input]` and `lora_B` `[output, r]` (PEFT), `lora_down` and `lora_up` (kohya), `lora.down` and
/// `lora.up` (Diffusers), `lora_a` `[input, r]` and `lora_b` `[r, output]` (MLX). Analysed one by one the two
/// would tell nothing; here each pair becomes one weight, ΔW = B·A·alpha/r.
struct LowRankAdapters {
  /// What becomes one layer.
  struct Adapter {
    /// Path of the adapted module, with the name of the adapter where a file holds several.
    var name: String
    var factors: LowRankFactors
    var parts: [Parameter]
    var note: String
  }

  /// All tensors, the product at the place of its first factor.
  private(set) var tensors: [Tensor] = []
  private(set) var diagnostics: [Diagnostic] = []
  /// By the name of the product.
  private var adapters: [ByteString: Adapter] = [:]

  init(_ all: [Tensor], _ scaling: AdapterScaling?, _ limits: Limits) {
    let pairs = AdapterPair.pairs(of: all)
    guard !pairs.isEmpty else {
      tensors = all
      return
    }
    let names = Set(all.map { ByteString($0.name) })
    var products: [ByteString: Tensor] = [:]
    var used = Set<ByteString>()
    for pair in pairs {
      guard let adapter = pair.adapter(scaling), !names.contains(ByteString(pair.productName)) else { continue }
      used.formUnion(adapter.parts.map { ByteString($0.tensor.name) })
      do throws(ReadError) {
        let product = try adapter.factors.product(named: pair.productName, limits: limits)
        products[ByteString(adapter.parts[0].tensor.name)] = product
        adapters[ByteString(product.name)] = adapter
      } catch {
        diagnostics += adapter.parts.map {
          Diagnostic(.unsupportedTensor, $0.tensor.name, error.message, hint: error.hint)
        }
      }
    }
    for tensor in all {
      let name = ByteString(tensor.name)
      if let product = products[name] { tensors.append(product) }
      if !used.contains(name) { tensors.append(tensor) }
    }
  }

  subscript(product: Tensor) -> Adapter? { adapters[ByteString(product.name)] }
}

/// The tensors of one adapter, by what they are.
private struct AdapterPair {
  /// Path of the adapted module.
  let module: String
  /// Name of the adapter where a file holds several; empty otherwise.
  let adapter: String
  var down: AdapterPart?
  var up: AdapterPart?
  var alpha: Tensor?
  var magnitude: Tensor?

  var name: String { module + (adapter.isEmpty ? "" : "." + adapter) }
  var productName: String { name + ".lora_delta" }

  /// Those that are complete, in the order of their first tensors.
  static func pairs(of tensors: [Tensor]) -> [AdapterPair] {
    var pairs: [AdapterPair] = []
    var index: [ByteString: Int] = [:]
    for part in tensors.lazy.compactMap(AdapterPart.init) {
      let key = ByteString(part.module + "\0" + part.adapter)
      let position = index[key] ?? pairs.count
      if position == pairs.count {
        index[key] = position
        pairs.append(AdapterPair(module: part.module, adapter: part.adapter))
      }
      switch part.role {
      case .down: pairs[position].down = part
      case .up: pairs[position].up = part
      case .alpha: pairs[position].alpha = part.tensor
      case .magnitude: pairs[position].magnitude = part.tensor
      }
    }
    return pairs.filter { $0.down != nil && $0.up != nil }
  }

  /// `nil` if the shapes of the two do not fit.
  func adapter(_ scaling: AdapterScaling?) -> LowRankAdapters.Adapter? {
    guard let down, let up, let (left, right) = oriented(up, down), left.rank >= 2 else { return nil }
    let rank = left.shape[1]
    let stored: Double? = alpha.flatMap { try? $0.values(as: Double.self).first }
    let factor = stored.map { $0 / Double(rank) } ?? scaling?.factor(rank: rank, module: module)
    guard let factors = LowRankFactors(left: left, right: right, scale: factor ?? 1) else { return nil }
    return LowRankAdapters.Adapter(
      name: name, factors: factors, parts: parts, note: note(rank: rank, factor: factor))
  }

  private var parts: [Parameter] {
    [("lora_down", down?.tensor), ("lora_up", up?.tensor), ("alpha", alpha), ("magnitude", magnitude)]
      .compactMap { role, tensor in tensor.map { Parameter(.other(role), $0) } }
  }

  /// `[output, r]` and `[r, input]`.
  private func oriented(_ up: AdapterPart, _ down: AdapterPart) -> (left: Tensor, right: Tensor)? {
    guard up.isInputFirst else { return (up.tensor, down.tensor) }
    guard up.tensor.rank == 2, down.tensor.rank == 2 else { return nil }
    return (up.tensor.permuted([1, 0]), down.tensor.permuted([1, 0]))
  }

  private func note(rank: Int, factor: Double?) -> String {
    var sentences = ["is an update of rank \(rank), stored as two matrices; its other eigenvalues are zero"]
    if factor == nil {
      sentences.append("the file does not tell its factor alpha/r, and norms are those without it")
    }
    if magnitude != nil { sentences.append("the magnitudes of DoRA, which need the base weight, are not applied") }
    return sentences.joined(separator: "; ")
  }
}

/// One tensor of an adapter, as its name tells.
private struct AdapterPart {
  enum Role { case down, up, alpha, magnitude }

  let tensor: Tensor
  let module: String
  let adapter: String
  let role: Role
  /// Whether matrices lie as `[input, r]` and `[r, output]`.
  let isInputFirst: Bool

  private static let words: [(name: String, role: Role, isInputFirst: Bool)] = [
    ("lora_A", .down, false), ("lora_B", .up, false),
    ("lora_embedding_A", .down, false), ("lora_embedding_B", .up, false),
    ("lora_down", .down, false), ("lora_up", .up, false),
    ("lora_a", .down, true), ("lora_b", .up, true),
    ("lora_magnitude_vector", .magnitude, false), ("dora_scale", .magnitude, false),
  ]

  init?(_ tensor: Tensor) {
    var components = tensor.name.split(separator: ".", omittingEmptySubsequences: false)
    if components.count > 1, components.last == "weight" { components.removeLast() }
    self.tensor = tensor
    if components.count > 1, components.last == "alpha", tensor.elementCount == 1,
      tensor.elementType.isFloatingPoint || tensor.elementType.isInteger
    {
      module = components.dropLast().joined(separator: ".")
      (adapter, role, isInputFirst) = ("", .alpha, false)
      return
    }
    // The name of the adapter, where there is one, stands behind the word.
    for position in [components.count - 1, components.count - 2] where position >= 1 {
      guard let word = AdapterPart.words.first(where: { $0.name == components[position] }) else { continue }
      module = components[..<position].joined(separator: ".")
      adapter = components[(position + 1)...].joined(separator: ".")
      (role, isInputFirst) = (word.role, word.isInputFirst)
      return
    }
    guard components.count >= 2, let role = ["down": Role.down, "up": .up][components[components.count - 1]],
      let module = AdapterPart.module(components.dropLast())
    else { return nil }
    self.module = module
    self.role = role
    (adapter, isInputFirst) = ("", false)
  }

  /// `to_q` of `to_q.lora`, `to_q.lora_linear_layer` and `to_q_lora`.
  private static func module(_ components: ArraySlice<Substring>) -> String? {
    guard let last = components.last else { return nil }
    if last == "lora" || last == "lora_linear_layer" { return components.dropLast().joined(separator: ".") }
    guard last.hasSuffix("_lora") else { return nil }
    return (components.dropLast() + [last.dropLast(5)]).joined(separator: ".")
  }
}
