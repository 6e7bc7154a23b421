/// How many eigenvalues (ascending) are at zero: the largest i such that
/// the next one is at least `zeroGap` times larger and the i smallest together
/// hold at most `zeroEnergy` of the sum.
///
/// Any positive next one exceeds what is exactly zero, as a `Spectrum` makes of what is zero but for rounding.
func zeroClusterSize(_ eigenvalues: [Double], thresholds: PhaseThresholds) -> Int {
  guard let largest = eigenvalues.last, largest > 0 else { return eigenvalues.count }
  let values = eigenvalues.map { $0 / largest }
  let bound = thresholds.zeroEnergy * values.reduce(0, +)
  var energy = 0.0
  var size = 0
  for index in 1..<max(values.count, 1) {
    energy += values[index - 1]
    guard energy <= bound else { break }
    let (lower, upper) = (values[index - 1], values[index])
    if upper > 0, lower == 0 || upper / lower >= thresholds.zeroGap { size = index }
  }
  return size
}
