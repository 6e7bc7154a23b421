import ModelReading

/// What an operator with weights of its own is, before it has a name.
struct LayerCandidate {
  struct Use {
    var role: Role
    /// The constant, its tensor's axes named.
    var origin: Origin
    /// Of a projection of an attention operator.
    var heads: AttentionHeads?
  }

  var kind: LayerKind
  var groups = 1
  /// The kernel first.
  var uses: [Use]
  /// Extent of the output axis, when a bias may follow in an `Add` of its own.
  var outputForBias: Int?
  var note: String?
  /// Set behind the name, with a slash, where one node is several layers.
  var suffix: String?
}

extension LayerCandidate {
  /// The directions of a recurrent operator, each a layer of its own; `nil` if the operator has none.
  var directions: [LayerCandidate]? {
    guard let axis = uses.first?.origin.tensor.axes.first, axis == .direction else { return nil }
    let count = uses[0].origin.tensor.shape[0]
    guard (1...2).contains(count), uses.allSatisfy({ $0.origin.tensor.shape.first == count }) else { return nil }
    return (0..<count).map { index in
      var copy = self
      copy.uses = uses.map {
        Use(role: $0.role, origin: $0.origin.with($0.origin.tensor.selected(axis: 0, index: index)))
      }
      copy.suffix = count == 1 ? nil : ["forward", "backward"][index]
      return copy
    }
  }
}

extension Origin {
  func labelled(_ axes: [Axis]) -> Origin {
    var copy = self
    copy.tensor = tensor.labelled(axes)
    return copy
  }

  func with(_ tensor: Tensor) -> Origin {
    var copy = self
    copy.tensor = tensor
    return copy
  }
}
