import Analysis
import Reporting
public import Statistics

/// How the quantities of models go with their quality, over all of them and within each series.
public struct QualityTrends: Sendable {
  /// A model with a score.
  public struct Point: Sendable {
    public var model: ZooModel
    public var series: String
    public var score: Double
  }

  /// One quantity.
  public struct Trend: Sendable {
    /// `alpha`, `alpha_weighted` and so on: a mean of the summary.
    public var metric: String
    public var overall: Association
    /// Series with enough models, by name.
    public var series: [(name: String, association: Association)]
    /// τ within series, each counting by its pairs; `nil` without a series.
    public var kendallWithinSeries: Double?

    /// Whether what holds over all models is the opposite of what holds within series (Simpson's paradox).
    public var isReversed: Bool {
      guard let overall = overall.kendall?.value, let within = kendallWithinSeries else { return false }
      return overall * within < 0
    }
  }

  public private(set) var points: [Point] = []
  /// Scores without a model, or with several of different content.
  public private(set) var unmatched: [String] = []
  /// In the order of `ZooMetric.summarized`.
  public private(set) var trends: [Trend] = []

  /// Fewer models than this are no series.
  public static let leastSeries = 4

  /// - Parameters:
  ///   - models: those without layers are left out.
  ///   - metric: the only quantity that is looked at; all if `nil`.
  ///   - seed: where the random numbers of the intervals begin.
  public init(
    _ scores: QualityScores, _ models: [ZooModel], metric: String? = nil, replicates: Int = 1000, seed: UInt64 = 0
  ) {
    let index = ModelIndex(models.filter(\.hasLayers))
    for score in scores.scores {
      if let model = index.model(score.model) {
        points.append(Point(model: model, series: score.series ?? model.series, score: score.score))
      } else {
        unmatched.append(score.model)
      }
    }
    trends = ZooMetric.summarized.filter { metric == nil || metric == $0 }.map { trend($0, replicates, seed) }
  }

  /// Models with a score that have the quantity, and its value.
  func pairs(_ metric: String) -> [(point: Point, value: Double)] {
    points.compactMap { point in point.model.means["mean_" + metric].map { (point, $0) } }
  }

  private func trend(_ metric: String, _ replicates: Int, _ seed: UInt64) -> Trend {
    let pairs = pairs(metric)
    func association(_ pairs: [(point: Point, value: Double)]) -> Association {
      Association(pairs.map(\.value), pairs.map(\.point.score), replicates: replicates, seed: seed)
    }
    let series = Dictionary(grouping: pairs, by: \.point.series).filter { $0.value.count >= QualityTrends.leastSeries }
      .sorted { $0.key < $1.key }.map { ($0.key, association($0.value)) }
    let ordered = series.compactMap { name, association in
      association.kendall.map { ($0.value, Double(association.count * (association.count - 1) / 2)) }
    }
    let weight = ordered.reduce(0) { $0 + $1.1 }
    return Trend(
      metric: metric, overall: association(pairs), series: series,
      kendallWithinSeries: weight > 0 ? ordered.reduce(0) { $0 + $1.0 * $1.1 } / weight : nil)
  }
}

/// Models by what people write for them.
private struct ModelIndex {
  private let models: [ZooModel]

  init(_ models: [ZooModel]) { self.models = models }

  /// The model of this path, or else name, or else end of its path; `nil` if there is none, or there are several of
  /// different content.
  func model(_ word: String) -> ZooModel? {
    for fits: (ZooModel) -> Bool in [
      { $0.path == word }, { $0.name == word }, { $0.path.hasSuffix("/" + word) },
    ] {
      let found = models.filter(fits)
      if let first = found.first { return found.allSatisfy { $0.content == first.content } ? first : nil }
    }
    return nil
  }
}

extension QualityTrends {
  /// For people: each quantity over all models and within each series, then what to beware of.
  public func table(width: Int?) -> String {
    let headings: [TextTable.Heading] = [
      .init(title: "quantity", isNumeric: false), .init(title: "series", isNumeric: false, isFlexible: true),
      .init(title: "models", isNumeric: true), .init(title: "Kendall τ", isNumeric: false),
      .init(title: "Spearman ρ", isNumeric: false), .init(title: "Pearson r", isNumeric: false),
      .init(title: "RMSE", isNumeric: false, expendability: 1),
    ]
    let rows = trends.flatMap { trend in
      associations(trend).map { [$0.metric, $0.series ?? "(all)", "\($0.association.count)"] + texts($0.association) }
    }
    let lines = TextTable(headings: headings, rows: rows).lines(width: width)
    return (lines + warnings.flatMap { wrapped("! " + $0, width: width, indent: 2) }).joined(separator: "\n") + "\n"
  }

  /// What keeps the numbers from saying what they seem to.
  public var warnings: [String] {
    let warnings = trends.filter(\.isReversed).map { trend in
      let (all, within) = (fixed(trend.overall.kendall?.value, 2), fixed(trend.kendallWithinSeries, 2))
      return "\(trend.metric): over all models τ is \(all), within series \(within): "
        + "how series differ hides what holds within each (Simpson's paradox)"
    }
    return warnings + (Set(points.map(\.series)).count > 1 ? [QualityTrends.comparability] : [])
  }

  static let comparability =
    "norms and weighted exponents are comparable within one series of architectures only: scale and size differ"

  /// `metric`, `series` (empty over all models), `models`, then each measure with the ends of its interval, and the line.
  public var csv: String {
    let measures = ["kendall", "spearman", "pearson", "rmse"].flatMap { [$0, $0 + "_low", $0 + "_high"] }
    let header = ["metric", "series", "models"] + measures + ["slope", "intercept"]
    return trends.flatMap(associations).reduce(into: header.joined(separator: ",") + "\n") { text, row in
      let association = row.association
      let numbers =
        association.estimates.flatMap { estimate in
          [estimate?.value, estimate?.interval?.lowerBound, estimate?.interval?.upperBound]
        } + [association.regression?.slope, association.regression?.intercept]
      let fields = [row.metric, quoted(row.series ?? ""), "\(association.count)"]
      text += (fields + numbers.map { $0.map { "\($0)" } ?? "" }).joined(separator: ",") + "\n"
    }
  }

  private func associations(_ trend: Trend) -> [(metric: String, series: String?, association: Association)] {
    [(trend.metric, nil, trend.overall)] + trend.series.map { (trend.metric, $0.name, $0.association) }
  }

  private func texts(_ association: Association) -> [String] {
    association.estimates.map { $0.map(estimateText) ?? "" }
  }
}

extension Association {
  fileprivate var estimates: [Estimate?] { [kendall, spearman, pearson, rootMeanSquareError] }
}
