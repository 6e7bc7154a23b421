import ModelReading

/// Makes the layers of one group of tensors.
///
/// Each rule takes the tensors it understands out of `rest`; what no rule wants
/// is named in a diagnostic.
struct LayerAssembler {
  let group: TensorGroup
  let rules: KernelRules
  let adapters: LowRankAdapters
  let aliases: [ByteString: [String]]
  let words: Words

  var rest: [NamedTensor]
  var layers: [Layer] = []
  var diagnostics: [Diagnostic] = []

  init(_ group: TensorGroup, _ rules: KernelRules, _ adapters: LowRankAdapters, aliases: [ByteString: [String]]) {
    self.group = group
    self.rules = rules
    self.adapters = adapters
    self.aliases = aliases
    words = Words(group.prefix)
    rest = group.members
  }

  /// Turns all of the group into layers and diagnostics.
  mutating func assemble() {
    assembleAdapters()
    assembleTorchRecurrent()
    assembleProjections()
    assembleKerasRecurrent()
    assembleSeparable()
    assembleNormalization()
    recombineWeightNormalization()
    assembleKernel()
    assembleNamelessTensors()
    attachRemainder()
  }

  // MARK: Tools of the rules

  /// Takes the first tensor with this leaf out of the rest.
  mutating func take(_ leaf: Leaf) -> NamedTensor? { take(where: { $0.leaf == leaf }) }

  mutating func take(where fits: (NamedTensor) -> Bool) -> NamedTensor? {
    rest.firstIndex(where: fits).map { rest.remove(at: $0) }
  }

  func parameter(_ role: Role, _ tensor: Tensor) -> Parameter {
    Parameter(role, tensor, aliases: aliases[ByteString(tensor.name)] ?? [])
  }

  /// The group's path, or the tensor's own name where the path is empty.
  func layerName(for tensor: NamedTensor) -> String { group.prefix.isEmpty ? tensor.tensor.name : group.prefix }

  /// A path below the group's.
  func path(_ component: String, _ separator: String = ".") -> String {
    group.prefix.isEmpty ? component : group.prefix + separator + component
  }

  mutating func leaveOut(_ tensor: NamedTensor, _ message: String, hint: String? = nil) {
    diagnostics.append(Diagnostic(.notAWeight, tensor.tensor.name, message, hint: hint))
  }

  // MARK: Rules

  /// The product of an adapter's two matrices.
  private mutating func assembleAdapters() {
    var kept: [NamedTensor] = []
    for tensor in rest {
      guard let adapter = adapters[tensor.tensor] else {
        kept.append(tensor)
        continue
      }
      let product = Parameter(.kernel, tensor.tensor, factors: adapter.factors)
      layers.append(
        Layer(name: adapter.name, kind: .lowRankAdapter, parameters: [product] + adapter.parts, note: adapter.note))
    }
    rest = kept
  }

  /// A kernel and its bias: the usual layer.
  private mutating func assembleKernel() {
    guard let kernel = rest.first(where: isKernel) else { return }
    let bias = rest.first { $0.leaf == .bias && $0.tensor.elementType.isFloatingPoint }
    let (effective, note) = effective(kernel)
    let stack = bias.flatMap { rules.describeStack(effective, bias: $0.tensor.shape, words: words) }
    guard let described = stack ?? rules.describe(effective, bias: group.biasLength, words: words) else { return }
    _ = take(where: { $0.tensor.name == kernel.tensor.name })
    var parameters = kernels(described, words)
    if let bias, let taken = take(where: { $0.tensor.name == bias.tensor.name }) {
      parameters.append(parameter(.bias, taken.tensor))
    }
    layers.append(
      Layer(
        name: layerName(for: kernel), kind: described.kind, parameters: parameters, groups: described.groups,
        note: described.note ?? note ?? fusionNote(parameters, words)))
  }

  /// The kernel, or the projections that it consists of.
  private func kernels(_ described: DescribedKernel, _ words: Words) -> [Parameter] {
    guard let parts = rules.projections.parts(of: described.tensor, words: words) else {
      return [parameter(.kernel, described.tensor)]
    }
    return parts.map { parameter(.weight($0.name), $0.tensor) }
  }

  private func fusionNote(_ parameters: [Parameter], _ words: Words) -> String? {
    guard parameters[0].role == .kernel, parameters[0].tensor.rank <= 3 else { return nil }
    if words.isFusedGate { return "gate and up projections are fused in one matrix, and analysed as one" }
    guard words.isFusedAttention else { return nil }
    return "query, key and value projections are fused in one matrix, and analysed as one"
  }

  private func isKernel(_ tensor: NamedTensor) -> Bool {
    guard tensor.rank >= 2 else { return false }
    switch tensor.leaf {
    case .weight, .kernel, .table: return true
    default: return tensor.name.leafText == "weight_orig"
    }
  }

  /// Matrices that are parameters by themselves: `experts.gate_up_proj`, `in_proj`, an array of an npz.
  private mutating func assembleNamelessTensors() {
    let inputFirst = expertsAreInputFirst
    let biases = companionBiases
    var kept: [NamedTensor] = []
    var attached = Set<ByteString>()
    for tensor in rest {
      guard tensor.rank >= 2, tensor.leaf == .other || isKernel(tensor), biases[ByteString(tensor.name.leafText)] == nil
      else {
        kept.append(tensor)
        continue
      }
      if tensor.leaf == .other, let reason = NotAWeight.reason(tensor, words: words) {
        leaveOut(tensor, reason)
        continue
      }
      let own = Words(group.prefix + "." + tensor.name.leafText)
      guard let described = describeNameless(tensor, own, inputFirst) else {
        kept.append(tensor)
        continue
      }
      var parameters = kernels(described, own)
      if let bias = biases[ByteString(tensor.name.leafText + "_bias")],
        attached.insert(ByteString(bias.tensor.name)).inserted
      {
        parameters.append(parameter(.bias, bias.tensor))
      }
      layers.append(
        Layer(
          name: tensor.tensor.name, kind: described.kind, parameters: parameters, groups: described.groups,
          note: described.note ?? fusionNote(parameters, own)))
    }
    rest = kept.filter { !attached.contains(ByteString($0.tensor.name)) }
  }

  private func describeNameless(_ tensor: NamedTensor, _ own: Words, _ inputFirst: Bool) -> DescribedKernel? {
    if let experts = rules.stackedExperts(tensor.tensor, words: own) { return experts }
    if tensor.rank == 3, own.isExpert, !own.isConvolution {
      return rules.expertStack(tensor.tensor, inputFirst: inputFirst)
    }
    return rules.describe(tensor, bias: nil, words: own)
  }

  /// Biases of nameless tensors by their names: `gate_up_proj_bias` of `gate_up_proj`.
  private var companionBiases: [ByteString: NamedTensor] {
    var result: [ByteString: NamedTensor] = [:]
    for tensor in rest where tensor.rank <= 2 && tensor.name.leafText.utf8.suffix(5).elementsEqual("_bias".utf8) {
      result[ByteString(tensor.name.leafText)] = tensor
    }
    return result
  }

  /// Whether the stacked experts are `[expert, input, output]`: `gate_up_proj`
  /// yields twice what `down_proj` takes.
  private var expertsAreInputFirst: Bool {
    guard let up = group.first(named: "gate_up_proj")?.tensor.shape, up.count == 3,
      let down = group.first(named: "down_proj")?.tensor.shape, down.count == 3
    else { return rules.convention == .channelsLast }
    func yieldsTwice(_ a: Int, _ b: Int) -> Bool { a % 2 == 0 && a / 2 == b }
    if yieldsTwice(up[1], down[2]), up[2] == down[1] { return false }
    return yieldsTwice(up[2], down[1]) && up[1] == down[2]
  }

  /// What is left: vectors join the layer that has the group's path, matrices are named and left out.
  private mutating func attachRemainder() {
    let owner = layers.firstIndex { ByteString($0.name) == ByteString(group.prefix) }
    for tensor in rest {
      let isPart =
        tensor.rank < 2 || tensor.leaf == .bias || ["weight_g", "weight_mask"].contains(tensor.name.leafText)
      if let owner, isPart {
        layers[owner].parameters.append(parameter(.other(tensor.name.leafText), tensor.tensor))
      } else if tensor.rank >= 2 {
        leaveOut(tensor, NotAWeight.reason(tensor, words: words) ?? NotAWeight.unknown(tensor))
      }
    }
    rest = []
  }
}
