import ModelReading

extension LayerKind {
  /// More spatial axes than any layer has.
  private static let maximumRank = 32

  private static let known: [String: LayerKind] = {
    var kinds: [LayerKind] = [.dense, .embedding, .attention, .expertStack, .lowRankAdapter, .normalization]
    kinds += [.recurrent(.rnn), .recurrent(.lstm), .recurrent(.gru)]
    for rank in 0...maximumRank {
      kinds += [.convolution(rank: rank), .depthwiseConvolution(rank: rank), .transposedConvolution(rank: rank)]
    }
    return Dictionary(kinds.map { ($0.label, $0) }) { first, _ in first }
  }()

  /// The kind that shows itself under this name.
  init(label: String) { self = LayerKind.known[label] ?? .other(label) }
}

extension Role {
  private static let known: [Role] = [
    .kernel, .recurrentKernel, .bias, .scale, .offset, .runningMean, .runningVariance,
  ]

  /// The role that shows itself under this name.
  init(label: String, isWeight: Bool) {
    let own = Role.known.first { $0.isWeight == isWeight && $0.label.utf8.elementsEqual(label.utf8) }
    self = own ?? (isWeight ? .weight(label) : .other(label))
  }
}

extension Axis {
  private static let known: [Axis] =
    [.expert, .direction, .gate, .group, .output, .input, .vocabulary, .other] + (0..<32).map(Axis.spatial)

  /// `nil` for a name that no axis has.
  init?(label: String) {
    guard let axis = Axis.known.first(where: { $0.label.utf8.elementsEqual(label.utf8) }) else { return nil }
    self = axis
  }
}
