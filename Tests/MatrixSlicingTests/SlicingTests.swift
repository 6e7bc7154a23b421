import MatrixSlicing
import ModelReading
import TestSupport
import Testing

/// A float32 tensor whose elements are 0, 1, 2, … in C order of `shape`.
func counting(_ shape: [Int], _ axes: [Axis]) throws -> Tensor {
  let count = shape.reduce(1, *)
  var bytes: [UInt8] = []
  for i in 0..<count {
    let bits = Float(i).bitPattern
    bytes += (0..<4).map { UInt8(truncatingIfNeeded: bits >> (8 * UInt32($0))) }
  }
  return try Tensor(
    name: "t", elementType: .float32, shape: shape, axes: axes,
    storage: .bytes(ByteSource(owned: bytes, label: "memory")))
}

func layer(_ kind: LayerKind, _ tensor: Tensor, groups: Int = 1) -> Layer {
  Layer(name: "layer", kind: kind, parameters: [Parameter(.kernel, tensor)], groups: groups)
}

extension WeightMatrix {
  /// The whole matrix, outputs as rows.
  func values() throws -> [Double] {
    var result = [Double](repeating: -1, count: outputCount * inputCount)
    var span = result.mutableSpan
    decode(outputs: 0..<outputCount, inputs: 0..<inputCount, from: try tensor.load(), into: &span)
    return result
  }
}

func matrices(_ layer: Layer, _ slicing: Slicing = .positions) throws -> [WeightMatrix] {
  try slicing.matrices(of: layer.parameters[0], in: layer).matrices
}

@Suite struct SlicingTests {
  @Test func denseIsOneMatrixWithTheLongerSideAsRows() throws {
    let wide = try matrices(layer(.dense, counting([2, 3], [.output, .input])))
    #expect(wide.count == 1)
    #expect(wide[0].rows == 3 && wide[0].columns == 2 && wide[0].isTransposed)
    #expect(wide[0].aspectRatio == 1.5)
    #expect(try wide[0].values() == [0, 1, 2, 3, 4, 5])
  }

  @Test func storageOrderDoesNotMatter() throws {
    let stored = try counting([3, 2], [.input, .output])
    let matrix = try matrices(layer(.dense, stored))[0]
    #expect(matrix.outputCount == 2 && matrix.inputCount == 3)
    #expect(try matrix.values() == [0, 2, 4, 1, 3, 5])
  }

  @Test func convolutionMakesOneMatrixPerPosition() throws {
    let kernel = try counting([4, 3, 2, 2], [.output, .input, .spatial(0), .spatial(1)])
    let sliced = try Slicing.positions.matrices(
      of: Parameter(.kernel, kernel), in: layer(.convolution(rank: 2), kernel))
    #expect(sliced.matrices.count == 4 && sliced.receptiveField == 4)
    #expect(sliced.matrices[3].origin == [.init(axis: "position", index: [1, 1])])
    #expect(try sliced.matrices[1].values() == (0..<12).map { Double($0 * 4 + 1) })
  }

  @Test func channelsLastGivesTheSameSlicesAsChannelsFirst() throws {
    let first = try counting([4, 3, 2, 2], [.output, .input, .spatial(0), .spatial(1)])
    let order = [2, 3, 1, 0]
    let permuted = first.permuted(order)
    let bytes = try permuted.littleEndianBytes()
    let last = try Tensor(
      name: "t", elementType: .float32, shape: [2, 2, 3, 4],
      axes: [.spatial(0), .spatial(1), .input, .output], storage: .bytes(ByteSource(owned: bytes, label: "memory")))
    for slicing in Slicing.allCases {
      let a = try matrices(layer(.convolution(rank: 2), first), slicing).map { try $0.values() }
      let b = try matrices(layer(.convolution(rank: 2), last), slicing).map { try $0.values() }
      #expect(a == b)
    }
  }

  @Test func unfoldingKeepsTheKernelAsOneMatrix() throws {
    let kernel = try counting([4, 3, 2, 2], [.output, .input, .spatial(0), .spatial(1)])
    let unfolded = try matrices(layer(.convolution(rank: 2), kernel), .unfold)
    #expect(unfolded.count == 1 && unfolded[0].rows == 12 && unfolded[0].columns == 4)
    #expect(try unfolded[0].values() == (0..<48).map(Double.init))
  }

  @Test func groupsAreMatricesOfTheirOwn() throws {
    let kernel = try counting([4, 3, 1, 1], [.output, .input, .spatial(0), .spatial(1)])
    let sliced = try matrices(layer(.convolution(rank: 2), kernel, groups: 2))
    #expect(sliced.count == 2)
    #expect(sliced[0].outputCount == 2 && sliced[0].inputCount == 3)
    #expect(try sliced[1].values() == [6, 7, 8, 9, 10, 11])
    #expect(sliced[1].origin.first == .init(axis: "group", index: [1]))
  }

  @Test func depthwiseIsOneVectorPerPosition() throws {
    let kernel = try counting([2, 2, 3, 2], [.spatial(0), .spatial(1), .group, .output])
    let sliced = try matrices(layer(.depthwiseConvolution(rank: 2), kernel, groups: 3))
    #expect(sliced.count == 4)
    #expect(sliced.allSatisfy { $0.rows == 6 && $0.columns == 1 })
    #expect(try sliced[1].values() == [6, 7, 8, 9, 10, 11])
  }

  @Test func transposedConvolutionWithGroups() throws {
    // [in, out/g, k, k] with g = 2: the first axis is groups × inputs per group.
    let stored = try counting([4, 3, 1, 1], [.input, .output, .spatial(0), .spatial(1)])
    let kernel = try #require(stored.split(axis: 0, into: 2, roles: (.group, .input)))
    #expect(kernel.canonicalShape == [6, 2, 1, 1])
    let sliced = try matrices(layer(.transposedConvolution(rank: 2), kernel, groups: 2))
    #expect(sliced.count == 2)
    #expect(try sliced[0].values() == [0, 3, 1, 4, 2, 5])
  }

  @Test func gatesDirectionsAndExpertsStack() throws {
    let gates = try counting([2, 4, 2, 3], [.direction, .gate, .output, .input])
    let recurrent = try matrices(layer(.recurrent(.lstm), gates))
    #expect(recurrent.count == 8)
    #expect(recurrent[5].origin == [.init(axis: "direction", index: [1]), .init(axis: "gate", index: [1])])
    let experts = try counting([3, 2, 5], [.expert, .input, .output])
    #expect(try matrices(layer(.expertStack, experts)).map(\.rows) == [5, 5, 5])
  }

  @Test func severalOutputAxesMerge() throws {
    let query = try counting([3, 2, 4], [.input, .output, .output])
    let matrix = try matrices(layer(.attention, query))[0]
    #expect(matrix.outputCount == 8 && matrix.inputCount == 3)
    #expect(try matrix.values().prefix(3) == [0, 8, 16])
  }

  @Test func embeddingRowsAreItsWords() throws {
    let matrix = try matrices(layer(.embedding, counting([5, 2], [.vocabulary, .input])))[0]
    #expect(matrix.rows == 5 && matrix.columns == 2 && !matrix.isTransposed)
  }

  @Test func whatCannotBeSlicedSaysWhy() throws {
    let unknown = try counting([2, 3], [.output, .other])
    #expect(throws: ReadError.self) { try matrices(layer(.other("x"), unknown)) }
    let empty = try counting([0, 3], [.output, .input])
    let error = #expect(throws: ReadError.self) { try matrices(layer(.dense, empty)) }
    #expect(error?.code == .unsupported && error?.message == "has no elements: its shape is [0, 3]")
    let many = try counting([1, 1, 400, 400], [.output, .input, .spatial(0), .spatial(1)])
    let tooMany = #expect(throws: ReadError.self) { try matrices(layer(.convolution(rank: 2), many)) }
    #expect(tooMany?.message == "makes 160000 matrices, the limit is 100000")
  }

  @Test(arguments: 0..<40) func blocksOfAnyLayoutAreTheBlocksOfTheMatrix(seed: Int) throws {
    var random = SplitMix(seed: UInt64(seed))
    let extents = (0..<3).map { _ in Int.random(in: 1...5, using: &random) }
    let roles = [Axis.output, .input, [.output, .input, .spatial(0)].randomElement(using: &random)!]
    let tensor = try counting(extents, roles).permuted([0, 1, 2].shuffled(using: &random))
    let whole = tensor.canonical
    let reference: [Double] = try whole.values()
    let matrix = try matrices(layer(.convolution(rank: 1), tensor), .unfold)[0]
    #expect(try matrix.values() == reference)
    let outputs = 0..<Int.random(in: 1...matrix.outputCount, using: &random)
    let lower = Int.random(in: 0..<matrix.inputCount, using: &random)
    var block = [Double](repeating: -1, count: outputs.count * (matrix.inputCount - lower))
    var span = block.mutableSpan
    matrix.decode(outputs: outputs, inputs: lower..<matrix.inputCount, from: try tensor.load(), into: &span)
    let expected = outputs.flatMap { row in
      reference[(row * matrix.inputCount + lower)..<((row + 1) * matrix.inputCount)]
    }
    #expect(block == expected)
  }
}
