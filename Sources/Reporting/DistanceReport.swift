public import Analysis
public import ModelReading
import StrictJSON

/// Two models compared, for people and for programs.
public struct DistanceReport: Sendable {
  /// The models' paths, as they were given.
  public var paths: (first: String, second: String)
  public var distance: ModelDistance
  /// The tool's version.
  public var version: String

  public init(first: String, second: String, distance: ModelDistance, version: String = heavyTailVersion) {
    paths = (first, second)
    self.distance = distance
    self.version = version
  }

  private typealias Number = (name: String, value: @Sendable (WeightDistance) -> Double?)

  private static let numbers: [Number] = [
    ("delta_W", { $0.weight }), ("delta_b", { $0.bias }), ("euclidean", { $0.euclidean }), ("cka", { $0.alignment }),
    ("spectral", { $0.spectral }),
  ]

  private func path(_ side: WeightMatching.Unmatched.Side) -> String {
    switch side {
    case .first: paths.first
    case .second: paths.second
    }
  }

  /// One line per weight, what has no partner, and the means.
  /// - Parameter width: columns of the terminal, or `nil` for no limit.
  public func table(width: Int?) -> String {
    var headings: [TextTable.Heading] = [
      .init(title: "layer", isNumeric: false, isFlexible: true),
      .init(title: "kind", isNumeric: false, expendability: 2),
      .init(title: "shape", isNumeric: false, expendability: 3),
    ]
    headings += DistanceReport.numbers.map { .init(title: $0.name, isNumeric: true) }
    headings.append(.init(title: "note", isNumeric: false, isFlexible: true, keepsStart: true, expendability: 1))
    let rows = distance.weights.map { weight in
      [weight.name, weight.kind, shapeText(weight.shape)] + DistanceReport.numbers.map { fixed($0.value(weight), 4) }
        + [weight.reason ?? (weight.isIdentical ? "identical" : "")]
    }
    var lines = wrapped("\(printable(paths.first))  ↔  \(printable(paths.second))", width: width, indent: 2)
    lines += TextTable(headings: headings, rows: rows).lines(width: width)
    lines += distance.unmatched.flatMap { weight in
      wrapped(
        "  unmatched: \(printable(weight.name)) of \(printable(path(weight.side))) \(weight.reason)", width: width,
        indent: 4)
    }
    lines += wrapped(summary, width: width, indent: 2)
    return lines.joined(separator: "\n") + "\n"
  }

  private var summary: String {
    var parts = ["\(distance.weights.count) weights compared", "\(distance.unmatched.count) unmatched"]
    for number in DistanceReport.numbers {
      if let mean = distance.mean(number.value) { parts.append("mean \(number.name) \(fixed(mean, 4))") }
    }
    if distance.isIdentical { parts.append("identical: every weight and its bias, bit for bit") }
    return parts.joined(separator: " · ")
  }

  /// One row per weight, those without a partner last.
  public var csv: String {
    var text = "layer_id,name,kind,shape,identical,"
    text += DistanceReport.numbers.map { $0.name + "," }.joined() + "status,reason\n"
    for weight in distance.weights {
      let numbers = DistanceReport.numbers.map { $0.value(weight).map { "\($0)" } ?? "" }
      let fields =
        ["\(weight.layerID)", quoted(weight.name), weight.kind, weight.shape.map(String.init).joined(separator: "x")]
        + ["\(weight.isIdentical)"] + numbers + [weight.reason == nil ? "ok" : "failed", quoted(weight.reason ?? "")]
      text += fields.joined(separator: ",") + "\n"
    }
    for weight in distance.unmatched {
      let blanks = [String](repeating: "", count: 3 + DistanceReport.numbers.count)
      let fields = ["", quoted(weight.name)] + blanks
      text += (fields + ["unmatched", quoted("\(path(weight.side)) \(weight.reason)")]).joined(separator: ",") + "\n"
    }
    return text
  }

  /// Schema `heavytail.distances/1`.
  public var json: String {
    var writer = JSONWriter(indented: true)
    writer.object { writer in
      writer.member("schema", "heavytail.distances/1")
      writer.writeTool(version: version)
      writer.member("first", paths.first)
      writer.member("second", paths.second)
      writer.member("identical", distance.isIdentical)
      for number in DistanceReport.numbers { writer.member("mean_" + number.name, distance.mean(number.value)) }
      writer.key("layers")
      writer.array { writer in
        for weight in distance.weights { writer.object { write(weight, to: &$0) } }
      }
      writer.writeUnmatched(distance.unmatched)
    }
    return writer.text + "\n"
  }

  private func write(_ weight: WeightDistance, to writer: inout JSONWriter) {
    writer.member("layer_id", weight.layerID)
    writer.member("name", weight.name)
    writer.member("kind", weight.kind)
    writer.member("shape", weight.shape)
    writer.member("identical", weight.isIdentical)
    for number in DistanceReport.numbers { writer.member(number.name, number.value(weight)) }
    writer.member("reason", weight.reason)
  }
}

extension JSONWriter {
  /// The weights that have no partner in the other model.
  mutating func writeUnmatched(_ weights: [WeightMatching.Unmatched]) {
    key("unmatched")
    array { writer in
      for weight in weights {
        writer.object { writer in
          writer.member("model", weight.side.rawValue)
          writer.member("name", weight.name)
          writer.member("reason", weight.reason)
        }
      }
    }
  }
}
