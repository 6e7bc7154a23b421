/// Pearson's r: how near pairs are to a straight line.
///
/// - Parameters: `x` and `y`, as many, finite.
/// - Returns: from −1 to 1; `nil` where all values of one are equal.
public func pearsonCorrelation(_ x: [Double], _ y: [Double]) -> Double? {
  guard let moments = Moments(x, y), moments.yy > 0 else { return nil }
  // Rounding must not lead beyond ±1.
  return max(-1, min(1, moments.xy / (moments.xx.squareRoot() * moments.yy.squareRoot())))
}

/// The straight line y = intercept + slope·x of least squares.
public struct Regression: Sendable, Equatable {
  public var slope: Double
  public var intercept: Double
  /// Root of the mean square of y − intercept − slope·x.
  public var rootMeanSquareError: Double

  /// - Parameters: `x` and `y`, as many, finite.
  /// - Returns: `nil` where all values of `x` are equal.
  public init?(_ x: [Double], _ y: [Double]) {
    guard let moments = Moments(x, y) else { return nil }
    let slope = moments.xy / moments.xx
    let intercept = moments.meanY - slope * moments.meanX
    let squares = zip(x, y).reduce(0) { sum, pair in
      let error = pair.1 - intercept - slope * pair.0
      return sum + error * error
    }
    (self.slope, self.intercept) = (slope, intercept)
    rootMeanSquareError = (squares / Double(x.count)).squareRoot()
  }
}

/// Means, and sums of products of the differences from them.
private struct Moments {
  var meanX: Double
  var meanY: Double
  var xx = 0.0
  var yy = 0.0
  var xy = 0.0

  /// `nil` where all values of `x` are equal.
  init?(_ x: [Double], _ y: [Double]) {
    precondition(x.count == y.count, "a partner for each value")
    guard let first = x.first, x.contains(where: { $0 != first }) else { return nil }
    meanX = x.reduce(0, +) / Double(x.count)
    meanY = y.reduce(0, +) / Double(y.count)
    for (x, y) in zip(x, y) {
      let (dx, dy) = (x - meanX, y - meanY)
      xx += dx * dx
      yy += dy * dy
      xy += dx * dy
    }
  }
}
