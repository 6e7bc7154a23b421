import ModelReading
import StateDictionary

/// Makes layers of the tensors.
struct LayerBuilder {
  private(set) var layers: [Layer] = []
  private(set) var diagnostics: [Diagnostic] = []

  init(_ set: PartSet, _ facts: ModelFacts, _ limits: Limits) {
    var tensors: [Tensor] = []
    for tensor in set.parts.lazy.flatMap(\.tensors) {
      let place = TensorPlace(tensor.name)
      if let reason = place.reason(tensor) {
        diagnostics.append(Diagnostic(.notAWeight, tensor.name, reason))
      } else {
        tensors.append(place.labelled(tensor))
      }
    }
    var hints = StateDictionary.Hints()
    hints.architectures = facts.architectures
    hints.adapterScaling = facts.adapterScaling
    let result = StateDictionary.layers(
      from: tensors, convention: .pytorch, order: .natural, hints: hints, limits: limits)
    diagnostics += result.diagnostics
    let quantizations = set.parts.reduce(into: [:]) { $0.merge($1.quantizations) { first, _ in first } }
    let all = result.layers.map { described($0, facts, quantizations) }
    // Data go through tables first, whatever they are called.
    layers = all.filter { $0.kind == .embedding } + all.filter { $0.kind != .embedding }
  }

  /// What only this format knows of a layer.
  private func described(
    _ layer: Layer, _ facts: ModelFacts, _ quantizations: [ByteString: Quantization]
  ) -> Layer {
    var copy = layer
    guard let kernel = layer.parameters.first(where: \.isWeight)?.tensor else { return layer }
    let place = TensorPlace(kernel.name)
    switch layer.kind {
    case .expertStack where !place.isExpert: copy.kind = .other("stack")
    case .convolution(rank: 1) where place.isFilterBank && kernel.shape[1] == 1:
      copy.kind = .depthwiseConvolution(rank: 1)
      copy.groups = kernel.shape[0]
    case .lowRankAdapter where layer.name.hasSuffix(".weight"):
      copy.name.removeLast(".weight".count)
      copy = copy.withAttentionHeads(facts.architectures)
    default: break
    }
    if let quantization = quantizations[ByteString(kernel.name)] {
      copy.note = [layer.note, "dequantised from \(quantization.name)"].compactMap(\.self).joined(separator: "; ")
    }
    return copy
  }
}
