import ModelReading

/// Numbers of eight bits (or of four, decoded already) times a scale per tensor, output, group or block.
struct ScaledWeight: QuantizedWeight {
  let parts: [Tensor]
  private let blocks: ScaleBlocks
  private let scale: Tensor
  private let zeroPoint: Tensor?
  private let overall: OverallScale?
  /// What the scale has too much.
  private let divisor: Float

  var shape: [Int] { parts[0].shape }
  var origin: String { "\(parts[0].elementType.rawValue) with \(scale.shape) scales" }

  /// A tensor with a scale beside it, if its elements are such numbers.
  static func recognise(_ tensor: Tensor, _ names: QuantizedTensors) -> Recognition? {
    // Four-bit floats may be called packed, though the format has unpacked them.
    let packed = tensor.isDecoded ? tensor.stem(before: "_packed") : nil
    let name = packed ?? Array(tensor.name.utf8)
    var scale: Tensor?
    var divisor: Float = 1
    if tensor.elementType.isFloatingPoint, tensor.elementType.byteWidth == 1 || tensor.isDecoded {
      // Both spellings are multiplied, whatever the longer one says.
      scale = names(name, "_scale_inv") ?? names(name, "_scale")
      if scale == nil, let stem = tensor.stem(before: "weight") { scale = names(stem, "scale") }
    } else if tensor.elementType == .int8, let stem = tensor.stem(before: "weight") {
      scale = names(name, "_scale")
      if let columns = names(stem, "SCB") { (scale, divisor) = (columns, 127) }
    }
    guard let scale else { return nil }
    let zeroPoint = divisor == 1 ? names(name, "_zero_point") : nil
    let overall =
      names(name, "_scale_2").map { OverallScale(tensor: $0, divides: false) }
      ?? names(name, "_global_scale").map { OverallScale(tensor: $0, divides: true) }
    let index = names(name, "_g_idx")
    let parts = [tensor, scale] + [zeroPoint, overall?.tensor, index].compactMap(\.self)
    guard index == nil, overall?.isOneNumber ?? true, zeroPoint == nil || zeroPoint?.shape == scale.shape,
      scale.elementType.isFloatingPoint || scale.elementType == .uint8,
      let blocks = ScaleBlocks(tensor.shape, scale.shape, blockSize: names.hints.blockSize)
    else {
      return .unknown(parts, reason: "is quantised \(tensor.shape) with scales \(scale.shape), which do not fit")
    }
    return .weight(
      String(decoding: name, as: UTF8.self),
      ScaledWeight(
        parts: parts, blocks: blocks, scale: scale, zeroPoint: zeroPoint, overall: overall, divisor: divisor))
  }

  func values() throws(ReadError) -> [Float] {
    var values = try parts[0].values(as: Float.self)
    // Scales stored as plain bytes are exponents: microscaling.
    let scales = try (scale.elementType == .uint8 ? scale.reinterpreted(as: .float8e8m0fnu) : scale)
      .scales(and: overall)
    let zeroPoints = try zeroPoint?.values(as: Float.self)
    blocks.forEachBlock { range, block in
      let factor = scales[block] / divisor
      let zero = zeroPoints?[block] ?? 0
      for position in range { values[position] = (values[position] - zero) * factor }
    }
    return values
  }
}

/// Which scale an element has: one for all, one per index of the first axis, or one per rectangular block.
struct ScaleBlocks {
  private let matrices: Int
  private let rows: Int
  private let columns: Int
  private let rowsPerBlock: Int
  private let columnsPerBlock: Int
  /// 0 if all matrices share their scales.
  private let blocksPerMatrix: Int
  private let blocksPerRow: Int

  /// - Parameters:
  ///   - shape: of the weight; two axes, or three with matrices stacked, if its scales are more than one per index.
  ///   - scales: of no axis or as many as the weight's; `[output]`.
  ///   - blockSize: rows and columns of a block, if known; blocks at the lower and right edge may be smaller.
  init?(_ shape: [Int], _ scales: [Int], blockSize: [Int]?) {
    guard shape.count >= 2, let count = Tensor.elementCount(shape), count > 0 else { return nil }
    let length = count / shape[0]
    if scales.allSatisfy({ $0 == 1 }) || (scales.first == shape[0] && scales.dropFirst().allSatisfy { $0 == 1 }) {
      (matrices, rows, columns, columnsPerBlock) = (1, shape[0], length, length)
      (blocksPerMatrix, blocksPerRow) = (0, 1)
      rowsPerBlock = scales.contains { $0 != 1 } ? 1 : shape[0]
      return
    }
    guard shape.count <= 3, scales.count == shape.count, shape.count == 2 || scales[0] == shape[0] else { return nil }
    let matrix = Array(shape.suffix(2))
    let grid = Array(scales.suffix(2))
    guard let size = ScaleBlocks.size(matrix, grid, blockSize) else { return nil }
    matrices = shape.count == 3 ? shape[0] : 1
    (rows, columns) = (matrix[0], matrix[1])
    (rowsPerBlock, columnsPerBlock) = size
    (blocksPerMatrix, blocksPerRow) = (grid[0] * grid[1], grid[1])
  }

  /// Blocks of the size that is known or usual, or of one that divides the matrix evenly.
  private static func size(_ matrix: [Int], _ grid: [Int], _ known: [Int]?) -> (Int, Int)? {
    for size in [known, [128, 128]].compactMap(\.self) where size.count == 2 && size.allSatisfy({ $0 > 0 }) {
      if zip(matrix, zip(size, grid)).allSatisfy({ ($0 - 1) / $1.0 + 1 == $1.1 }) { return (size[0], size[1]) }
    }
    guard zip(matrix, grid).allSatisfy({ $1 > 0 && $0 % $1 == 0 }) else { return nil }
    return (matrix[0] / grid[0], matrix[1] / grid[1])
  }

  /// Calls `body` with ranges of elements in C order and the position of their scale.
  func forEachBlock(_ body: (Range<Int>, Int) -> Void) {
    for matrix in 0..<matrices {
      for row in 0..<rows {
        let start = (matrix * rows + row) * columns
        let first = matrix * blocksPerMatrix + row / rowsPerBlock * blocksPerRow
        for block in 0...(columns - 1) / columnsPerBlock {
          let lower = block * columnsPerBlock
          body(start + lower..<start + min(lower + columnsPerBlock, columns), first + block)
        }
      }
    }
  }
}
