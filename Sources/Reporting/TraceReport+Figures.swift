import Analysis
public import Figures

extension TraceReport {
  /// The chosen columns that are numbers, below each other, a curve for each layer: how a training run went.
  ///
  /// - Returns: `nil` if no column is a number anywhere.
  public var figure: Figure? {
    var charts = trace.columns.indices.compactMap { chart(of: $0) }
    guard !charts.isEmpty else { return nil }
    let ends = [labels.first, labels.last].compactMap(\.self)
    charts[0].title = "\(runName): \(axis.title ?? "training") from \(ends.joined(separator: " to "))"
    charts[0].panels = charts.flatMap(\.panels)
    return charts[0]
  }

  /// A column over the checkpoints, a curve for each layer, or for the quartiles of many.
  func chart(of column: Int) -> Figure? {
    let curves = trace.layers.map { layer in (name: layer.name, values: values(of: layer, column)) }
      .filter { $0.values.contains { $0 != nil } }
    let isMany = curves.count > TraceReport.mostCurves
    let title = TraceReport.styles[trace.columns[column].name]?.title ?? trace.columns[column].name
    return chart(
      of: column, isMany ? TraceReport.quartiles(curves.map(\.values)) : curves, title: "\(runName): \(title)",
      notes: (isMany ? ["Quartiles of \(curves.count) layers"] : []) + leftOut, isOfColumn: !isMany)
  }

  /// All columns of one layer, below each other.
  func figure(of layer: TrainingTrace.Series) -> Figure? {
    var charts = trace.columns.indices.compactMap { column in
      chart(of: column, [("", values(of: layer, column))], title: "", notes: leftOut, isOfColumn: false)
    }
    guard !charts.isEmpty else { return nil }
    charts[0].title = "\(layer.name): \(axis.title ?? "training")"
    charts[0].panels = charts.flatMap(\.panels).map { panel in
      var panel = panel
      panel.height = 0.3
      // One curve needs no name.
      for index in panel.series.indices { panel.series[index].label = nil }
      return panel
    }
    return charts[0]
  }

  /// More curves are a thicket.
  private static let mostCurves = 12

  private func chart(
    of column: Int, _ curves: [(name: String, values: [Double?])], title: String, notes: [String], isOfColumn: Bool
  ) -> Figure? {
    let name = trace.columns[column].name
    let positions = positions
    return Figure.lineChart(
      kind: "trace", title: title, notes: notes, x: checkpointAxis,
      y: (TraceReport.axisLabels[name] ?? name, .linear),
      series: curves.map { curve in
        (
          curve.name,
          zip(positions, curve.values).compactMap { position, value in
            position.map { x in value.map { Point(x, $0) } }
          }
        )
      },
      fact: isOfColumn ? name : nil)
  }

  private static let axisLabels = [
    "entropy": "entropy −Σp ln p / ln R (0 to 1)", "stable_rank": "stable rank Σλ/λmax",
    "mp_softrank": "soft rank λ+/λmax (0 to 1)", "alpha": "α: exponent of the power law",
    "D": "D: Kolmogorov–Smirnov distance (0 to 1)", "log_spectral_norm": "log₁₀ λmax of WᵀW",
    "num_spikes": "spikes: eigenvalues above the edge of noise",
  ]

  /// One number for each checkpoint; `nil` where there is none.
  private func values(of layer: TrainingTrace.Series, _ column: Int) -> [Double?] {
    layer.cells.map { cell in
      switch cell?.values[column] {
      case .number(let number): number
      case .integer(let integer): Double(integer)
      case nil, .null, .text, .integers, .numbers: nil
      }
    }
  }

  /// The least value, the quartiles and the largest at each checkpoint.
  private static func quartiles(_ curves: [[Double?]]) -> [(name: String, values: [Double?])] {
    let columns = (curves.first ?? []).indices.map { index in curves.compactMap { $0[index] }.sorted() }
    return ["largest", "upper quartile", "median", "lower quartile", "least"].enumerated().map { number, name in
      let share = 1 - Double(number) / 4
      return (
        name,
        columns.map { values in
          guard !values.isEmpty else { return nil }
          let position = share * Double(values.count - 1)
          let (low, part) = (Int(position), position - position.rounded(.down))
          return part == 0 ? values[low] : values[low] + part * (values[low + 1] - values[low])
        }
      )
    }
  }

  // MARK: Checkpoints

  /// What the checkpoints are called.
  var labels: [String] { trace.checkpoints.map(\.file.name.label) }

  /// Where each checkpoint stands; `nil` for one that has no place on the axis.
  private var positions: [Double?] {
    trace.checkpoints.enumerated().map { index, checkpoint in
      guard axis.placement != .order else { return Double(index) }
      return checkpoint.file.name.step.flatMap { axis.placement == .linear || $0 > 0 ? Double($0) : nil }
    }
  }

  private var leftOut: [String] {
    let count = positions.count { $0 == nil }
    return count == 0 ? [] : ["\(count) checkpoint\(count == 1 ? "" : "s") without a place on the axis not drawn"]
  }

  private var checkpointAxis: Axis { axis.placement == .order ? orderAxis : stepAxis }

  private var stepAxis: Axis {
    let steps = positions.compactMap(\.self)
    let name = axis.title ?? unit ?? "step"
    var stepAxis =
      axis.placement == .log ? Axis("\(name), logarithmic", .logarithmic, of: steps) : Axis(name, .linear, of: steps)
    stepAxis.isOfIntegers = true
    stepAxis.marks = steps
    return stepAxis
  }

  private var orderAxis: Axis {
    let unit = unit
    let names = labels.map { label in
      unit.map { label.hasPrefix($0 + " ") ? String(label.dropFirst($0.count + 1)) : label } ?? label
    }
    return Axis(
      "\(axis.title ?? unit ?? "checkpoint"), in order", .categories(names),
      -0.3...Double(max(names.count, 1)) - 0.7)
  }

  /// What most names count, if all that count do so: `epoch` of "epoch 3".
  private var unit: String? {
    let labels = labels
    let counted = labels.map { $0.split(separator: " ") }.filter { $0.count == 2 && Int($0[1]) != nil }
    let units = Set(counted.map { $0[0] })
    return units.count == 1 && counted.count > labels.count / 2 ? units.first.map(String.init) : nil
  }

  /// The folder that all checkpoints are in.
  var runName: String {
    let folders = trace.checkpoints.map { $0.file.path.split(separator: "/").dropLast() }
    guard let first = folders.first else { return "training run" }
    let common = folders.dropFirst().reduce(first[...]) { common, folder in
      zip(common, folder).prefix { $0 == $1 }.map(\.0)[...]
    }
    return common.last.map(String.init) ?? "training run"
  }
}
