import ModelReading

extension LayerAssembler {
  /// Weight normalisation stores a kernel as direction `weight_v` and length
  /// `weight_g`; the layer's kernel is `g · v / ‖v‖`, the norm taken over all axes
  /// but the one that `g` runs along.
  mutating func recombineWeightNormalization() {
    guard let direction = group.first(named: "weight_v"), let length = group.first(named: "weight_g"),
      group.kernel == nil, let kernel = WeightNorm(direction.tensor, length.tensor)?.tensor,
      let described = rules.describe(
        NamedTensor(kernel), bias: group.biasLength, words: words)
    else { return }
    rest.removeAll { $0.tensor.name == direction.tensor.name || $0.tensor.name == length.tensor.name }
    var parameters = [parameter(.kernel, described.tensor), parameter(.other("weight_g"), length.tensor)]
    if let bias = take(.bias) { parameters.insert(parameter(.bias, bias.tensor), at: 1) }
    layers.append(
      Layer(
        name: layerName(for: direction), kind: described.kind, parameters: parameters, groups: described.groups,
        note: described.note))
  }
}

/// A kernel stored as direction and length.
private struct WeightNorm {
  private let direction: Tensor
  private let length: Tensor
  /// The axis along which lengths differ; `nil` for one length of the whole.
  private let axis: Int?

  /// `nil` unless the two shapes fit each other.
  init?(_ direction: Tensor, _ length: Tensor) {
    guard direction.rank >= 2, direction.elementType.isFloatingPoint, length.elementType.isFloatingPoint else {
      return nil
    }
    let extents = length.shape.indices.filter { length.shape[$0] != 1 }
    switch extents.count {
    case 0: axis = length.rank == direction.rank && direction.shape[0] == 1 ? 0 : nil
    case 1 where length.rank == direction.rank && length.shape[extents[0]] == direction.shape[extents[0]]:
      axis = extents[0]
    case 1 where length.rank == 1 && length.shape[0] == direction.shape[0]: axis = 0
    default: return nil
    }
    self.direction = direction
    self.length = length
  }

  /// The kernel, computed when its bytes are asked for.
  var tensor: Tensor? {
    let (bytes, overflow) = direction.elementCount.multipliedReportingOverflow(by: MemoryLayout<Float>.size)
    guard !overflow else { return nil }
    let storage = Tensor.Storage.produced(
      ProducedBytes(byteCount: bytes, label: direction.storage.label) { () throws(ReadError) in try self.bytes() })
    return try? Tensor(name: direction.name, elementType: .float32, shape: direction.shape, storage: storage)
  }

  private func bytes() throws(ReadError) -> [UInt8] {
    let values: [Double] = try direction.values()
    let lengths: [Double] = try length.values()
    let inner = direction.shape[((axis ?? direction.rank - 1) + 1)...].reduce(1, *)
    let extent = axis.map { direction.shape[$0] } ?? 1
    func slot(_ index: Int) -> Int { axis == nil ? 0 : index / inner % extent }
    var squares = [Double](repeating: 0, count: extent)
    for (index, value) in values.enumerated() { squares[slot(index)] += value * value }
    let factors = zip(lengths, squares).map { $1 > 0 ? $0 / $1.squareRoot() : 0 }
    return values.indices.map { Float(values[$0] * factors[slot($0)]) }.littleEndianBytes
  }
}
