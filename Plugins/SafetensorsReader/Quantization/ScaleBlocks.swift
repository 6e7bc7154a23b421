import ModelReading

/// Which scale an element of a matrix has: one for all, one per row, or one per rectangular block.
struct ScaleBlocks {
  private let rowsPerBlock: Int
  private let columnsPerBlock: Int
  private let blocksPerRow: Int

  /// - Parameters:
  ///   - shape: of the matrix, `[output, input]`.
  ///   - scales: `[]` or `[1]`; `[output]` or `[output, 1]`; or one per block of 128×128, or of a size that
  ///     divides the matrix evenly.
  init?(_ shape: [Int], _ scales: [Int]) {
    guard shape.count == 2, shape[0] > 0, shape[1] > 0, scales.count <= 2 else { return nil }
    let rows = scales.first ?? 1
    let columns = scales.count == 2 ? scales[1] : 1
    guard rows > 0, columns > 0 else { return nil }
    blocksPerRow = columns
    // Blocks at the lower and right edge may be smaller.
    if scales.count == 2, (shape[0] - 1) / 128 + 1 == rows, (shape[1] - 1) / 128 + 1 == columns {
      (rowsPerBlock, columnsPerBlock) = (128, 128)
      return
    }
    guard shape[0] % rows == 0, shape[1] % columns == 0 else { return nil }
    (rowsPerBlock, columnsPerBlock) = (shape[0] / rows, shape[1] / columns)
  }

  /// Each element times its scale, by `divisor`.
  func values(of weight: Tensor, _ scale: Tensor, _ divisor: Float) throws(ReadError) -> [Float] {
    var values = try weight.values(as: Float.self)
    let scales = try scale.values(as: Float.self)
    let columns = weight.shape[1]
    for row in 0..<weight.shape[0] {
      let first = row / rowsPerBlock * blocksPerRow
      for column in 0..<columns {
        values[row * columns + column] *= scales[first + column / columnsPerBlock] / divisor
      }
    }
    return values
  }
}
