import ModelReading

extension LayerAssembler {
  /// `weight_ih_l0` and its like: one layer per depth and direction.
  mutating func assembleTorchRecurrent() {
    var depths: [String?] = []
    var parts: [String?: [(part: Leaf.RecurrentPart, tensor: NamedTensor)]] = [:]
    for tensor in rest {
      guard case .recurrent(let part, let depth) = tensor.leaf, tensor.rank <= 2 else { continue }
      if parts[depth] == nil { depths.append(depth) }
      parts[depth, default: []].append((part, tensor))
    }
    var taken = Set<ByteString>()
    for depth in depths { assembleTorchRecurrent(depth, parts[depth] ?? [], &taken) }
    if !taken.isEmpty { rest.removeAll { taken.contains(ByteString($0.tensor.name)) } }
  }

  private mutating func assembleTorchRecurrent(
    _ depth: String?, _ parts: [(part: Leaf.RecurrentPart, tensor: NamedTensor)], _ taken: inout Set<ByteString>
  ) {
    func tensor(_ part: Leaf.RecurrentPart) -> Tensor? {
      parts.first { $0.part == part && $0.tensor.rank == 2 }?.tensor.tensor
    }
    guard let kernel = tensor(.input) ?? tensor(.hidden) else { return }
    let projection = tensor(.projection)
    let hidden = projection?.shape[1] ?? tensor(.hidden)?.shape[1]
    let cell = cell(rows: kernel.shape[0], hidden: hidden)
    var parameters: [Parameter] = []
    for (part, member) in parts.sorted(by: { order($0.part) < order($1.part) }) {
      parameters.append(recurrentParameter(part, member.tensor, cell))
      taken.insert(ByteString(member.tensor.name))
    }
    let name = depth.map { path($0) } ?? (group.prefix.isEmpty ? kernel.name : group.prefix)
    layers.append(Layer(name: name, kind: cell.map { .recurrent($0) } ?? .other("recurrent"), parameters: parameters))
  }

  private func order(_ part: Leaf.RecurrentPart) -> Int {
    switch part {
    case .input: 0
    case .hidden: 1
    case .projection: 2
    case .inputBias: 3
    case .hiddenBias: 4
    }
  }

  private func recurrentParameter(
    _ part: Leaf.RecurrentPart, _ tensor: Tensor, _ cell: LayerKind.RecurrentCell?
  ) -> Parameter {
    switch part {
    case .input: parameter(.kernel, gated(tensor, cell))
    case .hidden: parameter(.recurrentKernel, gated(tensor, cell))
    case .projection: parameter(.weight("projection"), tensor.rank == 2 ? tensor.labelled([.output, .input]) : tensor)
    case .inputBias: parameter(.bias, tensor)
    case .hiddenBias: parameter(.other("recurrent_bias"), tensor)
    }
  }

  /// `[gates · hidden, input]` with its gates apart.
  private func gated(_ tensor: Tensor, _ cell: LayerKind.RecurrentCell?) -> Tensor {
    guard tensor.rank == 2 else { return tensor }
    let labelled = tensor.labelled([.output, .input])
    guard let cell, cell.gateCount > 1 else { return labelled }
    return labelled.split(axis: 0, into: cell.gateCount, roles: (.gate, .output)) ?? labelled
  }

  /// The cell with so many rows per hidden unit, or the one that the name mentions.
  func cell(rows: Int, hidden: Int?) -> LayerKind.RecurrentCell? {
    guard let hidden else { return words.mentionsRecurrence.flatMap(LayerKind.RecurrentCell.init) }
    guard hidden > 0, rows % hidden == 0 else { return nil }
    return [.rnn, .gru, .lstm].first { $0.gateCount == rows / hidden }
  }

  /// `kernel` `[input, gates · units]` and `recurrent_kernel` `[units, gates · units]`.
  mutating func assembleKerasRecurrent() {
    guard let recurrent = rest.first(where: { $0.leaf == .recurrentKernel && $0.rank == 2 }) else { return }
    let kernel = rest.first { $0.leaf == .kernel && $0.rank == 2 }
    let cell = cell(rows: recurrent.tensor.shape[1], hidden: recurrent.tensor.shape[0])
    var parameters: [Parameter] = []
    if let kernel { parameters.append(parameter(.kernel, gatedColumns(kernel.tensor, cell))) }
    parameters.append(parameter(.recurrentKernel, gatedColumns(recurrent.tensor, cell)))
    rest.removeAll { $0.tensor.name == recurrent.tensor.name || $0.tensor.name == kernel?.tensor.name }
    if let bias = take(.bias) { parameters.append(parameter(.bias, bias.tensor)) }
    layers.append(
      Layer(
        name: layerName(for: kernel ?? recurrent), kind: cell.map { .recurrent($0) } ?? .other("recurrent"),
        parameters: parameters))
  }

  private func gatedColumns(_ tensor: Tensor, _ cell: LayerKind.RecurrentCell?) -> Tensor {
    let labelled = tensor.labelled([.input, .output])
    guard let cell, cell.gateCount > 1 else { return labelled }
    return labelled.split(axis: 1, into: cell.gateCount, roles: (.gate, .output)) ?? labelled
  }
}
