import Analysis
import ModelReading
import SpectralCore
import Testing

/// Spectra of the heads of attention projections.
@Suite struct HeadAnalysisTests {
  /// Four heads of eight rows.
  private let query = RandomMatrix.gaussian(seed: 11, rows: 32, columns: 40)

  private func layer(_ name: String, _ matrix: RandomMatrix, _ heads: AttentionHeads? = nil) throws -> Layer {
    let kernel = try tensor(matrix.values, [matrix.rows, matrix.columns], [.output, .input])
    return Layer(name: name, kind: .dense, parameters: [Parameter(.kernel, kernel, heads: heads)])
  }

  private func records(
    _ layers: [Layer], perHead: Bool = true, perSlice: Bool = false, width: Int? = nil
  ) throws -> [LayerRecord] {
    var options = AnalysisOptions()
    options.perHead = perHead
    options.perSlice = perSlice
    options.headWidth = width
    return try analyze(graph(layers), path: "", options: options).layers
  }

  /// The rows, or the columns, of one head, written out.
  private func part(_ head: Int, rows isRows: Bool) -> RandomMatrix {
    let indices = head * 8..<head * 8 + 8
    if isRows { return RandomMatrix(rows: 8, columns: 40, values: Array(query.values[head * 320..<head * 320 + 320])) }
    let values = (0..<40).flatMap { row in indices.map { query.values[$0 * 40 + row] } }
    return RandomMatrix(rows: 40, columns: 8, values: values)
  }

  /// A head has the spectrum of the matrix that it is, bit for bit.
  @Test(arguments: [true, false]) func headsAreMatricesOfTheirOwn(isQuery: Bool) throws {
    let parts = try records((0..<4).map { try layer("p[head \($0)]", part($0, rows: isQuery)) })
    let turned = RandomMatrix(
      rows: 40, columns: 32, values: (0..<40).flatMap { row in (0..<32).map { query.values[$0 * 40 + row] } })
    let whole = isQuery ? query : turned
    let heads = AttentionHeads(isQuery ? .outputs : .inputs, count: 4)
    let cut = try records([layer("p", whole, heads)], perSlice: true)
    #expect(cut.map(\.name) == parts.map(\.name))
    for (head, part) in zip(cut, parts) {
      #expect(head.norm == part.norm && head.spectralNorm == part.spectralNorm && head.alpha == part.alpha)
      #expect(head.rows == 40 && head.columns == 8 && head.warnings == part.warnings)
    }
    let pooled = try #require(records([layer("p", whole, heads)]).first)
    #expect(pooled.name == "p" && pooled.slices == 4 && pooled.eigenvalueCount == 32)
    #expect(pooled.spectralNorm == parts.compactMap(\.spectralNorm).max())
    let sum = parts.compactMap(\.norm).reduce(0, +)
    let norm = try #require(pooled.norm)
    #expect(abs(norm - sum) < 1e-12 * sum)
  }

  @Test func withoutTheOptionNothingChanges() throws {
    let plain = try #require(records([layer("p", query)], perHead: false).first)
    let known = try #require(
      records([layer("p", query, AttentionHeads(.outputs, count: 4))], perHead: false, width: 8).first)
    #expect(known.slices == 1 && known.norm == plain.norm && known.warnings == plain.warnings)
  }

  @Test func unknownHeadsAreSpokenOf() throws {
    let heads = AttentionHeads(.outputs, count: nil)
    let row = try #require(records([layer("p", query, heads)]).first)
    #expect(row.slices == 1)
    let caveat = try #require(row.warnings.first { $0.label == .headsUnknown })
    #expect(caveat.text.hasSuffix("has an unknown number of heads, which --head-width can tell"))
    #expect(try records([layer("p", query, heads)], width: 8)[0].slices == 4)
    #expect(try records([layer("p", query, heads)], width: 7)[0].warnings.contains { $0.label == .headsUnknown })
    #expect(
      try records([layer("p", query, AttentionHeads(.outputs, count: 5))])[0].warnings.map(\.text).first
        == "analysed whole: the projection cannot be cut into 5 heads")
    #expect(try !records([layer("p", query)])[0].warnings.contains { $0.label == .headsUnknown })
  }

  @Test func differencesKeepTheirHeads() throws {
    let model = try graph([layer("p", query, AttentionHeads(.outputs, count: 4))])
    let base = try graph([layer("p", RandomMatrix.gaussian(seed: 12, rows: 32, columns: 40))])
    var options = AnalysisOptions()
    options.perHead = true
    #expect(try analyze(model.subtracting(base, at: "base"), path: "", options: options).layers[0].slices == 4)
  }

  /// The factors of an adapter are multiplied where their product is cut.
  @Test func adaptersAreCutAsWell() throws {
    let left = RandomMatrix.gaussian(seed: 1, rows: 32, columns: 2)
    let right = RandomMatrix.gaussian(seed: 2, rows: 2, columns: 40)
    let product = try LowRankFactors(
      left: tensor(left.values, [32, 2], [.other, .other]), right: tensor(right.values, [2, 40], [.other, .other]),
      scale: 1)
    let factors = try #require(product)
    let kernel = Parameter(
      .kernel, try factors.product(named: "p", limits: Limits()), factors: factors,
      heads: AttentionHeads(.outputs, count: 4))
    let layer = Layer(name: "p", kind: .lowRankAdapter, parameters: [kernel])
    let (whole, cut) = (try records([layer], perHead: false)[0], try records([layer])[0])
    #expect(cut.slices == 4 && cut.columns == 8 && whole.slices == 1)
    let (norm, sum) = (try #require(whole.norm), try #require(cut.norm))
    #expect(abs(sum - norm) < 1e-6 * norm)
  }
}
