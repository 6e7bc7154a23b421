import Analysis
import Reporting
import SpectralCore
import Statistics

/// Something worth knowing about a zoo, in plain words.
struct ZooStatement: Sendable, Equatable {
  var level: Finding.Level
  var severity: Finding.Severity
  /// No full stop.
  var text: String
  /// The numbers that it rests on.
  var evidence = ""
  /// Positions of the models that it is about.
  var models: [Int] = []
}

extension ZooReport {
  /// In the order of their levels.
  var statements: [ZooStatement] {
    let all = facts + remarks + untrained + families(heavy: 8) + exponents + quality + comparability
    return Finding.Level.allCases.flatMap { level in
      let members = all.filter { $0.level == level }
      return Finding.Severity.allCases.reversed().flatMap { severity in members.filter { $0.severity == severity } }
    }
  }

  private func indices(where fits: (ZooModel) -> Bool) -> [Int] { models.indices.filter { fits(models[$0]) } }

  private func statement(
    _ level: Finding.Level, _ severity: Finding.Severity, _ indices: [Int], _ one: String, _ many: String
  ) -> [ZooStatement] {
    guard !indices.isEmpty else { return [] }
    let text = "\(counted(indices.count, "model")) \(indices.count == 1 ? one : many)"
    return [ZooStatement(level: level, severity: severity, text: text, models: indices)]
  }

  private var facts: [ZooStatement] {
    var all = statement(
      .fact, .problem, indices { $0.status == ZooStatus.failed }, "could not be analysed", "could not be analysed")
    all += statement(
      .fact, .attention, indices { $0.status == ZooStatus.incomplete },
      "is incomplete: some of its parts have no result yet",
      "are incomplete: some of their parts have no result yet")
    all += statement(
      .fact, .attention, indices { $0.status == ZooStatus.partial }, "is analysed in part: some of its layers failed",
      "are analysed in part: some of their layers failed")
    let copies = models.count - distinctModels.count
    if copies > 0 {
      all.append(
        ZooStatement(
          level: .fact, severity: .note,
          text: "\(copies) of the models \(copies == 1 ? "is a copy of another one" : "are copies of others"), "
            + "which counts once in figures and shares"))
    }
    if contents.pendingCount > 0 {
      all.append(
        ZooStatement(
          level: .fact, severity: .attention,
          text: "of \(counted(contents.pendingCount, "more model")) the database has no result of this run"))
    }
    return all
  }

  /// What is said of layers.
  private var remarks: [ZooStatement] {
    contents.concerns.prefix(ZooReport.mostConcerns).compactMap { remark in
      guard let level = Finding.Level(rawValue: remark.kind), let severity = Finding.Severity(rawValue: remark.severity)
      else { return nil }
      return ZooStatement(
        level: level, severity: severity, text: remark.text,
        evidence: "\(counted(remark.layerCount, "layer")) of \(counted(remark.modelCount, "model"))")
    }
  }

  private static let mostConcerns = 40

  private var untrained: [ZooStatement] {
    let found = indices { model in
      let phases = layers(of: model).compactMap(\.phase)
      return !phases.isEmpty && phases.allSatisfy { $0 == .randomLike }
    }
    return statement(
      .test, .attention, found, "has no layer that can be told from noise: it looks untrained",
      "have no layer that can be told from noise: they look untrained")
  }

  /// Which family has most heavy tails, of those with enough layers.
  private func families(heavy leastLayers: Int) -> [ZooStatement] {
    let order = families.families.filter { $0.phaseCount >= leastLayers }
      .sorted { ($1.heavyShare ?? 0, $0.name) < ($0.heavyShare ?? 0, $1.name) }
    guard order.count > 1, order[0].count(.heavyTailed) > 0 else { return [] }
    func share(of family: ZooFamilies.Family) -> String {
      let percent = fixed((family.heavyShare ?? 0) * 100, 1)
      return "\(family.name): \(family.count(.heavyTailed)) of \(family.phaseCount), \(percent) %"
    }
    let best = order.prefix { $0.heavyShare == order[0].heavyShare }
    guard best.count < order.count else { return [] }
    let text =
      best.count == 1
      ? "the family \(best[0].name) has the largest share of heavy-tailed layers"
      : "the families \(best.map(\.name).joined(separator: ", ")) have the largest share of heavy-tailed layers"
    return [
      ZooStatement(
        level: .heuristic, severity: .note, text: text,
        evidence: order.prefix(best.count + 1).map(share(of:)).joined(separator: "; ")
          + "; of \(order.count) families with \(leastLayers) such layers or more")
    ]
  }

  private var exponents: [ZooStatement] {
    func credible(_ fits: @escaping (Double) -> Bool) -> [Int] {
      indices { $0.means["mean_alpha_credible"].map(fits) ?? false }
    }
    let (low, high) = (Finding.heavyAlpha, Finding.steepAlpha)
    var all = statement(
      .heuristic, .attention, indices { ($0.fitted ?? 0) > 0 && $0.credible == 0 },
      "has no credible α: its mean α says little", "have no credible α: their mean α says little")
    all += statement(
      .heuristic, .note, credible { $0 < low },
      "has a mean credible α below 2: a very heavy tail", "have a mean credible α below 2: very heavy tails")
    all += statement(
      .heuristic, .note, credible { $0 > high },
      "has a mean credible α above 6, nearer to noise than to a heavy tail",
      "have a mean credible α above 6, nearer to noise than to a heavy tail")
    let alphas = allLayers.compactMap { $0.isAlphaCredible ? $0.alpha : nil }
    let (fitted, within) = (allLayers.count { $0.alpha != nil }, alphas.count { (low...high).contains($0) })
    if fitted > 0 {
      all.append(
        ZooStatement(
          level: .heuristic, severity: .note,
          text: "\(grouped(alphas.count)) of \(grouped(fitted)) power laws are credible; of these "
            + "\(grouped(within)) have an α from 2 to 6, as trained layers of weak to moderate heavy tail"))
    }
    return all
  }

  private var quality: [ZooStatement] {
    guard let trends else { return [] }
    let tried = trends.trends.filter { $0.overall.kendall?.interval != nil }
    let found = tried.filter { !($0.overall.kendall?.interval?.contains(0) ?? true) }
    var all: [ZooStatement] = []
    if !tried.isEmpty {
      let names = found.compactMap { trend in trend.overall.kendall.map { "\(trend.metric) τ \(estimateText($0))" } }
      all.append(
        ZooStatement(
          level: .test, severity: .note,
          text: "\(found.count) of \(tried.count) quantities go with the score: the interval of their τ leaves out 0; "
            + "each was tried by itself, and what goes together need not be cause and effect",
          evidence: names.joined(separator: "; ")))
    }
    let reversed = trends.trends.filter(\.isReversed)
    if !reversed.isEmpty {
      let names = reversed.map { trend in
        "\(trend.metric) τ \(fixed(trend.overall.kendall?.value, 2)), within \(fixed(trend.kendallWithinSeries, 2))"
      }
      all.append(
        ZooStatement(
          level: .test, severity: .attention,
          text: "what holds over all models is the opposite of what holds within families (Simpson's paradox)",
          evidence: names.joined(separator: "; ")))
    }
    return all
  }

  private var comparability: [ZooStatement] {
    guard families.families.count > 1 else { return [] }
    return [ZooStatement(level: .heuristic, severity: .note, text: QualityTrends.comparability)]
  }
}
