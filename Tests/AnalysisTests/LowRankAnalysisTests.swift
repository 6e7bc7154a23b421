import Analysis
import MatrixSlicing
import ModelReading
import TestSupport
import Testing

/// Weights that are stored as products.
@Suite struct LowRankAnalysisTests {
  private func tensor(_ shape: [Int], _ generator: inout SplitMix) throws -> Tensor {
    let values = (0..<shape.reduce(1, *)).map { _ in Float.random(in: -1...1, using: &generator) }
    return try Tensor(
      name: "\(shape)", elementType: .float32, shape: shape,
      storage: .bytes(ByteSource(owned: values.littleEndianBytes, label: "test")))
  }

  private func record(
    _ left: [Int], _ right: [Int], factored: Bool, _ slicing: Slicing = .positions, memory: Int = 1 << 30
  ) throws -> LayerRecord {
    var generator = SplitMix(seed: 7)
    let factors = try #require(
      LowRankFactors(left: tensor(left, &generator), right: tensor(right, &generator), scale: 0.25))
    let product = try factors.product(named: "w", limits: Limits())
    let parameter = Parameter(.kernel, product, factors: factored ? factors : nil)
    let graph = LayerGraph(
      format: "test", variant: "", files: [],
      layers: [Layer(name: "w", kind: .lowRankAdapter, parameters: [parameter])], inventory: [])
    var options = AnalysisOptions()
    options.slicing = slicing
    options.maximumMemory = memory
    return try #require(analyze(graph, path: "", options: options).layers.first)
  }

  /// The factors alone give what their product gives.
  @Test(arguments: [
    ([120, 8], [8, 50], Slicing.positions), ([30, 8], [8, 90], .positions),
    ([40, 4, 1, 1], [4, 24, 3, 3], .positions),
    ([40, 4, 1, 1], [4, 24, 3, 3], .unfold),
  ]) func sameSpectrumWithoutTheProduct(_ left: [Int], _ right: [Int], _ slicing: Slicing) throws {
    let factored = try record(left, right, factored: true, slicing)
    let dense = try record(left, right, factored: false, slicing)
    #expect(factored.rows == dense.rows && factored.columns == dense.columns && factored.slices == dense.slices)
    #expect(factored.eigenvalueCount == dense.eigenvalueCount)
    #expect(factored.hardRank == left[1] * (factored.slices ?? 0))
    for (a, b) in [
      (factored.norm, dense.norm), (factored.spectralNorm, dense.spectralNorm),
      (factored.stableRank, dense.stableRank), (factored.entropy, dense.entropy),
    ] {
      let (a, b) = (try #require(a), try #require(b))
      // The product is rounded to single precision.
      #expect(abs(a - b) <= 1e-6 * abs(b))
    }
  }

  /// 100,000 × 50,000, of which nobody has the memory.
  @Test func thinFactorsOfAHugeMatrix() throws {
    let record = try record([100_000, 2], [2, 50_000], factored: true, memory: 16 << 20)
    #expect(record.status == .ok)
    #expect(record.rows == 100_000 && record.columns == 50_000 && record.hardRank == 2)
    #expect(record.eigenvalueCount == 50_000)
  }

  /// Where the rank is that of any matrix of the shape, the product is formed.
  @Test func factorsOfFullRank() throws {
    let record = try record([6, 8], [8, 5], factored: true)
    #expect(record.hardRank == 5 && record.columns == 5)
  }

  @Test func entriesThatAreNotNumbers() throws {
    let nan = try Tensor(
      name: "n", elementType: .float32, shape: [1, 4],
      storage: .bytes(ByteSource(owned: [Float](repeating: .nan, count: 4).littleEndianBytes, label: "test")))
    var generator = SplitMix(seed: 1)
    let factors = try #require(LowRankFactors(left: tensor([4, 1], &generator), right: nan, scale: 1))
    let parameter = Parameter(.kernel, try factors.product(named: "w", limits: Limits()), factors: factors)
    let graph = LayerGraph(
      format: "test", variant: "", files: [],
      layers: [Layer(name: "w", kind: .lowRankAdapter, parameters: [parameter])], inventory: [])
    let record = try #require(analyze(graph, path: "", options: AnalysisOptions()).layers.first)
    #expect(record.status == .failed && record.reason == "4 entries are NaN or infinite")
  }

  /// The spectrum comes from the factors; their product, which studies look at, is too large for its type.
  @Test(arguments: [false, true]) func aProductThatOverflowsCostsTheStudiesOnly(perSlice: Bool) throws {
    var generator = SplitMix(seed: 2)
    let factors = try #require(
      LowRankFactors(left: tensor([40, 2], &generator), right: tensor([2, 30], &generator), scale: 1e60))
    let parameter = Parameter(.kernel, try factors.product(named: "w", limits: Limits()), factors: factors)
    let graph = LayerGraph(
      format: "test", variant: "", files: [],
      layers: [Layer(name: "w", kind: .lowRankAdapter, parameters: [parameter])], inventory: [])
    var options = AnalysisOptions()
    options.perSlice = perSlice
    options.compatibility = .weightwatcher
    let plain = try #require(analyze(graph, path: "", options: options).layers.first)
    options.studies = [.randomized, .vectors, .whitened]
    let record = try #require(analyze(graph, path: "", options: options).layers.first)
    #expect(record.status == .ok && record.norm == plain.norm && record.hardRank == 2)
    #expect(record.randomized == nil && record.vectors == nil && record.whitened == nil)
    let caveat = try #require(record.warnings.first { $0.label == .notStudied })
    #expect(caveat.text == "no result of studies: 1200 entries are NaN or infinite")
  }
}
