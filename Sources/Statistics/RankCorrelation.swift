/// How alike two orders of the same things are, by Kendall's τ_b.
///
/// τ_b = (C − D)/√((n₀ − n₁)(n₀ − n₂)), with C pairs in the same order in both and D in opposite orders, n₀ = n(n − 1)/2
/// pairs in all, n₁ and n₂ of them equal in `x` and in `y` (Kendall 1945). Takes n log n steps (Knight 1966).
///
/// - Parameters: `x` and `y`, as many, finite.
/// - Returns: from −1 to 1; `nil` where all values of one are equal.
public func kendallTau(_ x: [Double], _ y: [Double]) -> Double? {
  precondition(x.count == y.count, "a partner for each value")
  let pairs = zip(x, y).map { ($0, $1) }.sorted { $0 < $1 }
  let all = pairCount(x.count)
  let tiedX = ties(pairs) { $0.0 == $1.0 }
  let tiedBoth = ties(pairs) { $0 == $1 }
  var values = pairs.map(\.1)
  // In the order of x, a pair that has to be exchanged to put y in order is in opposite orders.
  let discordant = exchanges(&values)
  let tiedY = ties(values.map { ($0, $0) }) { $0.0 == $1.0 }
  guard all > tiedX, all > tiedY else { return nil }
  let difference = all - tiedX - tiedY + tiedBoth - 2 * discordant
  // Rounding must not lead beyond ±1.
  return max(-1, min(1, Double(difference) / (Double(all - tiedX) * Double(all - tiedY)).squareRoot()))
}

/// Spearman's ρ: the correlation of the ranks, equal values sharing the mean of theirs.
/// - Returns: from −1 to 1; `nil` where all values of one are equal.
public func spearmanCorrelation(_ x: [Double], _ y: [Double]) -> Double? { pearsonCorrelation(ranks(x), ranks(y)) }

/// The place of each value among them, from 1, equal ones sharing the mean of theirs.
func ranks(_ values: [Double]) -> [Double] {
  let order = values.indices.sorted { values[$0] < values[$1] }
  var ranks = [Double](repeating: 0, count: values.count)
  var start = 0
  while start < order.count {
    var end = start
    while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
    for index in order[start..<end] { ranks[index] = Double(start + end + 1) / 2 }
    start = end
  }
  return ranks
}

private func pairCount(_ count: Int) -> Int { count * (count - 1) / 2 }

/// Pairs within runs of neighbours that are equal.
private func ties(_ values: [(Double, Double)], _ areEqual: ((Double, Double), (Double, Double)) -> Bool) -> Int {
  var (sum, run) = (0, 1)
  for (value, next) in zip(values, values.dropFirst()) {
    if areEqual(value, next) {
      run += 1
    } else {
      sum += pairCount(run)
      run = 1
    }
  }
  return sum + pairCount(run)
}

/// Sorts the values and counts pairs that stood in the wrong order.
private func exchanges(_ values: inout [Double]) -> Int {
  var count = 0
  var width = 1
  var merged = values
  while width < values.count {
    for start in stride(from: 0, to: values.count, by: 2 * width) {
      let (middle, end) = (min(start + width, values.count), min(start + 2 * width, values.count))
      var (left, right) = (start, middle)
      for target in start..<end {
        if right == end || (left < middle && values[left] <= values[right]) {
          merged[target] = values[left]
          left += 1
        } else {
          merged[target] = values[right]
          right += 1
          count += middle - left
        }
      }
    }
    swap(&values, &merged)
    width *= 2
  }
  return count
}
