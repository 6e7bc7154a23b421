import Figures
import SpectralCore

/// The series of architectures of a zoo, and how each is drawn.
struct ZooFamilies: Sendable {
  struct Family: Sendable {
    var name: String
    /// Contents.
    var modelCount = 0
    var layerCount = 0
    /// Layers of each phase, in the order of `Phase.allCases`.
    var phases = [Int](repeating: 0, count: Phase.allCases.count)
    var style = DotStyle.others

    /// Layers that have a phase.
    var phaseCount: Int { phases.reduce(0, +) }

    func count(_ phase: Phase) -> Int { phases[Phase.allCases.firstIndex(of: phase) ?? 0] }

    /// Of its layers with a phase; `nil` if none has one.
    var heavyShare: Double? { phaseCount > 0 ? Double(count(.heavyTailed)) / Double(phaseCount) : nil }
  }

  /// The largest first.
  private(set) var families: [Family] = []
  private let indices: [String: Int]
  /// Where scores name another series than the model's name does, by path.
  private let named: [String: String]

  /// - Parameter trends: whose scores may name the series.
  init(_ models: [ZooModel], _ layers: [Int64: [ZooLayer]] = [:], trends: QualityTrends?) {
    let named = Dictionary((trends?.points ?? []).map { ($0.model.path, $0.series) }) { first, _ in first }
    var found: [String: Family] = [:]
    var seen: [String: Set<Int64>] = [:]
    for model in models {
      let name = named[model.path] ?? model.series
      // A copy of what is there already counts where it belongs to another family.
      guard seen[name, default: []].insert(model.resultID).inserted else { continue }
      found[name, default: Family(name: name)].add(layers[model.resultID] ?? [])
    }
    families = found.values.sorted { ($1.modelCount, $0.name) < ($0.modelCount, $1.name) }
    for (index, style) in DotStyle.distinct.enumerated() where index < families.count {
      families[index].style = style
    }
    self.named = named
    indices = Dictionary(uniqueKeysWithValues: families.enumerated().map { ($1.name, $0) })
  }

  func name(of model: ZooModel) -> String { named[model.path] ?? model.series }

  /// Position among the families.
  func index(of model: ZooModel) -> Int { indices[name(of: model)] ?? 0 }

  /// Dots in the groups of a legend: a family each, and those without a style of their own together.
  ///
  /// - Parameter line: of a family, by name.
  func groups(
    _ dots: [(family: String, dot: Circle)], line: (String) -> [Point] = { _ in [] }
  ) -> [DotGroup] {
    let members = Dictionary(grouping: dots, by: \.family).mapValues { $0.map(\.dot) }
    let styled = families.prefix(DotStyle.distinct.count).map { family in
      DotGroup(family.name, family.style, members[family.name] ?? [], line: line(family.name))
    }
    let rest = families.dropFirst(DotStyle.distinct.count)
    let others = rest.flatMap { members[$0.name] ?? [] }
    let lines = rest.map { DotGroup(nil, .others, [], line: line($0.name)) }
    return styled + [DotGroup("\(rest.count) other families", .others, others)] + lines
  }
}

extension ZooFamilies.Family {
  fileprivate mutating func add(_ layers: [ZooLayer]) {
    modelCount += 1
    layerCount += layers.count
    for case let phase? in layers.map(\.phase) { phases[Phase.allCases.firstIndex(of: phase) ?? 0] += 1 }
  }
}
