import Glibc

/// Which of two fitted tail distributions the data favour, and how surely.
public struct LikelihoodRatio: Sendable, Equatable {
  /// R = Σ (ln p₁ − ln p₂): positive if the first is favoured.
  public let sum: Double
  /// R/√(n·variance): R in units of its own standard deviation; 0 if there is no difference at all.
  public let normalized: Double
  /// How probable so large an |R| is if neither is better.
  public let pValue: Double

  /// Vuong's test (Econometrica 57, 1989) of two distributions neither of which contains the other.
  public init(_ first: [Double], _ second: [Double]) {
    self.init(first, second) { sum, deviation in deviation > 0 ? erfc(abs(sum) / (deviation * 2.0.squareRoot())) : 1 }
  }

  /// The test of a distribution against one that it contains, with one parameter more: 2R is χ² with one degree.
  public init(nested first: [Double], within second: [Double]) {
    self.init(first, second) { sum, _ in erfc(abs(sum).squareRoot()) }
  }

  private init(_ first: [Double], _ second: [Double], _ test: (_ sum: Double, _ deviation: Double) -> Double) {
    precondition(first.count == second.count, "the same values under both")
    let n = Double(max(first.count, 1))
    let differences = zip(first, second).map { $0 - $1 }
    sum = differences.reduce(0, +)
    let mean = sum / n
    let deviation = differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }.squareRoot()
    normalized = deviation > 0 ? sum / deviation : 0
    pValue = test(sum, deviation)
  }

  /// Whether the first is better beyond chance.
  public func favorsFirst(at significance: Double) -> Bool { sum > 0 && pValue <= significance }

  /// Whether the second is better beyond chance.
  public func favorsSecond(at significance: Double) -> Bool { sum < 0 && pValue <= significance }
}
