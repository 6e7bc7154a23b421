import Glibc

/// The power law of every beginning of the tail, or of some of them: how firmly the best one is determined.
///
/// `PowerLawFit` takes the beginning whose D is least. Where others come close to it with another α, little can be said.
public struct XminScan: Sendable, Equatable {
  /// The fit to the values from one of them on.
  public struct Candidate: Sendable, Equatable {
    public let xmin: Double
    public let alpha: Double
    /// D, as `PowerLawFit.distance`.
    public let distance: Double
    public let tailCount: Int
  }

  /// By ascending xmin.
  public let points: [Candidate]
  /// Whether every value is among them that may begin a tail.
  public let isComplete: Bool

  /// - Parameters:
  ///   - values: ascending and positive.
  ///   - xmin: one that is to be among the candidates.
  ///   - limit: about how many there are to be; of more, some are left out that are close to the one before them in ln x.
  public init(_ values: some Collection<Double>, xmin: Double, limit: Int = 240) {
    let values = Array(values)
    let logarithms = values.map { log($0) }
    let scan = PowerLawScan(logarithms: logarithms)
    let starts = scan.starts
    let width = (logarithms.last ?? 0) - (logarithms.first ?? 0)
    let step = starts.count > limit ? width / Double(max(limit, 1)) : 0
    var chosen: [Int] = []
    var previous = -Double.infinity
    for start in starts {
      let isDue = logarithms[start] - previous >= step
      if isDue { previous = logarithms[start] }
      if isDue || values[start] == xmin { chosen.append(start) }
    }
    isComplete = chosen.count == starts.count
    points = chosen.compactMap { start in
      scan.candidate(at: start).map {
        Candidate(
          xmin: values[start], alpha: $0.alpha, distance: $0.distance, tailCount: values.count - start)
      }
    }
  }
}
