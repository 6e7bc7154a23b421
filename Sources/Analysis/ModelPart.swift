/// Some of a model's layers: its parts together have each layer once.
///
/// Which layers these are follows from their shapes and the options alone.
public struct ModelPart: Sendable, Hashable {
  /// From 1.
  public let number: Int
  /// How many parts the model has.
  public let count: Int

  /// More would cost more than they save.
  public static let maximumCount = 1024

  /// - Returns: `nil` if there is no such part.
  public init?(_ number: Int, of count: Int) {
    guard (1...ModelPart.maximumCount).contains(count), (1...count).contains(number) else { return nil }
    self.number = number
    self.count = count
  }
}

extension [LayerTask] {
  /// Those of one part, in order: a layer has all its weights in one part.
  func tasks(of part: ModelPart) -> [LayerTask] {
    let layers = layers(inEachOf: part.count)[part.number - 1]
    return filter { layers.contains($0.layerID) }
  }

  /// How many parts have about `limit` operations each, or as many as the costliest layer; 1 for what has no more at all.
  func partCount(above limit: Double) -> Int {
    let costs = layerOperations.values
    let total = costs.reduce(0, +)
    guard total > limit, let largest = costs.max() else { return 1 }
    let count = (total / Swift.max(limit, largest)).rounded(.up)
    // No part is without a layer that costs something.
    return Swift.min(Int(Swift.min(count, Double(ModelPart.maximumCount))), costs.count { $0 > 0 })
  }

  /// The costliest layer first, each to the part that has least so far.
  private func layers(inEachOf count: Int) -> [Set<Int>] {
    var parts = [(operations: Double, layers: Set<Int>)](repeating: (0, []), count: count)
    for (layer, operations) in layerOperations.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
      let least = parts.indices.min { parts[$0].operations < parts[$1].operations } ?? 0
      parts[least].operations += operations
      parts[least].layers.insert(layer)
    }
    return parts.map(\.layers)
  }

  private var layerOperations: [Int: Double] {
    reduce(into: [:]) { $0[$1.layerID, default: 0] += $1.operations }
  }
}
