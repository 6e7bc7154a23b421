import Glibc

/// How many components of a vector matter: few in a localised vector, all in a random one.
///
/// Every measure is small for a localised vector. Scores compare with random
/// unit vectors of the same dimension, for which means and deviations are known.
public struct VectorLocalization: Sendable, Equatable {
  /// ‖v‖₁/‖v‖∞, in [1, M].
  public let localizationRatio: Double
  /// ‖v‖₂/‖v‖₄, in [1, M^¼].
  public let participationRatio: Double
  /// −Σ v² ln v² of the unit vector, in [0, ln M].
  public let shannonEntropy: Double
  /// M: the number of components.
  public let dimension: Int

  /// Σ v⁴ of the unit vector, in [1/M, 1]: the inverse participation ratio, P⁻⁴.
  public var inverseParticipation: Double { pow(participationRatio, -4) }

  /// - Returns: `nil` for a vector of zeros.
  public init?(_ vector: [Double]) {
    let largest = vector.reduce(0) { max($0, abs($1)) }
    guard largest > 0, largest.isFinite else { return nil }
    let scaled = vector.map { abs($0) / largest }
    let square = scaled.reduce(0) { $0 + $1 * $1 }
    dimension = vector.count
    localizationRatio = scaled.reduce(0, +)
    participationRatio = square.squareRoot() / pow(scaled.reduce(0) { $0 + $1 * $1 * $1 * $1 }, 0.25)
    shannonEntropy = -scaled.reduce(0) { sum, component in
      let weight = component * component / square
      return weight > 0 ? sum + weight * log(weight) : sum
    }
  }

  /// Deviations of the participation ratio from that of random vectors, (M/3)^¼ on average.
  ///
  /// IPR = 3/(M+2) on average with relative deviation √(8/3M); P = IPR^−¼.
  public var participationScore: Double {
    let m = Double(dimension)
    let mean = pow(m / 3, 0.25)
    return (participationRatio - mean) / (mean * (8 / (3 * m)).squareRoot() / 4)
  }

  /// Deviations of the Shannon entropy from that of random vectors: ψ(M/2 + 1) − ψ(3/2) on average, ± 0.898/√M.
  public var entropyScore: Double {
    let m = Double(dimension)
    return (shannonEntropy - VectorLocalization.randomEntropy(dimension: dimension)) / (0.898 / m.squareRoot())
  }

  /// The mean Shannon entropy of random unit vectors.
  public static func randomEntropy(dimension: Int) -> Double { digamma(Double(dimension) / 2 + 1) - digamma(1.5) }

  /// The entropy of the histogram of the components less their mean: 100 bins from smallest to largest.
  /// Its value for random vectors is near 4.1 and hardly depends on M.
  ///
  /// - Parameter offset: added to the density of every bin, as WeightWatcher does.
  public static func histogramEntropy(_ vector: [Double], binCount: Int = 100, offset: Double = 0) -> Double? {
    guard let smallest = vector.min(), let largest = vector.max(), largest > smallest else { return nil }
    let width = (largest - smallest) / Double(binCount)
    var counts = [Double](repeating: 0, count: binCount)
    for value in vector { counts[min(Int((value - smallest) / width), binCount - 1)] += 1 }
    let added = offset * width * Double(vector.count)
    let total = Double(vector.count) + Double(binCount) * added
    return -counts.reduce(0) { sum, count in
      let share = (count + added) / total
      return share > 0 ? sum + share * log(share) : sum
    }
  }
}

/// ψ(x) for x > 0: the recurrence up to 10, then the asymptotic series (DLMF 5.11.2).
func digamma(_ x: Double) -> Double {
  var (value, shift) = (x, 0.0)
  while value < 10 {
    shift -= 1 / value
    value += 1
  }
  let square = 1 / (value * value)
  let series = square * (1.0 / 12 - square * (1.0 / 120 - square * (1.0 / 252 - square * (1.0 / 240 - square / 132))))
  return shift + log(value) - 0.5 / value - series
}
