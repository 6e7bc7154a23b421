import ModelReading

/// How whole numbers stand for real ones: (value − zero point) · scale.
struct Quantization {
  var scale: Tensor?
  var zeroPoint: Tensor?
  /// The axis that scales run along, if there is one scale per index.
  var axis: Int
  /// Elements along the axis that share a scale; 0 for one scale per index.
  var blockSize: Int = 0

  /// The real values, as 32-bit floats in C order, computed when they are asked for.
  ///
  /// Without a scale the values keep the unit of the whole numbers.
  /// - Returns: `nil` if the scales do not fit the tensor.
  /// - Throws: `.limitExceeded` if the values would take too much memory.
  func dequantized(_ tensor: Tensor, limits: Limits) throws(ReadError) -> Tensor? {
    guard !tensor.elementType.isComplex, let layout = layout(for: tensor),
      zeroPoint == nil || zeroPoint?.elementCount == 1 || zeroPoint?.elementCount == layout.scaleCount
        || scale == nil
    else { return nil }
    let (byteCount, overflow) = tensor.elementCount.multipliedReportingOverflow(by: 4)
    let label = tensor.storage.label
    guard !overflow, byteCount <= limits.maximumDecodedBytes else {
      throw ReadError(
        .limitExceeded,
        "dequantises to \(tensor.elementCount) floats, the limit is "
          + "\(limits.maximumDecodedBytes) bytes", file: label, subject: tensor.name)
    }
    let (scale, zeroPoint) = (scale, zeroPoint)
    let production = ProducedBytes(byteCount: byteCount, label: label) { () throws(ReadError) -> [UInt8] in
      let scales = try scale?.values(as: Float.self) ?? [1]
      let zeros = try zeroPoint?.values(as: Float.self) ?? [0]
      return layout.apply(try tensor.values(as: Float.self), scales, zeros)
    }
    return try Tensor(
      name: tensor.name, elementType: .float32, shape: tensor.shape, storage: .produced(production), limits: limits)
  }

  private func layout(for tensor: Tensor) -> ScaleLayout? {
    let parameters = scale ?? zeroPoint
    guard let parameters, parameters.elementCount != 1 else {
      return ScaleLayout(inner: 1, extent: 1, blockSize: 1, blocks: 1, scaleCount: 1)
    }
    guard let axis = normalized(axis, tensor.rank), blockSize >= 0 else { return nil }
    let extent = tensor.shape[axis]
    let inner = tensor.shape[(axis + 1)...].reduce(1, *)
    if blockSize > 0 {
      let blocks = extent / blockSize + (extent % blockSize == 0 ? 0 : 1)
      var expected = tensor.shape
      expected[axis] = blocks
      guard parameters.shape == expected else { return nil }
      return ScaleLayout(
        inner: inner, extent: extent, blockSize: blockSize, blocks: blocks, scaleCount: parameters.elementCount)
    }
    guard parameters.elementCount == extent else { return nil }
    return ScaleLayout(inner: inner, extent: extent, blockSize: 0, blocks: 1, scaleCount: extent)
  }
}

/// Which scale belongs to which element.
private struct ScaleLayout: Sendable {
  /// Elements between neighbours along the axis.
  var inner: Int
  var extent: Int
  /// 0: one scale per index of the axis.
  var blockSize: Int
  var blocks: Int
  var scaleCount: Int

  func apply(_ values: [Float], _ scales: [Float], _ zeros: [Float]) -> [UInt8] {
    var result = values
    for index in values.indices {
      let place = scaleIndex(index)
      let zero = zeros[zeros.count == 1 ? 0 : place]
      let scale = scales[scales.count == 1 ? 0 : place]
      result[index] = (values[index] - zero) * scale
    }
    return result.littleEndianBytes
  }

  private func scaleIndex(_ index: Int) -> Int {
    guard scaleCount > 1 else { return 0 }
    let position = index / inner % extent
    guard blockSize > 0 else { return position }
    return (index / inner / extent * blocks + position / blockSize) * inner + index % inner
  }
}
