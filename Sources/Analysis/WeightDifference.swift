public import ModelReading

extension LayerGraph {
  /// The same model with W − W_base in place of each weight W, as float64, computed when a layer needs it.
  ///
  /// Weights without a partner in the base are left out, and a diagnostic names each, as it does those of the base.
  ///
  /// - Parameter path: of the base, for messages.
  /// - Throws: `.unsupported` if no weight has a partner.
  public func subtracting(_ base: LayerGraph, at path: String, limits: Limits = Limits()) throws(ReadError)
    -> LayerGraph
  {
    let matching = WeightMatching(self, base)
    try matching.verifyPairs(self, with: path)
    var graph = self
    for index in graph.layers.indices { graph.layers[index].parameters.removeAll(where: \.isWeight) }
    for pair in matching.pairs {
      let difference = try pair.difference(limits)
      graph.layers[pair.layerID].parameters.append(Parameter(pair.first.role, difference, heads: pair.first.heads))
    }
    graph.diagnostics += matching.unmatched.map { weight in
      let message = weight.side == .first ? weight.reason : "is in \(path) and \(weight.reason)"
      return Diagnostic(.unmatched, weight.name, message)
    }
    return graph
  }
}

extension WeightMatching.Pair {
  /// first − second, in the canonical order of axes of the first.
  fileprivate func difference(_ limits: Limits) throws(ReadError) -> Tensor {
    let canonical = first.tensor.canonical
    let partner = second.tensor.canonical
    return try Tensor.computed(
      name: canonical.name, shape: canonical.shape, axes: canonical.axes,
      workingByteCount: canonical.workingByteCount + partner.workingByteCount, limits: limits
    ) { () throws(ReadError) in
      var values: [Double] = try canonical.values()
      let subtrahend: [Double] = try partner.values()
      for index in values.indices { values[index] -= subtrahend[index] }
      return values
    }
  }
}

extension Tensor {
  /// Bytes of all elements as numbers, and of the decoded ones where they must be decoded first.
  var workingByteCount: Int {
    elementCount * MemoryLayout<Double>.size + (storage.fileRange == nil ? storage.byteCount : 0)
  }

  /// A tensor of float64 that is computed from others when its bytes are asked for.
  /// - Parameters:
  ///   - workingByteCount: what the computation needs in memory beside its result.
  ///   - values: in C order, as many as the shape says.
  static func computed(
    name: String, shape: [Int], axes: [Axis], workingByteCount: Int, limits: Limits,
    _ values: @escaping @Sendable () throws(ReadError) -> [Double]
  ) throws(ReadError) -> Tensor {
    let width = MemoryLayout<Double>.size
    guard let count = elementCount(shape), count <= limits.maximumDecodedBytes / width else {
      throw ReadError(
        .limitExceeded, "makes \(shape) numbers, the limit is \(limits.maximumDecodedBytes) bytes", file: name,
        subject: name)
    }
    let bytes = ProducedBytes(byteCount: count * width, workingByteCount: workingByteCount, label: name) {
      () throws(ReadError) in try values().littleEndianBytes
    }
    return try Tensor(
      name: name, elementType: .float64, shape: shape, axes: axes, storage: .produced(bytes), limits: limits)
  }
}
