import ModelReading

/// How whole numbers stand for real ones: (value − zero point) · scale.
struct Quantization {
  var scale: Tensor?
  var zeroPoint: Tensor?
  /// The axis that scales run along, if there is one scale per index.
  var axis: Int
  /// Elements along the axis that share a scale; 0 for one scale per index.
  var blockSize = 0
  /// The zero point where no tensor gives one.
  var defaultZeroPoint: Float = 0
  /// For each index of the last axis, which of the scales along it is meant; `nil` if they come in order.
  var columnGroups: Tensor?

  /// The real values, as 32-bit floats in C order, computed when they are asked for.
  ///
  /// Without a scale the values keep the unit of the whole numbers.
  /// - Returns: `nil` if the scales do not fit the tensor.
  /// - Throws: `.limitExceeded` if the values would take too much memory.
  func dequantized(_ tensor: Tensor, limits: Limits) throws(ReadError) -> Tensor? {
    try mapped(tensor, limits) { value, scale, zero in (value - zero) * scale }
  }

  /// The whole numbers within `range` that stand for real values, as 32-bit floats.
  /// - Returns: `nil` if the scales do not fit the tensor.
  /// - Throws: as `dequantized`.
  func quantized(_ tensor: Tensor, to range: ClosedRange<Float>, limits: Limits) throws(ReadError) -> Tensor? {
    try mapped(tensor, limits) { value, scale, zero in
      min(max((value / scale).rounded(.toNearestOrEven) + zero, range.lowerBound), range.upperBound)
    }
  }

  private func mapped(
    _ tensor: Tensor, _ limits: Limits, _ function: @escaping @Sendable (Float, Float, Float) -> Float
  ) throws(ReadError) -> Tensor? {
    guard !tensor.elementType.isComplex, scale?.elementType.isComplex != true, zeroPoint?.elementType.isComplex != true,
      let scaleGrid = ParameterGrid(scale, over: tensor.shape, axis: axis, blockSize: blockSize),
      let zeroGrid = ParameterGrid(zeroPoint, over: tensor.shape, axis: axis, blockSize: blockSize),
      columnGroups == nil || columnGroups?.elementCount == tensor.shape.last
    else { return nil }
    let (byteCount, overflow) = tensor.elementCount.multipliedReportingOverflow(by: 4)
    let label = tensor.storage.label
    guard !overflow, byteCount <= limits.maximumDecodedBytes else {
      throw ReadError(
        .limitExceeded,
        "dequantises to \(tensor.elementCount) floats, the limit is \(limits.maximumDecodedBytes) bytes", file: label,
        subject: tensor.name)
    }
    let (scale, zeroPoint, columnGroups, defaultZeroPoint) = (scale, zeroPoint, columnGroups, defaultZeroPoint)
    let production = ProducedBytes(byteCount: byteCount, label: label) { () throws(ReadError) -> [UInt8] in
      let scales = try scale?.values(as: Float.self) ?? [1]
      let zeros = try zeroPoint?.values(as: Float.self) ?? [defaultZeroPoint]
      let scaleColumns = try scaleGrid.columns(columnGroups)
      let zeroColumns = try zeroGrid.columns(columnGroups)
      var values = try tensor.values(as: Float.self)
      guard !values.isEmpty else { return [] }
      for row in 0..<values.count / scaleColumns.count {
        let (scaleStart, zeroStart) = (scaleGrid.start(ofRow: row), zeroGrid.start(ofRow: row))
        for column in scaleColumns.indices {
          let index = row * scaleColumns.count + column
          values[index] = function(
            values[index], scales[scaleStart + scaleColumns[column]], zeros[zeroStart + zeroColumns[column]])
        }
      }
      return values.littleEndianBytes
    }
    return try Tensor(
      name: tensor.name, elementType: .float32, shape: tensor.shape, storage: .produced(production), limits: limits)
  }
}

/// Which scale, or zero point, belongs to which element of a tensor.
private struct ParameterGrid: Sendable {
  /// Extents of the tensor.
  private let shape: [Int]
  /// Along each axis, how many neighbours share a parameter.
  private var blocks: [Int]
  /// Steps between parameters along each axis; 0 where all elements share one.
  private var steps: [Int]

  /// - Returns: `nil` if the parameters neither are one, nor one per index of `axis`, nor broadcast.
  init?(_ parameters: Tensor?, over shape: [Int], axis: Int, blockSize: Int) {
    self.shape = shape
    blocks = shape.map { max($0, 1) }
    steps = shape.map { _ in 0 }
    guard let parameters, parameters.elementCount != 1 else { return }
    let axis = normalized(axis, shape.count)
    var extents = parameters.shape
    if extents.count == 1, let axis, blockSize == 0 {
      extents = shape.map { _ in 1 }
      extents[axis] = parameters.elementCount
    }
    guard extents.count == shape.count, blockSize >= 0, let rowMajor = Tensor.rowMajorStrides(extents) else {
      return nil
    }
    for index in shape.indices {
      let block = blockSize > 0 && index == axis ? blockSize : extents[index] == 1 ? blocks[index] : 1
      guard extents[index] == shape[index] / block + (shape[index] % block == 0 ? 0 : 1) else { return nil }
      blocks[index] = block
      steps[index] = extents[index] == 1 ? 0 : rowMajor[index]
    }
  }

  /// The place of the first parameter of a row.
  func start(ofRow row: Int) -> Int {
    var rest = row
    var place = 0
    for axis in shape.indices.dropLast().reversed() {
      place += rest % shape[axis] / blocks[axis] * steps[axis]
      rest /= shape[axis]
    }
    return place
  }

  /// The places of the parameters of a row, from the first.
  /// - Parameter groups: see `Quantization.columnGroups`.
  /// - Throws: `.malformed` for a group that does not exist.
  func columns(_ groups: Tensor?) throws(ReadError) -> [Int] {
    guard let extent = shape.last, let block = blocks.last, let step = steps.last else { return [0] }
    guard let groups, step > 0 else { return (0..<extent).map { $0 / block * step } }
    let count = extent / block + (extent % block == 0 ? 0 : 1)
    var result: [Int] = []
    for value in try groups.values(as: Double.self) {
      guard let group = Int(exactly: value), (0..<count).contains(group) else {
        throw ReadError(
          .malformed, "names the group \(value) of \(count)", file: groups.storage.label, subject: groups.name)
      }
      result.append(group * step)
    }
    return result
  }
}
