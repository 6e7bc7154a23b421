import ModelReading

/// A tensor with its name taken apart.
struct NamedTensor {
  let tensor: Tensor
  let name: TensorName

  init(_ tensor: Tensor) {
    self.tensor = tensor
    name = TensorName(tensor.name)
  }

  var leaf: Leaf { name.leaf }
  var rank: Int { tensor.rank }
}

/// Tensors that share a path: mostly those of one layer.
struct TensorGroup {
  let prefix: String
  private(set) var members: [NamedTensor]

  /// The groups, in the order of their first members.
  static func groups(of tensors: [Tensor]) -> [TensorGroup] {
    var groups: [TensorGroup] = []
    var index: [ByteString: Int] = [:]
    for tensor in tensors.lazy.map(NamedTensor.init) {
      let key = ByteString(tensor.name.prefix)
      if let position = index[key] {
        groups[position].members.append(tensor)
      } else {
        index[key] = groups.count
        groups.append(TensorGroup(prefix: tensor.name.prefix, members: [tensor]))
      }
    }
    return groups
  }

  func first(_ leaf: Leaf) -> NamedTensor? { members.first { $0.leaf == leaf } }
  func first(named text: String) -> NamedTensor? { members.first { $0.name.leafText == text } }

  /// The kernel that a layer of this path would have.
  var kernel: NamedTensor? { first(.weight) ?? first(.kernel) ?? first(named: "weight_orig") }

  /// Length of the bias, if there is one with a single axis.
  var biasLength: Int? { first(.bias).flatMap { $0.rank == 1 ? $0.tensor.shape[0] : nil } }
}
