import ModelReading

extension LayerAssembler {
  /// Scale, offset and statistics; also layers of nothing but vectors, such as PReLU.
  mutating func assembleNormalization() {
    guard let kind = vectorLayerKind else { return }
    var parameters: [Parameter] = []
    var taken: Set<ByteString> = []
    for (role, fits) in roles {
      guard let tensor = rest.first(where: { fits($0.leaf) && !taken.contains(ByteString($0.tensor.name)) }) else {
        continue
      }
      taken.insert(ByteString(tensor.tensor.name))
      parameters.append(parameter(role, tensor.tensor))
    }
    guard let first = rest.first(where: { taken.contains(ByteString($0.tensor.name)) }) else { return }
    rest.removeAll { taken.contains(ByteString($0.tensor.name)) }
    layers.append(Layer(name: layerName(for: first), kind: kind, parameters: parameters))
  }

  private var roles: [(Role, (Leaf) -> Bool)] {
    [
      (.scale, { $0 == .scale || $0 == .weight || $0 == .kernel }), (.offset, { $0 == .offset || $0 == .bias }),
      (.runningMean, { $0 == .runningMean }), (.runningVariance, { $0 == .runningVariance }),
    ]
  }

  /// What a group without a kernel is; `nil` if it has one, or no role that is known.
  private var vectorLayerKind: LayerKind? {
    let weight = rest.first { $0.leaf == .weight || $0.leaf == .kernel }
    let bias = rest.first { $0.leaf == .bias }
    if let weight, weight.rank >= 2 {
      // A normalisation over several axes has a scale and an offset of one shape.
      guard weight.tensor.elementType.isFloatingPoint, let bias, bias.tensor.shape == weight.tensor.shape else {
        return nil
      }
      return .normalization
    }
    guard !rest.contains(where: { $0.leaf == .table || ($0.leaf == .other && $0.rank >= 2) }) else { return nil }
    let names: [Leaf] = [.scale, .offset, .runningMean, .runningVariance]
    let maximumRank = words.isLayerStack ? 2 : 1
    if rest.contains(where: { names.contains($0.leaf) }), rest.allSatisfy({ $0.rank <= maximumRank }) {
      return words.isNormalization || rest.count > 1 ? .normalization : nil
    }
    guard let weight, rest.allSatisfy({ $0.rank <= 1 }) else { return nil }
    if bias != nil || words.isNormalization { return .normalization }
    return weight.rank == 1 ? .other(words.last.utf8.contains(subsequence: "prelu".utf8) ? "prelu" : "vector") : nil
  }
}
