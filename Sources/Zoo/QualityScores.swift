public import ModelReading
import Reporting

/// How good models are, by whoever measured that: a CSV file of models and scores.
public struct QualityScores: Sendable {
  public struct Score: Sendable, Equatable {
    /// The path or the name of a model, or the end of its path.
    public var model: String
    public var score: Double
    /// Its architecture series, where the file has one.
    public var series: String?
  }

  public private(set) var scores: [Score] = []

  /// - Parameter bytes: a header with `model` and `score`, and `series` if there is one, in any order; then a line each. A
  ///   score that is empty is none.
  /// - Throws: `.malformed` for anything else.
  public init(_ bytes: [UInt8], path: String) throws(ReadError) {
    let bytes = bytes.filter { $0 != UInt8(ascii: "\r") } + [UInt8(ascii: "\n")]
    var records = CSVRecords.ended(in: bytes).filter { !$0.range.isEmpty }[...]
    let header = records.popFirst().map { CSVRecords.fields(bytes[$0.range]) } ?? []
    guard let model = header.firstIndex(of: "model"), let score = header.firstIndex(of: "score") else {
      throw ReadError(.malformed, "has no columns 'model' and 'score' in its first line", file: path)
    }
    let series = header.firstIndex(of: "series")
    for record in records {
      let fields = CSVRecords.fields(bytes[record.range])
      guard fields.count == header.count else {
        throw ReadError(
          .malformed, "has a line of \(fields.count) fields where the header has \(header.count)", file: path,
          offset: record.range.lowerBound)
      }
      if fields[score].isEmpty { continue }
      guard let value = Double(fields[score]), value.isFinite else {
        throw ReadError(
          .malformed, "has the score '\(fields[score])', which is no number", file: path,
          offset: record.range.lowerBound)
      }
      scores.append(Score(model: fields[model], score: value, series: series.map { fields[$0] }))
    }
  }
}
