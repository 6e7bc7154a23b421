import Glibc
import SpectralCore

/// Random matrices whose phase is known by construction.
enum PhaseEnsembles {
  struct Member {
    let phase: Phase
    let name: String
    let matrix: RandomMatrix
  }

  /// One of each ensemble, 24 in all.
  static func members(rows: Int, columns: Int, seed: UInt64) -> [Member] {
    var maker = Maker(rows: rows, columns: columns, random: PortableRandom(seed: seed))
    return noise(&maker) + spikes(&maker) + tails(&maker) + collapses(&maker)
  }

  private static func noise(_ maker: inout Maker) -> [Member] {
    let few = max(3, maker.columns * 3 / 100)
    return [
      Member(phase: .randomLike, name: "gaussian", matrix: maker.gaussian()),
      Member(phase: .randomLike, name: "uniform", matrix: maker.uniform()),
      Member(phase: .randomLike, name: "hidden spikes", matrix: maker.spiked(3, from: 0.2, to: 0.7)),
      Member(phase: .bleedingOut, name: "3 % at the edge", matrix: maker.spiked(few, from: 1.2, to: 1.6)),
      Member(
        phase: .bleedingOut, name: "1 % at the edge",
        matrix: maker.spiked(max(3, maker.columns / 100), from: 1.4, to: 1.9)),
    ]
  }

  private static func spikes(_ maker: inout Maker) -> [Member] {
    let few = max(3, maker.columns * 3 / 100)
    return [
      Member(phase: .bulkPlusSpikes, name: "one spike", matrix: maker.spiked(1, from: 4, to: 4)),
      Member(phase: .bulkPlusSpikes, name: "five spikes", matrix: maker.spiked(5, from: 3, to: 10)),
      Member(phase: .bulkPlusSpikes, name: "3 % spikes", matrix: maker.spiked(few, from: 3.5, to: 20)),
      Member(phase: .bulkPlusSpikes, name: "strong spikes", matrix: maker.spiked(2, from: 100, to: 200)),
    ]
  }

  private static func tails(_ maker: inout Maker) -> [Member] {
    var members: [Member] = []
    for (share, exponent) in [(0.25, 2.0), (0.4, 2.0), (0.3, 1.5)] {
      let matrix = maker.powerLawRank(share: share, exponent: exponent)
      members.append(Member(phase: .bulkDecay, name: "power-law rank \(share) \(exponent)", matrix: matrix))
    }
    members.append(Member(phase: .bulkDecay, name: "30 % covariance", matrix: maker.partialCovariance()))
    for alpha in [2.0, 2.5, 3.0] {
      members.append(Member(phase: .heavyTailed, name: "covariance \(alpha)", matrix: maker.covariance(alpha)))
    }
    for mu in [1.0, 1.5, 2.0] {
      let matrix = RandomMatrix.symmetricPareto(
        seed: maker.random.next(), rows: maker.rows, columns: maker.columns, mu: mu)
      members.append(Member(phase: .heavyTailed, name: "Pareto \(mu)", matrix: matrix))
    }
    return members
  }

  private static func collapses(_ maker: inout Maker) -> [Member] {
    var members = [0.3, 0.6, 0.9].map { share in
      Member(phase: .rankCollapse, name: "rank \(share)", matrix: maker.lowRank(share: share))
    }
    var noisy = maker.lowRank(share: 0.7)
    let noise = maker.gaussian()
    for index in noisy.values.indices { noisy.values[index] += 1e-4 * noise.values[index] }
    members.append(Member(phase: .rankCollapse, name: "rank 0.7 and noise", matrix: noisy))
    var dead = maker.gaussian()
    for row in 0..<maker.rows { for column in 0..<maker.columns / 10 + 1 { dead[row, column] = 0 } }
    members.append(Member(phase: .rankCollapse, name: "dead units", matrix: dead))
    return members
  }
}

/// Builds matrices of one shape.
private struct Maker {
  let rows: Int
  let columns: Int
  var random: PortableRandom

  /// The strength of a spike at the threshold.
  private var threshold: Double { (Double(columns) / Double(rows)).squareRoot() }

  mutating func gaussian(columns: Int? = nil) -> RandomMatrix {
    RandomMatrix.gaussian(seed: random.next(), rows: rows, columns: columns ?? self.columns)
  }

  mutating func uniform() -> RandomMatrix {
    RandomMatrix.uniform(seed: random.next(), rows: rows, columns: columns)
  }

  mutating func spiked(_ count: Int, from low: Double, to high: Double) -> RandomMatrix {
    let strengths = (0..<count).map { _ in threshold * (low + (high - low) * random.uniform()) }
    return spiked(strengths)
  }

  mutating func powerLawRank(share: Double, exponent: Double) -> RandomMatrix {
    let count = Int(share * Double(columns))
    return spiked((0..<count).map { _ in threshold * min(0.8 * pow(random.uniform(), -1 / exponent), 200) })
  }

  mutating func partialCovariance() -> RandomMatrix {
    let count = Int(0.3 * Double(columns))
    let factors = (0..<columns).map { $0 < count ? min(pow(random.uniform(), -1 / 2.5), 50).squareRoot() : 1 }
    return gaussian().scalingColumns(by: factors)
  }

  mutating func covariance(_ alpha: Double) -> RandomMatrix {
    let variances = (0..<columns).map { _ in pow(random.uniform(), -1 / (alpha - 1)) }
    let smallest = variances.min() ?? 1
    return gaussian().scalingColumns(by: variances.map { min($0, 1e4 * smallest).squareRoot() })
  }

  mutating func lowRank(share: Double) -> RandomMatrix {
    let rank = Int(share * Double(columns))
    let left = gaussian(columns: rank)
    let right = RandomMatrix.gaussian(seed: random.next(), rows: rank, columns: columns)
    var result = RandomMatrix(rows: rows, columns: columns, values: [Double](repeating: 0, count: rows * columns))
    add(left, right, scale: 1 / Double(rank).squareRoot(), to: &result)
    return result
  }

  /// Noise and spikes of the given strengths h, with orthonormal directions.
  private mutating func spiked(_ strengths: [Double]) -> RandomMatrix {
    var result = gaussian()
    var left = orthonormal(dimension: rows, count: strengths.count)
    let right = orthonormal(dimension: columns, count: strengths.count)
    for (index, strength) in strengths.enumerated() {
      for row in 0..<rows { left[index][row] *= (Double(rows) * strength).squareRoot() }
    }
    let leftColumns = RandomMatrix(
      rows: rows, columns: strengths.count, values: (0..<rows).flatMap { row in left.map { $0[row] } })
    let rightRows = RandomMatrix(rows: strengths.count, columns: columns, values: right.flatMap { $0 })
    add(leftColumns, rightRows, scale: 1, to: &result)
    return result
  }

  private mutating func orthonormal(dimension: Int, count: Int) -> [[Double]] {
    var vectors: [[Double]] = []
    for _ in 0..<count {
      var vector = random.normals(dimension)
      for other in vectors {
        let product = zip(vector, other).reduce(0) { $0 + $1.0 * $1.1 }
        for index in 0..<dimension { vector[index] -= product * other[index] }
      }
      let norm = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
      vectors.append(vector.map { $0 / norm })
    }
    return vectors
  }

  private func add(_ left: RandomMatrix, _ right: RandomMatrix, scale: Double, to result: inout RandomMatrix) {
    for row in 0..<left.rows {
      for inner in 0..<left.columns {
        let factor = scale * left[row, inner]
        for column in 0..<right.columns { result[row, column] += factor * right[inner, column] }
      }
    }
  }
}
