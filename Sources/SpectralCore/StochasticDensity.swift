import Glibc

/// The density of eigenvalues that nobody has computed, from Gauss' quadratures for a few random vectors.
///
/// Each quadrature is the spectral measure of one unit vector, with as many nodes as Lanczos' method took steps; over
/// random vectors its mean is the distribution of the eigenvalues (stochastic Lanczos quadrature: Chen, Trogdon &
/// Ubaru, arXiv 2105.06595). Between its nodes a quadrature says nothing but how much lies there in all: half of a
/// node's weight is taken to lie on either side of it, evenly in √λ, in which densities of noise are bounded.
public struct StochasticDensity: Sendable, Equatable {
  /// One vector's nodes, ascending and ≥ 0, and their weights, with a sum of 1.
  public struct Quadrature: Sendable, Equatable {
    public let nodes: [Double]
    public let weights: [Double]

    /// - Precondition: as many nodes as weights, and at least one.
    public init(nodes: [Double], weights: [Double]) {
      precondition(nodes.count == weights.count && !nodes.isEmpty, "a weight for each node")
      self.nodes = nodes
      self.weights = weights
    }
  }

  /// How many eigenvalues it stands for.
  public let count: Int
  /// Nodes that each quadrature could have.
  public let steps: Int
  /// How far the share of eigenvalues up to any one value may be off: three standard errors of a mean over random
  /// vectors, √(F(1 − F)·2/((n + 2)·vectors)) at F = ½.
  public let samplingError: Double
  /// How much the second half of the steps has changed the share of the eigenvalues up to any one value: more than any
  /// more steps would.
  public let quadratureError: Double
  /// The bound of the mean distance between the quantiles of a quadrature and of its measure: 12/(2 · steps − 1) times
  /// the width of the spectrum.
  public let meanDistanceBound: Double

  /// √λ and F there, both ascending.
  private let roots: [Double]
  private let shares: [Double]
  /// Turns quantiles into eigenvalues of the known sum.
  private let upper: Double
  private let sum: Double

  /// - Parameters:
  ///   - quadratures: one for each random vector.
  ///   - half: the same after half of the steps, rounded up.
  ///   - steps: nodes that each could have; those with fewer are exact.
  ///   - count: n, how many eigenvalues there are.
  ///   - sum: of them all, which the quadratures know less exactly.
  ///   - upper: none is larger.
  /// - Precondition: there is a quadrature and an eigenvalue.
  public init(_ quadratures: [Quadrature], half: [Quadrature], steps: Int, count: Int, sum: Double, upper: Double) {
    precondition(!quadratures.isEmpty && count > 0, "something is known of something")
    self.count = count
    self.steps = steps
    self.upper = upper
    self.sum = sum
    samplingError = 3 * (0.5 / (Double(count + 2) * Double(quadratures.count))).squareRoot()
    meanDistanceBound = 12 / Double(2 * steps - 1) * upper
    let mean = MeanDistribution(quadratures, steps: steps, upper: upper)
    let coarse = MeanDistribution(half, steps: (steps + 1) / 2, upper: upper)
    roots = mean.roots
    shares = mean.shares
    quadratureError = mean.largestDifference(from: coarse)
  }

  /// n eigenvalues, ascending, with this density: its quantiles at (i − ½)/n, scaled to the known sum.
  ///
  /// - Parameter shift: by how much the share of the eigenvalues up to a value is larger than estimated.
  public func eigenvalues(shift: Double = 0) -> [Double] {
    var index = 0
    var values = (0..<count).map { rank in
      let share = (Double(rank) + 0.5) / Double(count)
      // No shift at the ends, where nothing is open.
      let position = share - shift * 2 * (share * (1 - share)).squareRoot()
      while index + 1 < shares.count, shares[index + 1] < position { index += 1 }
      let root = root(at: position, from: index)
      return root * root
    }
    let total = values.reduce(0, +)
    if total > 0 { values = values.map { min($0 * (sum / total), upper) } }
    return values
  }

  /// √λ where F reaches `share`, between two known points.
  private func root(at share: Double, from index: Int) -> Double {
    guard index + 1 < shares.count else { return roots[roots.count - 1] }
    let rise = shares[index + 1] - shares[index]
    guard rise > 0 else { return roots[index + 1] }
    let part = min(max((share - shares[index]) / rise, 0), 1)
    return roots[index] + part * (roots[index + 1] - roots[index])
  }
}

/// The mean of the distribution functions of quadratures.
private struct MeanDistribution {
  private let members: [Distribution]
  /// Where one of them bends or jumps, each twice: F on the left and on the right.
  private(set) var roots: [Double] = []
  private(set) var shares: [Double] = []

  init(_ quadratures: [StochasticDensity.Quadrature], steps: Int, upper: Double) {
    members = quadratures.map { Distribution($0, isExact: $0.nodes.count < steps, upper: upper) }
    for root in Set(members.flatMap(\.roots)).sorted() {
      let sides = sides(of: root)
      roots += [root, root]
      shares += [sides.below, sides.through]
    }
  }

  /// F on the left and on the right of a point.
  private func sides(of root: Double) -> (below: Double, through: Double) {
    let sides = members.map { $0.shares(at: root) }
    let count = Double(sides.count)
    return (sides.reduce(0) { $0 + $1.below } / count, sides.reduce(0) { $0 + $1.through } / count)
  }

  func largestDifference(from other: MeanDistribution) -> Double {
    var largest = 0.0
    for index in stride(from: 0, to: roots.count, by: 2) {
      let sides = other.sides(of: roots[index])
      largest = max(largest, abs(sides.below - shares[index]), abs(sides.through - shares[index + 1]))
    }
    return largest
  }
}

/// The distribution function of one quadrature: straight lines in √λ.
private struct Distribution {
  let roots: [Double]
  private let shares: [Double]

  /// Nodes without weight are left out; where the next is so many times larger, nothing lies between.
  private static let negligible = 1e-13
  private static let gap = 100.0

  init(_ quadrature: StochasticDensity.Quadrature, isExact: Bool, upper: Double) {
    let kept = quadrature.nodes.indices.filter { quadrature.weights[$0] > Distribution.negligible }
    let nodes = kept.map { quadrature.nodes[$0] }
    let weights = kept.map { quadrature.weights[$0] }
    let positions = nodes.map { $0.squareRoot() }
    /// Whether there may be eigenvalues between a node and the next; 0 is before the first.
    func isOpen(before index: Int) -> Bool {
      !isExact && (index == 0 || index == nodes.count || nodes[index] < Distribution.gap * nodes[index - 1])
    }
    var roots: [Double] = []
    var shares: [Double] = []
    var below = 0.0
    if isOpen(before: 0), positions.count > 1 {
      roots.append(max(positions[0] - (positions[1] - positions[0]) / 2, 0))
      shares.append(0)
    }
    for index in nodes.indices {
      let half = weights[index] / 2
      let (left, right) = (isOpen(before: index) ? half : 0, isOpen(before: index + 1) ? half : 0)
      roots += [positions[index], positions[index]]
      shares += [below + left, below + weights[index] - right]
      below += weights[index]
    }
    if isOpen(before: nodes.count), let last = positions.last, positions.count > 1 {
      let reach = last + (last - positions[positions.count - 2]) / 2
      roots.append(max(last, min(reach, upper.squareRoot())))
      shares.append(below)
    }
    self.roots = roots
    self.shares = shares
  }

  /// F on the left and on the right of a point.
  func shares(at root: Double) -> (below: Double, through: Double) {
    let next = roots.partition { $0 >= root }
    var last = next
    while last < roots.count, roots[last] == root { last += 1 }
    if last > next { return (shares[next], shares[last - 1]) }
    guard next > 0 else { return (0, 0) }
    guard next < roots.count else { return (1, 1) }
    let part = (root - roots[next - 1]) / (roots[next] - roots[next - 1])
    let share = shares[next - 1] + part * (shares[next] - shares[next - 1])
    return (share, share)
  }
}

extension [Double] {
  /// The first index of a sorted array from which on `predicate` holds.
  fileprivate func partition(_ predicate: (Double) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if predicate(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
