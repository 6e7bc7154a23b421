import Analysis

/// How long the stages of a run took, in seconds: a line for each.
struct TimingTable: CustomStringConvertible {
  private var rows: [(stage: String, time: Duration)]

  /// - Parameters:
  ///   - start: what was waited for libraries that computations need.
  ///   - open: what opening all models took.
  ///   - models: what the analysis of each took.
  ///   - wall: from the start of the command to its end; less than the sum where layers ran side by side.
  init(start: Duration, open: Duration, models: [StageTimes], report: Duration, wall: Duration) {
    var sum = StageTimes()
    for times in models { sum.add(times) }
    let stages = Stage.allCases.map { ($0.rawValue, sum[$0]) }
    rows = [("start", start), ("open", open)] + stages + [("report", report), ("wall", wall)]
  }

  var description: String {
    let width = rows.map(\.stage.count).max() ?? 0
    let lines = rows.map { row in
      row.stage + String(repeating: " ", count: width - row.stage.count) + "  " + TimingTable.text(row.time)
    }
    return (["timings in seconds"] + lines).joined(separator: "\n")
  }

  /// Seconds with four digits after the point.
  private static func text(_ time: Duration) -> String {
    let (seconds, fraction) = time.components
    let digits = String(fraction / 100_000_000_000_000)
    return "\(seconds)." + String(repeating: "0", count: 4 - digits.count) + digits
  }
}
