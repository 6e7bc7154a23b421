/// The eigenvalues of four symmetric tridiagonal matrices at once, one in each lane of a vector.
///
/// The QL iteration without square roots (Pal, Walker & Kahan; Parlett, The Symmetric Eigenvalue Problem, section 8.15).
/// All lanes look for the same eigenvalue until the last has found it. Those that have found it stay as they are, so
/// that a matrix has the same eigenvalues whichever others it is with.
struct TridiagonalBatch {
  private typealias Lanes = SIMD4<Double>

  /// How many matrices make a batch.
  static let count = Lanes.scalarCount

  private var diagonal: [SIMD4<Double>]
  /// The squares of the elements below the diagonal, as many, the last one unused.
  private var squares: [SIMD4<Double>]
  private let scales: [Double]

  /// - Parameter matrices: up to `count`, of one order.
  init(_ matrices: ArraySlice<Tridiagonal>) {
    let order = matrices.first?.diagonal.count ?? 0
    diagonal = [Lanes](repeating: .zero, count: order)
    squares = diagonal
    scales = matrices.map(\.scale)
    for (lane, matrix) in matrices.enumerated() {
      for index in 0..<order {
        diagonal[index][lane] = matrix.diagonal[index]
        squares[index][lane] = matrix.subdiagonal[index] * matrix.subdiagonal[index]
      }
    }
  }

  /// Of each matrix, ascending.
  ///
  /// - Throws: `LinearAlgebraError` if an eigenvalue takes more steps than any should.
  consuming func eigenvalues() throws(LinearAlgebraError) -> [[Double]] {
    let least = negligibleSquare
    var values = diagonal
    var besides = squares
    try TridiagonalBatch.iterate(values.mutableSpan, besides.mutableSpan, least)
    return scales.enumerated().map { lane, scale in
      values.map { TridiagonalBatch.withoutTraces($0[lane]) * scale }.sorted()
    }
  }

  private static func iterate(
    _ diagonal: consuming MutableSpan<Lanes>, _ squares: consuming MutableSpan<Lanes>, _ least: Lanes
  ) throws(LinearAlgebraError) {
    for first in 0..<max(diagonal.count - 1, 0) {
      var steps = 0
      while true {
        let isFound = squares[first] .<= negligible(between: diagonal[first], diagonal[first + 1], least)
        if all(isFound) { break }
        guard steps < mostSteps else {
          throw LinearAlgebraError(description: "an eigenvalue is not found in \(steps) steps")
        }
        steps += 1
        guard any(isFound) else {
          sweep(&diagonal, &squares, from: first)
          continue
        }
        let before = (first..<diagonal.count).map { (diagonal[$0], squares[$0]) }
        sweep(&diagonal, &squares, from: first)
        for (offset, element) in before.enumerated() {
          diagonal[first + offset].replace(with: element.0, where: isFound)
          squares[first + offset].replace(with: element.1, where: isFound)
        }
      }
    }
  }

  /// Twice as many as were ever needed.
  private static let mostSteps = 60

  /// What changes no eigenvalue by more than a part of the rounding unit, in units of the largest …
  private var negligibleSquare: Lanes {
    var largest = Lanes.zero
    for (element, square) in zip(diagonal, squares) {
      largest = pointwiseMax(largest, pointwiseMax(element * element, square))
    }
    return largest * (0x1p-56 * 0x1p-56)
  }

  /// … or in units of its neighbours.
  private static func negligible(between first: Lanes, _ second: Lanes, _ least: Lanes) -> Lanes {
    let product = first * second
    return pointwiseMax(pointwiseMax(product, -product) * (0x1p-53 * 0x1p-53), least)
  }

  /// One step towards the eigenvalue at `first`.
  private static func sweep(
    _ diagonal: inout MutableSpan<Lanes>, _ squares: inout MutableSpan<Lanes>, from first: Int
  ) {
    let shift = shift(diagonal[first], diagonal[first + 1], squares[first])
    var cosine = Lanes(repeating: 1)
    var sine = Lanes.zero
    var gamma = nonzero(diagonal[diagonal.count - 1] - shift)
    var p = gamma * gamma
    for index in (first..<diagonal.count - 1).reversed() {
      let square = squares[index]
      let sum = p + square
      squares[index + 1] = sine * sum
      // Two divisions that need not wait for each other, instead of three in a row.
      let inverse = 1 / sum
      let ratio = sum / p
      cosine = p * inverse
      sine = square * inverse
      let (old, element) = (gamma, diagonal[index])
      gamma = nonzero(cosine * (element - shift) - sine * old)
      diagonal[index + 1] = old + (element - gamma)
      p = gamma * gamma * ratio
    }
    squares[first] = sine * p
    diagonal[first] = shift + gamma
  }

  /// The recurrence divides by its squares: zeros give way to something far below all rounding.
  private static func nonzero(_ gamma: Lanes) -> Lanes {
    gamma.replacing(with: tiny, where: gamma * gamma .< tiny * tiny)
  }

  private static var tiny: Lanes { Lanes(repeating: 1e-100) }

  /// Zero for the sum of a few such things.
  private static func withoutTraces(_ value: Double) -> Double { abs(value) < 1e-90 ? 0 : value }

  /// The eigenvalue of a two-by-two matrix that is nearer to its first element (Wilkinson).
  private static func shift(_ first: Lanes, _ second: Lanes, _ square: Lanes) -> Lanes {
    let root = square.squareRoot()
    let half = (second - first) / (2 * root + tiny)
    let norm = (half * half + 1).squareRoot()
    return first - root / (half + norm.replacing(with: -norm, where: half .< 0))
  }
}
