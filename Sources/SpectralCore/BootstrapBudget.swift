/// How many bootstrap replicates a spectrum gets without anyone asking for them.
///
/// As many as together cost a small part of the decomposition that made the spectrum, or next to nothing; by
/// counts of operations, never by a clock, so that the same model always gets the same p-values.
public enum BootstrapBudget {
  /// Longer tails get no p-value: they are rejected for the smallest of flaws.
  public static let largestTail = 2000
  /// With fewer replicates p says too little.
  public static let smallestCount = 20
  /// With so many p is within ± 0.05.
  public static let largestCount = GoodnessOfFit.defaultReplicateCount
  /// What the replicates may cost, in the cost of the decomposition …
  public static let share = 0.25
  /// … or, of small matrices, in floating-point operations: about two milliseconds.
  public static let negligibleCost = 2e7
  /// A replicate takes 40 to 60 ns for each eigenvalue, in which a decomposition does about so many operations.
  public static let costPerValue = 500.0

  /// From `smallestCount` to `largestCount`, or 0: of c matrices N×M with n eigenvalues above zero, as many as cost
  /// a `share` of the c·(NM² + 4/3·M³) operations of their Gram matrices and tridiagonal forms.
  public static func replicateCount(for spectrum: Spectrum, tailCount: Int) -> Int {
    guard tailCount <= largestTail, spectrum.hardRank > 0 else { return 0 }
    let (rows, columns) = (Double(spectrum.rows), Double(spectrum.columns))
    let decomposition = Double(spectrum.sliceCount) * columns * columns * (rows + 4 / 3 * columns)
    let affordable = max(share * decomposition, negligibleCost) / (costPerValue * Double(spectrum.hardRank))
    return affordable < Double(smallestCount) ? 0 : Int(min(affordable, Double(largestCount)))
  }
}
