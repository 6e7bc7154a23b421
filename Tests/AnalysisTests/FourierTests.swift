import LinearAlgebra
import MatrixSlicing
import ModelReading
import SpectralCore
import TestSupport
import Testing

@testable import Analysis

/// A tensor of float64 values in C order.
func tensor(_ values: [Double], _ shape: [Int], _ axes: [Axis]) throws -> Tensor {
  let bytes = values.flatMap { value in
    (0..<8).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * UInt64($0))) }
  }
  return try Tensor(
    name: "w", elementType: .float64, shape: shape, axes: axes,
    storage: .bytes(ByteSource(owned: bytes, label: "memory")))
}

/// A model of these layers.
func graph(_ layers: [Layer]) -> LayerGraph {
  LayerGraph(format: "test", variant: "", files: [], layers: layers, inventory: [])
}

/// Convolutions as operators on a periodic grid.
@Suite struct FourierTests {
  /// A kernel `[out, in, spatial…]` of normal numbers.
  private struct Kernel {
    var outputs: Int
    var inputs: Int
    var extents: [Int]
    var values: [Double]

    init(seed: UInt64, _ outputs: Int, _ inputs: Int, _ extents: [Int]) {
      (self.outputs, self.inputs, self.extents) = (outputs, inputs, extents)
      var random = PortableRandom(seed: seed)
      values = random.normals(outputs * inputs * extents.reduce(1, *))
    }

    var shape: [Int] { [outputs, inputs] + extents }
    var positionCount: Int { extents.reduce(1, *) }

    func layer(_ kind: LayerKind, groups: Int = 1) throws -> Layer {
      let axes: [Axis] = [.output, .input] + extents.indices.map(Axis.spatial)
      return Layer(
        name: "conv", kind: kind, parameters: [Parameter(.kernel, try tensor(values, shape, axes))], groups: groups)
    }

    /// Eigenvalues of WᵀW of the whole operator, ascending: one row per output and point, one column per input and point.
    func explicitEigenvalues(side: Int) throws -> [Double] {
      let points = extents.reduce(1) { count, _ in count * side }
      let (rows, columns) = (outputs * points, inputs * points)
      var operation = RandomMatrix(rows: rows, columns: columns, values: [Double](repeating: 0, count: rows * columns))
      for output in 0..<outputs {
        for input in 0..<inputs {
          for position in 0..<positionCount {
            let weight = values[(output * inputs + input) * positionCount + position]
            for point in 0..<points {
              let target = shifted(point, by: position, side)
              operation[output * points + target, input * points + point] += weight
            }
          }
        }
      }
      let all = try operation.eigenvalues()
      return Array(all.suffix(min(rows, columns)))
    }

    private func shifted(_ point: Int, by position: Int, _ side: Int) -> Int {
      var (point, position, result, place) = (point, position, 0, 1)
      for extent in extents.reversed() {
        result += (point % side + position % extent) % side * place
        point /= side
        position /= extent
        place *= side
      }
      return result
    }
  }

  private func analyzed(_ layer: Layer, grid: Int? = 4, perSlice: Bool = false) throws -> [LayerRecord] {
    var options = AnalysisOptions()
    options.slicing = .fourier
    options.gridSide = grid
    options.perSlice = perSlice
    options.minimumEigenvalues = 2
    return try analyze(graph([layer]), path: "", options: options).layers
  }

  /// All eigenvalues, those of conjugate frequencies twice.
  private func eigenvalues(_ kernel: Kernel, side: Int) throws -> [Double] {
    let grid = FourierGrid(kernel: kernel.extents, side: side)
    let layer = try kernel.layer(.convolution(rank: kernel.extents.count))
    let data = try layer.parameters[0].tensor.load()
    let matrices = try Slicing.fourier.matrices(of: layer.parameters[0], in: layer).matrices
    let frequencies = grid.frequencies
    let spectra = try grid.eigenvalues(matrices.map { $0.dense(from: data) }, frequencies)
    return zip(frequencies, spectra).flatMap { frequency, spectrum in
      (0..<frequency.multiplicity).flatMap { _ in spectrum }
    }.sorted()
  }

  /// Numbers of numpy's FFT and SVD.
  @Test func publishedNumbers() throws {
    let values = try eigenvalues(Kernel(seed: 7, 3, 2, [3, 3]), side: 4)
    #expect(values.count == 32)
    #expect(abs(values.reduce(0, +) - 838.8209755102598) < 1e-12 * 838.8209755102598)
    let largest = values.suffix(5).reversed().map { $0.squareRoot() }
    for (value, reference) in zip(largest, [7.7341005707, 7.7341005707, 7.5705645702, 7.5705645702, 7.2994993910]) {
      #expect(abs(value - reference) < 1e-10)
    }
  }

  /// The operator as one matrix has the same singular values.
  @Test(arguments: [
    ([5], 6, 4, 3), ([3, 3], 4, 3, 2), ([3, 3], 5, 2, 3), ([1, 3], 4, 2, 2), ([1, 1], 3, 3, 2), ([2, 3], 3, 2, 2),
    ([2, 2, 2], 3, 2, 2), ([3, 3, 3], 4, 1, 1),
  ]) func theWholeOperator(_ extents: [Int], _ side: Int, _ outputs: Int, _ inputs: Int) throws {
    let kernel = Kernel(seed: 11, outputs, inputs, extents)
    let expected = try kernel.explicitEigenvalues(side: side)
    let points = extents.reduce(1) { count, _ in count * side }
    let found = try eigenvalues(kernel, side: side)
    #expect(found.count == points * min(outputs, inputs))
    let scale = try #require(expected.last)
    for (a, b) in zip(found, expected.suffix(found.count)) { #expect(abs(a - b) < 1e-12 * scale) }
  }

  /// Half a plane of frequencies: 34 of 64 of an even grid, 25 of 49 of an odd one, none along an axis of extent 1.
  @Test(arguments: [
    ([3, 3], 8, 34), ([3, 3], 7, 25), ([1, 3], 8, 5), ([1, 1], 8, 1), ([3], 8, 5), ([3, 3, 3], 4, 36),
  ])
  func conjugateFrequenciesAreOne(_ kernel: [Int], _ side: Int, _ count: Int) {
    let frequencies = FourierGrid(kernel: kernel, side: side).frequencies
    #expect(frequencies.count == count)
    let points = kernel.reduce(1) { product, _ in product * side }
    #expect(frequencies.reduce(0) { $0 + $1.multiplicity } == points)
  }

  @Test func normsCountEveryFrequencyAndFitsEachPairOnce() throws {
    let kernel = Kernel(seed: 5, 24, 12, [3, 3])
    let record = try #require(analyzed(kernel.layer(.convolution(rank: 2)), grid: 8).first)
    let squares = kernel.values.reduce(0) { $0 + $1 * $1 }
    #expect(record.status == .ok && record.slicing == "fourier 8x8")
    #expect(record.rows == 24 && record.columns == 12 && record.receptiveField == 9)
    #expect(record.slices == 64 && record.eigenvalueCount == 64 * 12)
    #expect(abs(try #require(record.norm) - 64 * squares) < 1e-10 * squares)
    #expect(try #require(record.tailCount) <= 34 * 12)
    let rows = try analyzed(kernel.layer(.convolution(rank: 2)), grid: 8, perSlice: true)
    #expect(rows.count == 34)
    #expect(rows[0].name == "conv[frequency 0,0]" && rows[33].name == "conv[frequency 4,4]")
    #expect(rows.allSatisfy { $0.eigenvalueCount == 12 && $0.slices == 1 })
  }

  /// MP with variance k²σ² and Q of the channels: [.858, 26.34] of edges [.772, 26.23] for σ² = 1/64.
  @Test func independentEntriesFollowMarchenkoPastur() throws {
    let kernel = Kernel(seed: 8, 64, 32, [3, 3])
    let values = try eigenvalues(kernel, side: 8).map { $0 / 64 }
    let largest = try #require(values.last)
    #expect(abs(values[0] - 0.858) < 1e-3 && abs(largest - 26.34) < 5e-3)
  }

  @Test func groupsAreOperatorsOfTheirOwn() throws {
    let kernel = Kernel(seed: 9, 6, 2, [3, 3])
    let whole = try #require(analyzed(kernel.layer(.convolution(rank: 2), groups: 3)).first)
    #expect(whole.rows == 2 && whole.columns == 2 && whole.slices == 3 * 16 && whole.eigenvalueCount == 96)
    var part = Kernel(seed: 9, 2, 2, [3, 3])
    part.values = Array(kernel.values[36..<72])
    let single = try #require(analyzed(part.layer(.convolution(rank: 2))).first)
    let rows = try analyzed(kernel.layer(.convolution(rank: 2), groups: 3), perSlice: true)
    #expect(rows[10].name == "conv[group 1][frequency 0,0]")
    #expect(rows[10..<20].map { $0.spectralNorm! }.max() == single.spectralNorm)
  }

  /// Each channel of a depthwise kernel is filtered by itself: |F(u)|² for each.
  @Test func depthwiseKernelsActChannelByChannel() throws {
    let kernel = Kernel(seed: 10, 5, 1, [3, 3])
    let record = try #require(analyzed(kernel.layer(.depthwiseConvolution(rank: 2), groups: 5)).first)
    #expect(record.rows == 1 && record.columns == 1 && record.eigenvalueCount == 5 * 16)
    #expect(record.alpha == nil && record.reason == "M = 1: a vector has no spectrum to fit")
    let squares = kernel.values.reduce(0) { $0 + $1 * $1 }
    #expect(abs(try #require(record.norm) - 16 * squares) < 1e-10 * squares)
  }

  @Test func aDenseLayerIsWhatItAlwaysIs() throws {
    var random = PortableRandom(seed: 1)
    let kernel = try tensor(random.normals(600), [30, 20], [.output, .input])
    let layer = Layer(name: "fc", kind: .dense, parameters: [Parameter(.kernel, kernel)])
    let fourier = try #require(analyzed(layer).first)
    var options = AnalysisOptions()
    options.minimumEigenvalues = 2
    let plain = try #require(analyze(graph([layer]), path: "", options: options).layers.first)
    #expect(fourier.slicing == "fourier" && fourier.slices == 1)
    #expect(fourier.norm == plain.norm && fourier.alpha == plain.alpha)
  }

  @Test(arguments: [
    ([3, 3], "fourier 32x32"), ([7, 7], "fourier 32x32"), ([9], "fourier 64"), ([11, 11], "fourier 64x64"),
  ])
  func theGridGrowsWithTheKernel(_ kernel: [Int], _ label: String) {
    #expect(FourierGrid(kernel: kernel, side: nil).label == label)
  }

  @Test func aGridSmallerThanTheKernelIsRefused() throws {
    let record = try #require(analyzed(Kernel(seed: 1, 2, 2, [5, 5]).layer(.convolution(rank: 2))).first)
    #expect(record.status == .failed)
    #expect(record.reason == "a kernel of [5, 5] does not fit a grid of 4 points along each axis")
  }

  @Test func aGridBeyondMemoryIsSkipped() throws {
    let kernel = Kernel(seed: 1, 2, 2, [3, 3, 3])
    for (grid, reason) in [
      (65_536, "needs 90071992547411040 bytes, the limit is 1073741824"),
      (.max, "needs more memory than can be addressed, the limit is 1073741824"),
    ] {
      var options = AnalysisOptions()
      options.slicing = .fourier
      options.gridSide = grid
      options.maximumMemory = 1 << 30
      let layer = try kernel.layer(.convolution(rank: 3))
      let record = try #require(analyze(graph([layer]), path: "", options: options).layers.first)
      #expect(record.status == .skipped && record.reason == reason)
    }
  }

  @Test func studiesNeedRealMatrices() throws {
    var options = AnalysisOptions()
    options.slicing = .fourier
    options.gridSide = 4
    options.studies = .randomized
    let layer = try Kernel(seed: 1, 3, 2, [3, 3]).layer(.convolution(rank: 2))
    let record = try #require(analyze(graph([layer]), path: "", options: options).layers.first)
    #expect(record.randomized == nil && record.warnings.contains { $0.label == .notStudied })
  }

  @Test func entriesThatAreNotNumbersFail() throws {
    var kernel = Kernel(seed: 1, 3, 2, [3, 3])
    kernel.values[5] = .nan
    let record = try #require(analyzed(kernel.layer(.convolution(rank: 2))).first)
    #expect(record.status == .failed && record.reason == "1 entries are NaN or infinite")
  }
}
