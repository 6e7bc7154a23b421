public import ModelReading

/// The weights of two models side by side, matched by the name of their layer and their role in it, and where names
/// differ perhaps by shape.
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
    /// As in `LayerGraph.weights` of the second model; differs from `name` only where shapes were matched.
    public var partnerName: String
    /// Index of the layer in the second model.
    public var partnerID: Int
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

  /// - Parameters:
  ///   - matchesShapes: whether weights without a partner of their name are matched with those of the same role, kind
  ///     of layer and canonical shape, the first with the first, the second with the second.
  ///   - isWanted: tells by its name in the report and that of its layer whether a weight takes part.
  public init(
    _ first: LayerGraph, _ second: LayerGraph, matchesShapes: Bool = false,
    where isWanted: (_ name: String, _ layer: String) -> Bool = { _, _ in true }
  ) {
    let (candidates, partners) = (first.candidates(isWanted), second.candidates(isWanted))
    var chosen = [Int?](repeating: nil, count: candidates.count)
    var isTaken = [Bool](repeating: false, count: partners.count)
    for key in matchesShapes ? [Candidate.name, Candidate.shape] : [Candidate.name] {
      var open: [ByteString: [Int]] = [:]
      for index in partners.indices.reversed() where !isTaken[index] {
        open[key(partners[index]), default: []].append(index)
      }
      for index in candidates.indices where chosen[index] == nil {
        guard let partner = open[key(candidates[index])]?.popLast() else { continue }
        (chosen[index], isTaken[partner]) = (partner, true)
      }
    }
    for (candidate, partner) in zip(candidates, chosen) {
      guard let partner else {
        unmatched.append(Unmatched(side: .first, name: candidate.name, reason: "has no partner of its name"))
        continue
      }
      let pair = Pair(candidate, partners[partner])
      if let reason = pair.obstacle(first.format, second.format) {
        unmatched.append(Unmatched(side: .first, name: candidate.name, reason: reason))
      } else {
        pairs.append(pair)
      }
    }
    for (partner, isTaken) in zip(partners, isTaken) where !isTaken {
      unmatched.append(Unmatched(side: .second, name: partner.name, reason: "has no partner of its name"))
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
}

/// A weight that may have a partner.
private struct Candidate {
  var layerID: Int
  var name: String
  var layer: Layer
  var parameter: Parameter

  /// What weights of the same name have in common …
  static func name(_ candidate: Candidate) -> ByteString {
    ByteString(candidate.layer.name + "\0" + candidate.parameter.role.label)
  }

  /// … and those that could be the same under different names.
  static func shape(_ candidate: Candidate) -> ByteString {
    let parts = [
      candidate.parameter.role.label, candidate.layer.kind.label, shapeText(candidate.parameter.tensor.canonicalShape),
    ]
    return ByteString(parts.joined(separator: "\0"))
  }
}

extension LayerGraph {
  fileprivate func candidates(_ isWanted: (_ name: String, _ layer: String) -> Bool) -> [Candidate] {
    weights.compactMap { weight in
      let layer = layers[weight.layerID]
      guard isWanted(weight.name, layer.name) else { return nil }
      return Candidate(layerID: weight.layerID, name: weight.name, layer: layer, parameter: weight.parameter)
    }
  }
}

extension WeightMatching.Pair {
  fileprivate init(_ first: Candidate, _ second: Candidate) {
    self.init(
      layerID: first.layerID, name: first.name, first: first.parameter, second: second.parameter,
      layers: (first.layer, second.layer), partnerName: second.name, partnerID: second.layerID)
  }

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
