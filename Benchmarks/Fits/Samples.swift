import Glibc
import SpectralCore

/// Eigenvalues that stand for those of a matrix of a kind, without the time that a decomposition takes.
enum Samples {
  /// Noise: the quantiles of the Marchenko–Pastur law.
  static func bulk(_ count: Int, aspectRatio: Double = 4 / 3) -> [Double] {
    MarchenkoPastur(aspectRatio: aspectRatio).quantiles((0..<count).map { (Double($0) + 0.5) / Double(count) })
  }

  /// Noise below a power law that holds a tenth of the values.
  static func bulkAndTail(_ count: Int) -> [Double] {
    let tail = pareto(count / 10, alpha: 2.5).map { 3.5 * $0 }
    return (bulk(count - tail.count) + tail).sorted()
  }

  /// Squares of Student's t with two degrees of freedom: a power law far out only.
  static func student(_ count: Int) -> [Double] {
    let matrix = RandomMatrix.studentT(seed: 3, rows: count, columns: 1, degreesOfFreedom: 2)
    return matrix.values.map { $0 * $0 }.sorted()
  }

  /// A power law from the first value on: no candidate is much worse than the best.
  static func pareto(_ count: Int, alpha: Double = 2.5) -> [Double] {
    var random = PortableRandom(seed: 1)
    return (0..<count).map { _ in pow(random.uniform(), -1 / (alpha - 1)) }.sorted()
  }

  /// Its quantiles: all candidates are nearly as good.
  static func paretoQuantiles(_ count: Int, alpha: Double = 2.5) -> [Double] {
    (0..<count).reversed().map { pow((Double($0) + 0.5) / Double(count), -1 / (alpha - 1)) }
  }

  static let all: [(name: String, make: @Sendable (Int) -> [Double])] = [
    ("bulk", { bulk($0) }), ("bulk and tail", { bulkAndTail($0) }), ("student", { student($0) }),
    ("pareto", { pareto($0) }), ("pareto quantiles", { paretoQuantiles($0) }),
  ]
}
