/// Nelder & Mead's search for a minimum (The Computer Journal 7, 1965), begun and ended as SciPy's `fmin` does by default.
///
/// It begins with steps of 5 % along each axis and ends where all corners agree to 10⁻⁴, in place and in value. For
/// numbers that have to be those of another tool, where it stopped; elsewhere there are better ways.
///
/// - Parameters:
///   - start: where to begin.
///   - function: must not give NaN.
/// - Returns: the best corner.
func simplexMinimum(_ start: [Double], of function: ([Double]) -> Double) -> [Double] {
  let dimension = start.count
  var evaluations = 0
  func corner(_ point: [Double]) -> (point: [Double], value: Double) {
    evaluations += 1
    return (point, function(point))
  }
  var simplex = [corner(start)]
  for axis in 0..<dimension {
    var point = start
    point[axis] = point[axis] == 0 ? 0.00025 : 1.05 * point[axis]
    simplex.append(corner(point))
  }
  for _ in 0..<200 * dimension where evaluations < 200 * dimension {
    simplex.sort { $0.value < $1.value }
    let (best, worst) = (simplex[0], simplex[dimension])
    if simplex.allSatisfy({ agree($0, best) }) { break }
    let center = (0..<dimension).map { axis in
      simplex.dropLast().reduce(0) { $0 + $1.point[axis] } / Double(dimension)
    }
    /// On the line from the centre (0) to the worst corner (1).
    func candidate(_ position: Double) -> (point: [Double], value: Double) {
      corner(zip(center, worst.point).map { (1 - position) * $0 + position * $1 })
    }
    let reflected = candidate(-1)
    if reflected.value < best.value {
      let expanded = candidate(-2)
      simplex[dimension] = expanded.value < reflected.value ? expanded : reflected
      continue
    }
    if reflected.value < simplex[dimension - 1].value {
      simplex[dimension] = reflected
      continue
    }
    let isOutside = reflected.value < worst.value
    let contracted = candidate(isOutside ? -0.5 : 0.5)
    if isOutside ? contracted.value <= reflected.value : contracted.value < worst.value {
      simplex[dimension] = contracted
      continue
    }
    for index in 1...dimension {
      simplex[index] = corner(zip(best.point, simplex[index].point).map { $0 + 0.5 * ($1 - $0) })
    }
  }
  return simplex.min { $0.value < $1.value }?.point ?? start
}

private func agree(_ corner: (point: [Double], value: Double), _ best: (point: [Double], value: Double)) -> Bool {
  abs(corner.value - best.value) <= 1e-4 && zip(corner.point, best.point).allSatisfy { abs($0 - $1) <= 1e-4 }
}
