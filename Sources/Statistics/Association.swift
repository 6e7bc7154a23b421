import SpectralCore

/// How one quantity goes with another, over the same things.
public struct Association: Sendable, Equatable {
  /// A number and where it may lie.
  public struct Estimate: Sendable, Equatable {
    public var value: Double
    /// From the 2.5th to the 97.5th percentile of its values for things drawn anew; `nil` where most draws have none.
    public var interval: ClosedRange<Double>?
  }

  public var count: Int
  /// Kendall's τ_b, Spearman's ρ and Pearson's r; `nil` where all values of one are equal.
  public var kendall: Estimate?
  public var spearman: Estimate?
  public var pearson: Estimate?
  /// Of `y` on `x`; its error too has an interval.
  public var regression: Regression?
  public var rootMeanSquareError: Estimate?

  /// - Parameters:
  ///   - x: finite.
  ///   - y: as many, finite.
  ///   - replicates: how often things are drawn anew, with replacement, as many as there are (Efron 1979).
  ///   - seed: where the random numbers begin.
  public init(_ x: [Double], _ y: [Double], replicates: Int = 1000, seed: UInt64 = 0) {
    precondition(x.count == y.count, "a partner for each value")
    count = x.count
    let measures: [([Double], [Double]) -> Double?] = [
      kendallTau, spearmanCorrelation, pearsonCorrelation, { Regression($0, $1)?.rootMeanSquareError },
    ]
    var drawn = [[Double]](repeating: [], count: measures.count)
    var random = PortableRandom(seed: seed)
    for _ in 0..<(count > 0 ? replicates : 0) {
      let indices = (0..<count).map { _ in random.index(below: count) }
      let (x, y) = (indices.map { x[$0] }, indices.map { y[$0] })
      for (index, measure) in measures.enumerated() { if let value = measure(x, y) { drawn[index].append(value) } }
    }
    let estimates = zip(measures, drawn).map { measure, values in
      measure(x, y).map { value in
        let isEnough = 2 * values.count > replicates && replicates > 0
        return Estimate(value: value, interval: isEnough ? Association.interval(values) : nil)
      }
    }
    (kendall, spearman, pearson, rootMeanSquareError) = (estimates[0], estimates[1], estimates[2], estimates[3])
    regression = Regression(x, y)
  }

  private static func interval(_ values: [Double]) -> ClosedRange<Double> {
    let sorted = values.sorted()
    return quantile(sorted, 0.025)...quantile(sorted, 0.975)
  }
}

/// The value below which the given part of ascending values lies, linear between neighbours (type 7 of Hyndman & Fan 1996).
func quantile(_ sorted: [Double], _ part: Double) -> Double {
  let position = part * Double(sorted.count - 1)
  let below = Int(position)
  guard below + 1 < sorted.count else { return sorted[sorted.count - 1] }
  return sorted[below] + (position - Double(below)) * (sorted[below + 1] - sorted[below])
}
