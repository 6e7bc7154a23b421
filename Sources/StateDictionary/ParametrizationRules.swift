import ModelReading

extension LayerAssembler {
  /// The weight that a layer multiplies by, where the file keeps the one before a parametrization:
  /// pruning multiplies that by a mask, spectral normalisation divides it by σ = uᵀWv.
  /// - Returns: the kernel itself, with a note, if what becomes of it is not known.
  mutating func effective(_ kernel: NamedTensor) -> (kernel: NamedTensor, note: String?) {
    guard kernel.name.leafText == "weight_orig" else { return (kernel, nil) }
    if let mask = group.first(named: "weight_mask")?.tensor, mask.shape == kernel.tensor.shape,
      let tensor = produced(kernel.tensor, { stored throws(ReadError) in try masked(stored, mask) })
    {
      return (NamedTensor(tensor), "is weight_orig times its pruning mask")
    }
    if let norm = SpectralNorm(kernel.tensor, group, isTransposed: isTransposed(kernel)),
      let tensor = produced(kernel.tensor, { stored throws(ReadError) in try norm.values(stored) })
    {
      return (NamedTensor(tensor), "is weight_orig divided by its spectral norm uᵀWv, as for evaluation")
    }
    return (kernel, "is stored before its parametrization, which is not applied")
  }

  private func isTransposed(_ kernel: NamedTensor) -> Bool {
    if case .transposedConvolution? = rules.describe(kernel, bias: group.biasLength, words: words)?.kind {
      true
    } else {
      false
    }
  }

  /// A tensor of `float32` in place of another, computed when its bytes are asked for.
  private func produced(
    _ tensor: Tensor, _ values: @escaping @Sendable (Tensor) throws(ReadError) -> [Double]
  ) -> Tensor? {
    let (byteCount, overflow) = tensor.elementCount.multipliedReportingOverflow(by: MemoryLayout<Float>.size)
    guard !overflow else { return nil }
    let storage = ProducedBytes(byteCount: byteCount, label: tensor.storage.label) { () throws(ReadError) in
      try values(tensor).map(Float.init).littleEndianBytes
    }
    return try? Tensor(name: tensor.name, elementType: .float32, shape: tensor.shape, storage: .produced(storage))
  }
}

private func masked(_ tensor: Tensor, _ mask: Tensor) throws(ReadError) -> [Double] {
  zip(try tensor.values(as: Double.self), try mask.values(as: Double.self)).map(*)
}

/// The two vectors by which spectral normalisation estimates the largest singular value.
private struct SpectralNorm: Sendable {
  private let left: Tensor
  private let right: Tensor
  /// The axis that the rows of the matrix run along; all others are its columns.
  private let axis: Int

  /// `nil` unless there are two vectors that fit the kernel.
  init?(_ kernel: Tensor, _ group: TensorGroup, isTransposed: Bool) {
    guard let left = group.first(named: "weight_u")?.tensor, let right = group.first(named: "weight_v")?.tensor,
      left.rank == 1, right.rank == 1, left.elementType.isFloatingPoint, right.elementType.isFloatingPoint,
      kernel.elementType.isFloatingPoint,
      let axis = (isTransposed ? [1, 0] : [0, 1]).first(where: { kernel.shape[$0] == left.shape[0] }),
      left.shape[0] > 0, kernel.elementCount / left.shape[0] == right.shape[0]
    else { return nil }
    (self.left, self.right, self.axis) = (left, right, axis)
  }

  func values(_ kernel: Tensor) throws(ReadError) -> [Double] {
    let weights: [Double] = try kernel.values()
    let (u, v): ([Double], [Double]) = (try left.values(), try right.values())
    let order = [axis] + kernel.shape.indices.filter { $0 != axis }
    let matrix: [Double] = try kernel.permuted(order).values()
    var sigma = 0.0
    for row in u.indices {
      var sum = 0.0
      for column in v.indices { sum += matrix[row * v.count + column] * v[column] }
      sigma += u[row] * sum
    }
    return weights.map { $0 / sigma }
  }
}
