import LinearAlgebra
import MatrixSlicing
import SpectralCore

/// What can be known of a matrix's spectrum where WᵀW has no room: the largest eigenvalues, and a density of the others.
struct PartialSpectrum: Sendable {
  /// ‖W‖²_F = Σλ.
  let squaredNorm: Double
  /// The k largest eigenvalues, descending.
  let largest: [Double]
  /// A bound of their errors, rounding included, in units of the first.
  let errorBound: Double
  /// Of the other eigenvalues; `nil` where they are all zero.
  var density: StochasticDensity?
  /// How many values the tail of the power law has by this spectrum.
  var tailCount: Int?
  /// Whether an eigenvalue among the largest was missed, as happens where one occurs more often than a block is wide.
  var hasDoubt: Bool
  let rows: Int
  let columns: Int

  /// The share of the largest eigenvalues that the tail of the power law may take up: then it would be the same with
  /// more of them.
  static let tailShare = 0.8

  /// Whether what a tail of so many values says is exact.
  func isExact(tailCount: Int) -> Bool {
    !hasDoubt && (density == nil || Double(tailCount) < PartialSpectrum.tailShare * Double(largest.count))
  }

  /// All M eigenvalues, ascending; those below the largest are quantiles of the density.
  ///
  /// - Parameter shift: by how much the share of the eigenvalues up to a value is larger than estimated.
  func eigenvalues(shift: Double = 0) -> [Double] {
    let others = density?.eigenvalues(shift: shift) ?? [Double](repeating: 0, count: columns - largest.count)
    return others + largest.reversed()
  }

  /// The same as a spectrum.
  func spectrum(shift: Double = 0) -> Spectrum {
    Spectrum(rows: rows, columns: columns, slices: [eigenvalues(shift: shift)])
  }
}

/// Finds as much of a spectrum as fits in memory.
struct PartialSpectrumSearch {
  let matrix: WeightMatrix
  /// Columns of the Lanczos basis.
  let capacity: Int

  /// What the density is made from. Of 65,536 eigenvalues the share up to any value is then known to 0.002, and
  /// quantiles in the mean to 6 % of the width of the spectrum at the worst, 0.4 % in fact.
  static let steps = 100
  static let vectors = 16
  /// What is enough to see that the tail goes on beyond the largest eigenvalues so far.
  private static let firstSteps = 25
  /// The error bound that eigenvalues must have to be reported, in units of the largest.
  static let tolerance = 1e-12
  /// How many eigenvalues come first, and the fewest that are worth while.
  static let firstCount = 256
  static let smallestCount = 32
  /// Smaller matrices need next to no memory.
  static let smallestOrder = 512
  /// More columns of the basis than any machine has time for.
  private static let largestCapacity = 1 << 17
  /// How many products with WᵀW the search may cost for each of its columns: then it takes about as long as the whole
  /// spectrum would.
  static let productsPerColumn = 1.0

  /// - Returns: `nil` where even the fewest eigenvalues need more than `memory` bytes.
  init?(_ matrix: WeightMatrix, memory: Int) {
    self.matrix = matrix
    var (low, high) = (0, min(matrix.columns, PartialSpectrumSearch.largestCapacity))
    while low < high {
      let middle = (low + high + 1) / 2
      let bytes = PartialSpectrumSearch.workingBytes(matrix, capacity: middle)
      if let bytes, bytes <= memory { low = middle } else { high = middle - 1 }
    }
    capacity = low
    guard largestCount >= PartialSpectrumSearch.smallestCount else { return nil }
  }

  /// Bytes that the search needs beside the file at least, or `nil` if the number does not fit in `Int`.
  static func smallestBytes(_ matrix: WeightMatrix) -> Int? {
    workingBytes(matrix, capacity: min(window(smallestCount, order: matrix.columns), matrix.columns))
  }

  private static func workingBytes(_ matrix: WeightMatrix, capacity: Int) -> Int? {
    let (order, width) = (matrix.columns, blockWidth(order: matrix.columns))
    // The quadratures' panels, and a few copies of the spectrum.
    let (panels, overflow) = order.multipliedReportingOverflow(by: (3 * vectors + 16) * MemoryLayout<Double>.size)
    guard let basis = BlockLanczos.workingBytes(order: order, width: width, capacity: capacity),
      let product = GramOperator.workingBytes(rows: matrix.rows, columns: order, width: max(width, vectors))
    else { return nil }
    let (sum, carry) = basis.addingReportingOverflow(panels)
    let (total, excess) = sum.addingReportingOverflow(product)
    return overflow || carry || excess ? nil : total
  }

  /// Wide blocks read the file less often, narrow ones need fewer products.
  private static func blockWidth(order: Int) -> Int { min(max(order / 128, 8), 32) }

  /// Columns of the basis between restarts.
  private static func window(_ count: Int, order: Int) -> Int {
    min(max(2 * count, count + 8 * blockWidth(order: order)), order)
  }

  /// The most eigenvalues that there is room for.
  private var largestCount: Int {
    var (low, high) = (0, capacity)
    while low < high {
      let middle = (low + high + 1) / 2
      let window = PartialSpectrumSearch.window(middle, order: matrix.columns)
      if window <= capacity { low = middle } else { high = middle - 1 }
    }
    return low
  }

  /// More and more of the largest eigenvalues, until the tail of the power law that fits best is among them.
  ///
  /// How well a power law would fit that begins below them follows from their density.
  /// - Throws: `LayerFailure` for entries that are not finite and where the iteration fails.
  func run(_ a: GramOperator, seed: UInt64, workers: Workers) throws(LayerFailure) -> PartialSpectrum {
    let squaredNorm = try a.squaredNorm(workers)
    guard squaredNorm > 0 else {
      return PartialSpectrum(
        squaredNorm: 0, largest: [0], errorBound: 0, density: nil, tailCount: nil, hasDoubt: false,
        rows: matrix.rows, columns: matrix.columns)
    }
    guard (PartialSpectrumSearch.smallestNorm...1 / PartialSpectrumSearch.smallestNorm).contains(squaredNorm) else {
      throw .numeric("the squares of the eigenvalues overflow or underflow")
    }
    return try search(a, squaredNorm, seed: seed, workers)
  }

  /// Lengths of vectors in the basis have squares like λ², which must be numbers with all their digits.
  private static let smallestNorm = 1e-130

  private func search(
    _ a: GramOperator, _ squaredNorm: Double, seed: UInt64, _ workers: Workers
  ) throws(LayerFailure) -> PartialSpectrum {
    var random = PortableRandom(seed: seed)
    let start = RandomStream(seed: random.next())
    let quadratureSeed = random.next()
    let order = a.order
    var lanczos = BlockLanczos(
      order: order, width: PartialSpectrumSearch.blockWidth(order: order), capacity: capacity,
      normals: { start.normals($0) })
    var count = min(PartialSpectrumSearch.firstCount, largestCount)
    do {
      while true {
        let ritz = try lanczos.converge(
          count, window: PartialSpectrumSearch.window(count, order: order), tolerance: PartialSpectrumSearch.tolerance,
          productLimit: Int(PartialSpectrumSearch.productsPerColumn * Double(order)), by: a, workers: workers)
        let converged = ritz.convergedCount(
          upTo: count, errorBound: PartialSpectrumSearch.tolerance * ritz.values[0])
        guard converged > 0 else { break }
        let (partial, next) = try spectrum(
          ritz, converged, wanted: count, squaredNorm, lanczos, a, RandomStream(seed: quadratureSeed), workers)
        guard let next else { return partial }
        count = next
      }
    } catch {
      throw .numeric(error.description)
    }
    throw .numeric("no eigenvalue converges in \(lanczos.productCount) products with WᵀW")
  }

  /// How many eigenvalues may show the whole tail; `nil` if those found do, or no number that can be found.
  private func nextCount(after partial: PartialSpectrum, wanted: Int) -> Int? {
    let count = partial.largest.count
    guard count == wanted, count < largestCount, !partial.hasDoubt, let tail = partial.tailCount,
      !partial.isExact(tailCount: tail)
    else { return nil }
    let needed = Int(1.1 * Double(tail) / PartialSpectrum.tailShare) + 1
    // Where it seems to be far longer than there is room for it need not be looked for.
    guard needed <= 4 * largestCount else { return nil }
    return min(max(2 * count, min(needed, 4 * count)), largestCount)
  }

  /// The spectrum with the first `count` Ritz values, and how many to find next unless it is the last one.
  private func spectrum(
    _ ritz: RitzValues, _ count: Int, wanted: Int, _ squaredNorm: Double, _ lanczos: borrowing BlockLanczos,
    _ a: GramOperator, _ random: RandomStream, _ workers: Workers
  ) throws(LinearAlgebraError) -> (partial: PartialSpectrum, next: Int?) {
    let largest = ritz.values[..<count].map { max($0, 0) }
    let others = a.order - count
    let (first, last) = (largest[0], largest[count - 1])
    let rounding = Double(a.order) * .ulpOfOne
    var partial = PartialSpectrum(
      squaredNorm: squaredNorm, largest: largest, errorBound: max(ritz.errorBound(count: count) / first, rounding),
      density: nil, tailCount: nil, hasDoubt: false, rows: matrix.rows, columns: a.order)
    // As in a whole spectrum, what is so small counts as zero, and so do all that are smaller.
    guard others > 0, last > first * rounding else {
      partial.tailCount = PowerLawFit(partial.spectrum().positiveEigenvalues)?.tailCount
      return (partial, nextCount(after: partial, wanted: wanted))
    }
    var sequences = LanczosQuadratures(
      vectors: PartialSpectrumSearch.vectors, without: count, of: lanczos, workers: workers
    ) { random.normals($0) }
    for most in [PartialSpectrumSearch.firstSteps, PartialSpectrumSearch.steps] {
      let steps = min(most, others)
      sequences.extend(to: steps, by: a, of: lanczos, workers: workers)
      let quadratures = try sequences.quadratures(steps: steps)
      let largestOther = quadratures.compactMap(\.nodes.last).max() ?? 0
      partial.hasDoubt = largestOther > last + PartialSpectrumSearch.surprise * first
      partial.density = StochasticDensity(
        quadratures.map(StochasticDensity.Quadrature.init),
        half: try sequences.quadratures(steps: (steps + 1) / 2).map(StochasticDensity.Quadrature.init), steps: steps,
        count: others, sum: max(squaredNorm - largest.reduce(0, +), 0), upper: last)
      partial.tailCount = PowerLawFit(partial.spectrum().positiveEigenvalues)?.tailCount
      if let next = nextCount(after: partial, wanted: wanted) { return (partial, next) }
    }
    return (partial, nil)
  }

  /// A random vector that finds an eigenvalue so far above the smallest of the largest, in units of the first, shows
  /// that one was missed.
  private static let surprise = 1e-9
}

/// Normal deviates, one after the other.
private final class RandomStream {
  private var random: PortableRandom

  init(seed: UInt64) { random = PortableRandom(seed: seed) }

  func normals(_ count: Int) -> [Double] { random.normals(count) }
}

extension StochasticDensity.Quadrature {
  fileprivate init(_ quadrature: LanczosQuadrature) {
    self.init(nodes: quadrature.nodes, weights: quadrature.weights)
  }
}
