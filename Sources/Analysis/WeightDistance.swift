import LinearAlgebra
import MatrixSlicing
public import ModelReading
import SpectralCore

/// How far the weight of one model is from the corresponding one of another.
public struct WeightDistance: Sendable {
  public var layerID: Int
  public var name: String
  /// `LayerKind.label` in the first model.
  public var kind: String
  /// Canonical: `[output, input/groups, spatial…]`.
  public var shape: [Int]
  /// Whether element type and every bit are the same.
  public var isIdentical = false
  /// ‖W₁ − W₂‖_F of the whole tensors.
  public var weight: Double?
  /// ‖b₁ − b₂‖₂ of the layers' biases; `nil` without a bias of the same length in both.
  public var bias: Double?
  /// Mean of ‖W₁ − W₂‖_F over the matrices of the weight.
  public var euclidean: Double?
  /// Mean over the matrices of ‖W₁ᵀW₂‖_F/√(‖W₁ᵀW₁‖_F‖W₂ᵀW₂‖_F), W being N×M: 1 for equal column spaces, 0 for orthogonal ones.
  public var alignment: Double?
  /// Jensen–Shannon distance of the two pooled spectra; see `spectralDistance`.
  public var spectral: Double?
  /// Why there are no numbers.
  public var reason: String?
}

/// Two models compared weight by weight.
public struct ModelDistance: Sendable {
  public var weights: [WeightDistance]
  public var unmatched: [WeightMatching.Unmatched]

  /// Whether every weight of each model has its like, bit for bit, in the other.
  public var isIdentical: Bool { !weights.isEmpty && unmatched.isEmpty && weights.allSatisfy(\.isIdentical) }

  /// The mean over the weights that have the quantity; `nil` if none has.
  public func mean(_ value: (WeightDistance) -> Double?) -> Double? {
    let values = weights.compactMap(value)
    return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
  }
}

/// Compares the weights of two models, matched by name, one after another.
///
/// - Parameter options: `layerPatterns`, `threadCount` and `maximumMemory` count.
/// - Throws: `.unsupported` if no weight has a partner, `.io` if OpenBLAS or LAPACK is missing.
public func distances(
  _ first: LayerGraph, _ second: LayerGraph, options: AnalysisOptions = AnalysisOptions(),
  progress: (AnalysisProgress) -> Void = { _ in }
) throws(ReadError) -> ModelDistance {
  let patterns = options.layerPatterns.map(Glob.init)
  let matching = WeightMatching(first, second) { name, layer in
    patterns.isEmpty || patterns.contains { $0.matches(name) || $0.matches(layer) }
  }
  try matching.verifyPairs(first, with: second.files.first ?? "the other model")
  try requireBLAS(for: first.files.first ?? "")
  BLAS.setThreadCount(options.threadCount)
  var weights: [WeightDistance] = []
  for pair in matching.pairs {
    weights.append(pair.distance(options))
    progress(AnalysisProgress(finished: weights.count, total: matching.pairs.count, layer: pair.name))
  }
  return ModelDistance(weights: weights, unmatched: matching.unmatched)
}

extension WeightMatching.Pair {
  fileprivate func distance(_ options: AnalysisOptions) -> WeightDistance {
    var result = WeightDistance(
      layerID: layerID, name: name, kind: layers.first.kind.label, shape: first.tensor.canonicalShape)
    do throws(LayerFailure) {
      try measure(&result, options)
    } catch {
      result.reason = error.reason
    }
    return result
  }

  private func measure(_ result: inout WeightDistance, _ options: AnalysisOptions) throws(LayerFailure) {
    let (matrices, partners) = try (sliced(first, layers.first), sliced(second, layers.second))
    guard matrices.count == partners.count, matrices[0].columns == partners[0].columns else {
      throw .numeric("is \(matrices.count) matrices, its partner \(partners.count)")
    }
    let needed = workingBytes(matrices[0])
    guard needed <= options.maximumMemory else {
      throw .numeric("needs \(needed) bytes, the limit is \(options.maximumMemory)")
    }
    let (data, partnerData) = try (load(first), load(second))
    result.isIdentical = first.tensor.elementType == second.tensor.elementType
    var squares = 0.0
    var norms = 0.0
    var alignments: [Double] = []
    var spectrum: [Double] = []
    var partnerSpectrum: [Double] = []
    for (matrix, partner) in zip(matrices, partners) {
      let (a, b) = try (matrix.checkedDense(from: data), partner.checkedDense(from: partnerData))
      let isSame = hasSameBits(a.values, b.values)
      let square = squaredDistance(a.values, b.values)
      result.isIdentical = result.isIdentical && isSame
      squares += square
      norms += square.squareRoot()
      alignments += a.alignment(with: b).map { [$0] } ?? []
      let eigenvalues = try a.eigenvalues()
      spectrum += eigenvalues
      partnerSpectrum += isSame ? eigenvalues : try b.eigenvalues()
    }
    let count = Double(matrices.count)
    result.weight = squares.squareRoot()
    result.euclidean = norms / count
    result.alignment = alignments.count == matrices.count ? alignments.reduce(0, +) / count : nil
    result.spectral = spectralDistance(spectrum.sorted(), partnerSpectrum.sorted())
    try compareBiases(&result)
  }

  private func compareBiases(_ result: inout WeightDistance) throws(LayerFailure) {
    func bias(_ layer: Layer) -> Tensor? { layer.parameters.first { $0.role == .bias }?.tensor }
    let (tensor, partner) = (bias(layers.first), bias(layers.second))
    guard let tensor, let partner, tensor.shape == partner.shape else {
      if tensor != nil || partner != nil { result.isIdentical = false }
      return
    }
    do throws(ReadError) {
      let (a, b) = (try tensor.values(as: Double.self), try partner.values(as: Double.self))
      result.bias = squaredDistance(a, b).squareRoot()
      if tensor.elementType != partner.elementType || !hasSameBits(a, b) { result.isIdentical = false }
    } catch {
      throw .read(error)
    }
  }

  private func sliced(_ parameter: Parameter, _ layer: Layer) throws(LayerFailure) -> [WeightMatrix] {
    do { return try Slicing.positions.matrices(of: parameter, in: layer).matrices } catch { throw .read(error) }
  }

  private func load(_ parameter: Parameter) throws(LayerFailure) -> TensorData {
    do { return try parameter.tensor.load() } catch { throw .read(error) }
  }

  /// Two matrices as numbers with a copy each, their products, and weights that have to be decoded.
  private func workingBytes(_ matrix: WeightMatrix) -> Int {
    let decoded = [first, second].reduce(0) { sum, parameter in
      sum + (parameter.tensor.storage.fileRange == nil ? parameter.tensor.storage.byteCount : 0)
    }
    return decoded + MemoryLayout<Double>.size * matrix.columns * (4 * matrix.rows + 3 * matrix.columns)
  }
}

private func squaredDistance(_ a: [Double], _ b: [Double]) -> Double {
  a.indices.reduce(0) { $0 + (a[$1] - b[$1]) * (a[$1] - b[$1]) }
}

private func hasSameBits(_ a: [Double], _ b: [Double]) -> Bool {
  a.indices.allSatisfy { a[$0].bitPattern == b[$0].bitPattern }
}

extension RandomMatrix {
  /// Linear CKA without centring; `nil` if either is zero.
  fileprivate func alignment(with other: RandomMatrix) -> Double? {
    func norm(_ a: RandomMatrix, _ b: RandomMatrix) -> Double {
      let product = MatrixProduct.multiply(
        a.values, transposed: true, b.values, rows: a.columns, inner: a.rows, columns: b.columns)
      return product.reduce(0) { $0 + $1 * $1 }.squareRoot()
    }
    let scale = norm(self, self) * norm(other, other)
    return scale > 0 ? norm(self, other) / scale.squareRoot() : nil
  }
}
