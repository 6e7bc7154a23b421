public import ModelReading

/// The weights of two models side by side, matched by the name of their layer and their role in it.
public struct WeightMatching: Sendable {
  /// A weight of the first model and the one of the second that corresponds to it.
  public struct Pair: Sendable {
    /// Index of the layer in the first model.
    public var layerID: Int
    /// As in `LayerGraph.weights` of the first model.
    public var name: String
    public var first: Parameter
    public var second: Parameter
    /// The layers that the two are in.
    public var layers: (first: Layer, second: Layer)
  }

  /// A weight that is compared with none.
  public struct Unmatched: Sendable, Equatable {
    public enum Side: String, Sendable { case first, second }
    public var side: Side
    public var name: String
    /// Present tense, no full stop: what of it is in the way.
    public var reason: String
  }

  /// In the order of the first model.
  public private(set) var pairs: [Pair] = []
  public private(set) var unmatched: [Unmatched] = []

  /// - Parameter isWanted: tells by its name in the report and that of its layer whether a weight takes part.
  public init(
    _ first: LayerGraph, _ second: LayerGraph,
    where isWanted: (_ name: String, _ layer: String) -> Bool = { _, _ in true }
  ) {
    var partners: [ByteString: [(layer: Layer, name: String, parameter: Parameter)]] = [:]
    for weight in second.weights.reversed() {
      let layer = second.layers[weight.layerID]
      guard isWanted(weight.name, layer.name) else { continue }
      partners[WeightMatching.key(layer, weight.parameter), default: []].append((layer, weight.name, weight.parameter))
    }
    for weight in first.weights {
      let layer = first.layers[weight.layerID]
      guard isWanted(weight.name, layer.name) else { continue }
      guard let partner = partners[WeightMatching.key(layer, weight.parameter)]?.popLast() else {
        unmatched.append(Unmatched(side: .first, name: weight.name, reason: "has no partner of its name"))
        continue
      }
      let pair = Pair(
        layerID: weight.layerID, name: weight.name, first: weight.parameter, second: partner.parameter,
        layers: (layer, partner.layer))
      if let reason = pair.obstacle(first.format, second.format) {
        unmatched.append(Unmatched(side: .first, name: weight.name, reason: reason))
      } else {
        pairs.append(pair)
      }
    }
    // What is left, in its own order.
    for weight in second.weights {
      let layer = second.layers[weight.layerID]
      guard partners[WeightMatching.key(layer, weight.parameter)]?.popLast() != nil else { continue }
      unmatched.append(Unmatched(side: .second, name: weight.name, reason: "has no partner of its name"))
    }
  }

  /// - Parameter second: what messages call the second model.
  /// - Throws: `.unsupported` if there is nothing to compare.
  func verifyPairs(_ first: LayerGraph, with second: String) throws(ReadError) {
    guard pairs.isEmpty else { return }
    let example = unmatched.first.map { ": \($0.name) \($0.reason)" } ?? ""
    throw ReadError(
      .unsupported, "has no weight of the same name and shape as one of \(second)\(example)",
      file: first.files.first ?? "", hint: "heavytail inspect lists the layers of each")
  }

  private static func key(_ layer: Layer, _ parameter: Parameter) -> ByteString {
    ByteString(layer.name + "\0" + parameter.role.label)
  }
}

extension WeightMatching.Pair {
  /// Why the two are not compared entry by entry, or `nil`.
  fileprivate func obstacle(_ format: String, _ other: String) -> String? {
    let (shape, partner) = (first.tensor.canonicalShape, second.tensor.canonicalShape)
    if shape != partner { return "is \(shapeText(shape)), its partner \(shapeText(partner))" }
    if (layers.first.kind == .lowRankAdapter) != (layers.second.kind == .lowRankAdapter) {
      return "is a \(layers.first.kind.label), its partner a \(layers.second.kind.label)"
    }
    if case .recurrent = layers.first.kind, format != other {
      return "has gates in the order of \(format), its partner in that of \(other)"
    }
    return nil
  }
}

private func shapeText(_ shape: [Int]) -> String { shape.map(String.init).joined(separator: "×") }
