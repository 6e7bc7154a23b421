import ModelReading

extension WeightMatrix {
  /// The matrices of the heads, in their order; `nil` if the side is not as many equal parts.
  func parts(of heads: AttentionHeads) -> [WeightMatrix]? {
    guard let count = heads.count, let (starts, part) = (heads.side == .outputs ? outputs : inputs).cut(into: count)
    else { return nil }
    return starts.enumerated().map { index, start in
      WeightMatrix(
        tensor: tensor, origin: origin + [Origin(axis: "head", index: [index])], elementOffset: elementOffset + start,
        outputs: heads.side == .outputs ? part : outputs, inputs: heads.side == .inputs ? part : inputs)
    }
  }
}

extension [WeightMatrix.Run] {
  /// Where `count` equal parts of nested axes start, and the axes of one of them; `nil` if they are no such parts.
  fileprivate func cut(into count: Int) -> (starts: [Int], part: [WeightMatrix.Run])? {
    guard count > 0 else { return nil }
    var starts = [0]
    var part = self
    var rest = count
    while rest > 1 {
      guard let axis = part.first else { return nil }
      part.removeFirst()
      // The parts are several indices of this axis, or each index is several parts.
      let taken = rest % axis.extent == 0 ? axis.extent : rest
      guard axis.extent % taken == 0 else { return nil }
      let length = axis.extent / taken
      if length > 1 { part.insert(WeightMatrix.Run(extent: length, stride: axis.stride), at: 0) }
      starts = starts.flatMap { start in (0..<taken).map { start + $0 * length * axis.stride } }
      rest /= taken
    }
    return (starts, part)
  }
}
