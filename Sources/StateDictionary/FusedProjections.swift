import ModelReading

/// Takes matrices apart that are several projections in one: query, key and value; gate and up.
///
/// Each projection was trained as a matrix of its own, and has a spectrum of its own.
/// Which rows belong to which is told by the configuration, or by names that stand
/// for one order in all that uses them; where neither tells, the matrix stays whole.
struct FusedProjections {
  let architectures: [Architecture]

  struct Part {
    let name: String
    let tensor: Tensor
  }

  /// The projections of a kernel with one output axis, or `nil` if it is not known to be fused.
  func parts(of kernel: Tensor, words: Words) -> [Part]? {
    guard let axis = kernel.axes.firstIndex(of: .output), kernel.axes.count(where: { $0 == .output }) == 1,
      let input = kernel.axes.firstIndex(of: .input)
    else { return nil }
    if words.isFusedGate { return gateAndUp(kernel, axis) }
    guard words.isFusedAttention else { return nil }
    for architecture in architectures {
      guard let order = architecture.fusedAttention, let heads = Heads(architecture, kernel.shape[axis]),
        architecture.width.map({ $0 == kernel.shape[input] }) ?? true
      else { continue }
      return heads.parts(of: kernel, axis, order)
    }
    let width = kernel.shape[input]
    guard words.isConcatenatedAttention, kernel.shape[axis] % 3 == 0, kernel.shape[axis] / 3 == width else {
      return nil
    }
    return ["query", "key", "value"].enumerated().map { index, name in
      Part(name: name, tensor: kernel.sliced(axis: axis, index * width..<(index + 1) * width))
    }
  }

  private func gateAndUp(_ kernel: Tensor, _ axis: Int) -> [Part]? {
    guard let order = architectures.lazy.compactMap(\.fusedGate).first else { return nil }
    let half = kernel.shape[axis] / 2
    guard half > 0, kernel.shape[axis] % 2 == 0 else { return nil }
    return ["gate", "up"].enumerated().compactMap { index, name in
      switch order {
      case .concatenated:
        Part(name: name, tensor: kernel.sliced(axis: axis, index * half..<(index + 1) * half))
      case .interleaved:
        kernel.split(axis: axis, into: half, roles: (.output, .other)).map {
          Part(name: name, tensor: $0.selected(axis: axis + 1, index: index))
        }
      }
    }
  }
}

/// The heads of an attention layer, where they explain every row of its fused matrix.
private struct Heads {
  let queries: Int
  let keys: Int
  let width: Int

  init?(_ architecture: Architecture, _ rows: Int) {
    guard let queries = architecture.headCount, queries > 0 else { return nil }
    let keys = architecture.keyValueHeadCount ?? queries
    guard keys > 0, queries % keys == 0, keys <= rows, queries <= rows, rows % (queries + 2 * keys) == 0 else {
      return nil
    }
    let width = rows / (queries + 2 * keys)
    guard architecture.headWidth.map({ $0 == width }) ?? true else { return nil }
    self.queries = queries
    self.keys = keys
    self.width = width
  }

  func parts(of kernel: Tensor, _ axis: Int, _ order: Architecture.FusedAttention) -> [FusedProjections.Part]? {
    switch order {
    case .concatenated: concatenated(kernel, axis)
    case .byHead: keys == queries ? grouped(kernel, axis) : concatenated(kernel, axis)
    case .byKeyValueHead: grouped(kernel, axis)
    }
  }

  private func concatenated(_ kernel: Tensor, _ axis: Int) -> [FusedProjections.Part] {
    var start = 0
    return [("query", queries), ("key", keys), ("value", keys)].map { name, heads in
      defer { start += heads * width }
      return FusedProjections.Part(name: name, tensor: kernel.sliced(axis: axis, start..<start + heads * width))
    }
  }

  /// `[keys, queries per key + 2, width]` along the axis.
  private func grouped(_ kernel: Tensor, _ axis: Int) -> [FusedProjections.Part]? {
    let shared = queries / keys
    guard let groups = kernel.split(axis: axis, into: keys, roles: (.output, .output)),
      let heads = groups.split(axis: axis + 1, into: shared + 2, roles: (.output, .output))
    else { return nil }
    return [("query", 0..<shared), ("key", shared..<shared + 1), ("value", shared + 1..<shared + 2)].map {
      FusedProjections.Part(name: $0, tensor: heads.sliced(axis: axis + 1, $1))
    }
  }
}
