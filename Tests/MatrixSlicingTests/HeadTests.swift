import MatrixSlicing
import ModelReading
import Testing

/// Attention projections as one matrix per head.
@Suite struct HeadTests {
  private func sliced(
    _ tensor: Tensor, _ heads: AttentionHeads?, perHead: Bool = true, groups: Int = 1
  ) throws -> SlicedWeight {
    let parameter = Parameter(.kernel, tensor, heads: heads)
    let layer = Layer(name: "layer", kind: .dense, parameters: [parameter], groups: groups)
    return try Slicing.positions.matrices(of: parameter, in: layer, perHead: perHead)
  }

  @Test func queriesAreCutByRows() throws {
    let sliced = try sliced(counting([4, 3], [.output, .input]), AttentionHeads(.outputs, count: 2))
    #expect(
      sliced.isPerHead
        && sliced.matrices.map(\.origin) == [[.init(axis: "head", index: [0])], [.init(axis: "head", index: [1])]])
    #expect(try sliced.matrices.map { try $0.values() } == [[0, 1, 2, 3, 4, 5], [6, 7, 8, 9, 10, 11]])
    #expect(sliced.matrices.allSatisfy { $0.rows == 3 && $0.columns == 2 && $0.isTransposed })
  }

  @Test func theOutputProjectionIsCutByColumns() throws {
    let sliced = try sliced(counting([3, 4], [.output, .input]), AttentionHeads(.inputs, count: 2))
    #expect(try sliced.matrices.map { try $0.values() } == [[0, 1, 4, 5, 8, 9], [2, 3, 6, 7, 10, 11]])
  }

  /// `[input, heads, width]` and `[heads, width, output]`, as Keras and Flax have them.
  @Test func headsWithAnAxisOfTheirOwn() throws {
    let query = try counting([2, 3, 2], [.input, .output, .output])
    let heads = try #require(AttentionHeads(axesOf: query))
    #expect(heads == AttentionHeads(.outputs, count: 3) && heads.extent(in: query) == 6)
    #expect(
      try sliced(query, heads).matrices.map { try $0.values() } == [[0, 6, 1, 7], [2, 8, 3, 9], [4, 10, 5, 11]])
    let output = try counting([3, 2, 2], [.input, .input, .output])
    #expect(AttentionHeads(axesOf: output) == AttentionHeads(.inputs, count: 3))
    #expect(
      try sliced(output, AttentionHeads(axesOf: output)).matrices.map { try $0.values() }
        == [[0, 2, 1, 3], [4, 6, 5, 7], [8, 10, 9, 11]])
    #expect(try AttentionHeads(axesOf: counting([2, 3], [.output, .input])) == nil)
  }

  /// The queries of `[keys, queries per key + 2, width]` do not lie side by side.
  @Test func headsThatLieApart() throws {
    let fused = try counting([16, 1], [.output, .input])
    let groups = try #require(fused.split(axis: 0, into: 2, roles: (.output, .output)))
    let heads = try #require(groups.split(axis: 1, into: 4, roles: (.output, .output)))
    let queries = heads.sliced(axis: 1, 0..<2)
    #expect(
      try sliced(queries, AttentionHeads(.outputs, count: 4)).matrices.map { try $0.values() }
        == [[0, 1], [2, 3], [8, 9], [10, 11]])
    #expect(
      try sliced(queries, AttentionHeads(.outputs, count: 2)).matrices.map { try $0.values() }
        == [[0, 1, 2, 3], [8, 9, 10, 11]])
    #expect(
      try sliced(queries, AttentionHeads(.outputs, count: 8)).matrices.map { try $0.values() }
        == [0, 1, 2, 3, 8, 9, 10, 11].map { [$0] })
  }

  @Test func layersInAStackAreCutEach() throws {
    let stack = try counting([2, 2, 1], [.expert, .output, .input])
    let sliced = try sliced(stack, AttentionHeads(.outputs, count: 2))
    #expect(try sliced.matrices.map { try $0.values() } == [[0], [1], [2], [3]])
    #expect(sliced.matrices[2].origin == [.init(axis: "expert", index: [1]), .init(axis: "head", index: [0])])
  }

  @Test(arguments: [nil, 0, -1, 3, 5, 8, .max, .min] as [Int?])
  func whatAreNoEqualPartsStaysWhole(count: Int?) throws {
    let tensor = try counting([4, 3], [.output, .input])
    let sliced = try sliced(tensor, AttentionHeads(.outputs, count: count))
    #expect(!sliced.isPerHead && sliced.matrices.count == 1 && sliced.matrices[0].origin.isEmpty)
  }

  @Test func moreHeadsThanMatricesMayBe() throws {
    let tensor = try counting([100_001, 1], [.output, .input])
    #expect(try !sliced(tensor, AttentionHeads(.outputs, count: 100_001)).isPerHead)
  }

  /// The positions of a kernel belong together.
  @Test func convolutionsStayWhole() throws {
    let kernel = try counting([4, 3, 2], [.output, .input, .spatial(0)])
    let whole = try sliced(kernel, AttentionHeads(.outputs, count: 2))
    #expect(!whole.isPerHead && whole.matrices.count == 2 && whole.kernel == [2])
  }

  @Test func nothingIsCutUnlessAskedFor() throws {
    let tensor = try counting([4, 3], [.output, .input])
    let whole = try sliced(tensor, AttentionHeads(.outputs, count: 2), perHead: false)
    #expect(!whole.isPerHead && whole.matrices.count == 1)
    #expect(try !sliced(tensor, nil).isPerHead)
  }

  @Test func aWidthTellsHowManyThereAre() throws {
    let tensor = try counting([4, 6], [.output, .input])
    #expect(AttentionHeads(.inputs, count: nil).assuming(width: 2, in: tensor).count == 3)
    #expect(AttentionHeads(.outputs, count: nil).assuming(width: 4, in: tensor).count == 1)
    #expect(AttentionHeads(.outputs, count: nil).assuming(width: 3, in: tensor).count == nil)
    #expect(AttentionHeads(.outputs, count: nil).assuming(width: 0, in: tensor).count == nil)
    #expect(AttentionHeads(.outputs, count: 1).assuming(width: 2, in: tensor).count == 1)
  }
}
