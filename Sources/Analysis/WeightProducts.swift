import LinearAlgebra
import MatrixSlicing
import ModelReading

extension LayerGraph {
  /// A model of X = W₁W₀/(‖W₁‖‖W₀‖) for every weight W₀ and each W₁ that follows it: along the dataflow where the
  /// format records it, past layers without weights, in the order of the layers otherwise.
  ///
  /// Pairs whose sides do not fit, and weights that are several matrices, get a diagnostic.
  ///
  /// - Throws: `.unsupported` if there is no such pair.
  func products(limits: Limits = Limits()) throws(ReadError) -> LayerGraph {
    var products: [Layer] = []
    var found: [Diagnostic] = []
    for (source, target) in consecutiveWeights(limits) {
      let name = "\(layers[source].name) → \(layers[target].name)"
      switch LinearMap.pair(layers[source], layers[target]) {
      case .failure(let obstacle): found.append(Diagnostic(.unmatched, name, obstacle.reason))
      case .success(let (first, second)):
        let product = try second.product(with: first, named: name, limits)
        products.append(Layer(name: name, kind: .other("product"), parameters: [Parameter(.kernel, product)]))
      }
    }
    guard !products.isEmpty else {
      let example = found.first.map { ": \($0.subject) \($0.message)" } ?? ""
      throw ReadError(
        .unsupported, "has no two consecutive weights whose product can be formed\(example)", file: files.first ?? "")
    }
    var graph = self
    graph.layers = products
    graph.edges = []
    graph.topology = .order
    graph.diagnostics += found
    return graph
  }

  /// Pairs of layers with weights, the second following the first.
  private func consecutiveWeights(_ limits: Limits) -> [(Int, Int)] {
    let hasWeight = layers.map { $0.parameters.contains(where: \.isWeight) }
    guard topology == .dataflow else {
      let weighted = layers.indices.filter { hasWeight[$0] }
      return Array(zip(weighted, weighted.dropFirst()))
    }
    var successors: [Int: [Int]] = [:]
    for edge in edges { successors[edge.source, default: []].append(edge.target) }
    var pairs: [(Int, Int)] = []
    var steps = 0
    for source in layers.indices where hasWeight[source] {
      var seen: Set = [source]
      var queue = (successors[source] ?? []).filter { seen.insert($0).inserted }
      var next = 0
      while next < queue.count, steps < limits.maximumDataflow {
        let layer = queue[next]
        next += 1
        steps += 1
        guard !hasWeight[layer] else {
          pairs.append((source, layer))
          continue
        }
        for successor in successors[layer] ?? [] where seen.insert(successor).inserted { queue.append(successor) }
      }
    }
    return pairs
  }
}

/// Why two weights have no product.
private struct Obstacle: Error {
  /// Present tense, no full stop.
  let reason: String
}

/// A layer's weight as one matrix that vectors are multiplied with.
private struct LinearMap: Sendable {
  let tensor: Tensor
  let matrix: WeightMatrix
  /// The rows of a lookup table are what it is given, not what it yields.
  let isLookup: Bool

  var outputCount: Int { isLookup ? matrix.inputCount : matrix.outputCount }
  var inputCount: Int { isLookup ? matrix.outputCount : matrix.inputCount }

  private init(_ layer: Layer) throws(Obstacle) {
    let weights = layer.parameters.filter(\.isWeight)
    let matrices: [WeightMatrix]
    do {
      matrices = try weights.flatMap { try Slicing.positions.matrices(of: $0, in: layer).matrices }
    } catch {
      throw Obstacle(reason: "cannot be multiplied: \(layer.name) is no matrix")
    }
    guard matrices.count == 1 else {
      throw Obstacle(reason: "cannot be multiplied: \(layer.name) is \(matrices.count) matrices")
    }
    tensor = weights[0].tensor
    matrix = matrices[0]
    isLookup = layer.kind == .embedding
  }

  static func pair(_ first: Layer, _ second: Layer) -> Result<(LinearMap, LinearMap), Obstacle> {
    Result { () throws(Obstacle) in
      let (a, b) = (try LinearMap(first), try LinearMap(second))
      guard a.outputCount == b.inputCount else {
        throw Obstacle(
          reason:
            "cannot be multiplied: \(first.name) yields \(a.outputCount) values, \(second.name) takes \(b.inputCount)")
      }
      return (a, b)
    }
  }

  /// This one after `first`, divided by the Frobenius norms of both.
  func product(with first: LinearMap, named name: String, _ limits: Limits) throws(ReadError) -> Tensor {
    let shape = [outputCount, first.inputCount]
    return try Tensor.computed(
      name: name, shape: shape, axes: [.output, .input],
      workingByteCount: tensor.workingByteCount + first.tensor.workingByteCount, limits: limits
    ) { () throws(ReadError) in
      let (left, right) = (try values(), try first.values())
      let scale = (squaredNorm(left) * squaredNorm(right)).squareRoot()
      let product = MatrixProduct.multiply(
        left, right, rows: shape[0], inner: first.outputCount, columns: shape[1])
      return scale > 0 ? product.map { $0 / scale } : product
    }
  }

  /// Outputs × inputs, row by row.
  private func values() throws(ReadError) -> [Double] {
    let values = matrix.values(from: try tensor.load())
    guard isLookup else { return values }
    return transposed(values, rows: matrix.outputCount, columns: matrix.inputCount)
  }
}

private func squaredNorm(_ values: [Double]) -> Double { values.reduce(0) { $0 + $1 * $1 } }
