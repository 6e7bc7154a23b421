import Glibc

extension PortableRandom {
  /// Puts the values in random order, by a rule of our own: the same in every version of every language
  /// (for i from the last down to 1, exchange i with an index up to i).
  public mutating func shuffle<Element>(_ values: inout [Element]) {
    for last in stride(from: values.count - 1, to: 0, by: -1) { values.swapAt(last, index(below: last + 1)) }
  }
}

/// How far a spectrum is from that of the same entries in random order: the
/// Jensen–Shannon distance of the two sorted spectra, each divided by its sum.
///
/// - Returns: 0 for equal spectra; `nil` unless both have the same number of values, some above zero.
public func spectralDistance(_ first: [Double], _ second: [Double]) -> Double? {
  let (total, other) = (first.reduce(0, +), second.reduce(0, +))
  guard first.count == second.count, total > 0, other > 0, total.isFinite, other.isFinite else { return nil }
  var divergence = 0.0
  for (a, b) in zip(first, second) {
    let (p, q) = (a / total, b / other)
    let mean = (p + q) / 2
    if p > 0 { divergence += p * log(p / mean) }
    if q > 0 { divergence += q * log(q / mean) }
  }
  return max(divergence / 2, 0).squareRoot()
}
