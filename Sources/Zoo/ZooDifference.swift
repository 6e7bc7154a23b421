import Analysis
import Reporting

/// Two models of a zoo, layer by layer: those of the same name beside each other.
public struct ZooDifference: Sendable {
  private static let columns = ["alpha", "D", "sigma", "log_spectral_norm", "stable_rank", "entropy", "phase"]

  private struct Pair {
    var name: String
    var first: [String: LayerColumn.Value]?
    var second: [String: LayerColumn.Value]?

    /// Of the second less that of the first.
    var alphaChange: Double? {
      guard case .number(let before) = first?["alpha"], case .number(let after) = second?["alpha"] else { return nil }
      return after - before
    }
  }

  private let pairs: [Pair]

  /// - Throws: `ZooError` if the database cannot be read.
  public init(_ first: ZooModel, _ second: ZooModel, in reader: ZooReader) throws(ZooError) {
    let (before, after) = (try ZooDifference.layers(first, reader), try ZooDifference.layers(second, reader))
    let partners = Dictionary(after.map { ($0.name, $0.values) }) { first, _ in first }
    let names = Set(before.map(\.name))
    pairs =
      before.map { Pair(name: $0.name, first: $0.values, second: partners[$0.name]) }
      + after.filter { !names.contains($0.name) }.map { Pair(name: $0.name, first: nil, second: $0.values) }
  }

  private static func layers(
    _ model: ZooModel, _ reader: ZooReader
  ) throws(ZooError) -> [(name: String, values: [String: LayerColumn.Value])] {
    try reader.layers(of: model, ZooReader.columns(["name"] + columns)).map { values in
      guard case .text(let name) = values[0] else { return ("", [:]) }
      return (name, Dictionary(uniqueKeysWithValues: zip(columns, values.dropFirst())))
    }
  }

  public func table(width: Int?) -> String {
    let shown = ["alpha", "D", "log_spectral_norm", "phase"]
    let headings =
      [TextTable.Heading(title: "layer", isNumeric: false, isFlexible: true)]
      + shown.flatMap { name in
        ["", "′"].map { TextTable.Heading(title: name + $0, isNumeric: name != "phase") }
      } + [.init(title: "Δalpha", isNumeric: true)]
    let rows = pairs.map { pair in
      [pair.name] + shown.flatMap { [cell(pair.first?[$0] ?? .null), cell(pair.second?[$0] ?? .null)] }
        + [fixed(pair.alphaChange, 3)]
    }
    return TextTable(headings: headings, rows: rows).lines(width: width).joined(separator: "\n") + "\n"
  }

  /// `name`, each column of the first and of the second model, `alpha_change`; a layer that a model lacks has none.
  public var csv: String {
    let header = ["name"] + ZooDifference.columns.flatMap { ["first_" + $0, "second_" + $0] } + ["alpha_change"]
    return pairs.reduce(into: header.joined(separator: ",") + "\n") { text, pair in
      let values = ZooDifference.columns.flatMap { [pair.first?[$0] ?? .null, pair.second?[$0] ?? .null] }
      let fields = [quoted(pair.name)] + values.map(csvField) + [pair.alphaChange.map { "\($0)" } ?? ""]
      text += fields.joined(separator: ",") + "\n"
    }
  }
}
