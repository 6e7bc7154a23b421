import Analysis
public import ModelReading
import Reporting
import StrictJSON

/// What became of one model, or of part of one: a line of schema `heavytail.result/1`, or `/2` of a part.
///
/// Nothing in it depends on who computed it, when, or how long that took.
public struct ResultLine: Sendable {
  static let schemas = ["heavytail.result/1", "heavytail.result/2"]

  public let work: WorkLine
  /// Version of the program that computed it.
  public let version: String
  /// As `models` of `heavytail.analysis/1`; `nil` if there is an error instead.
  let model: JSON?
  /// Of the model of a part, for each of its rows whether α is credible.
  let credible: JSON?
  /// As `errors` there.
  let error: JSON?

  /// - Throws: `ReadError` for what is no such line, or the answer to a line that was no work.
  public init(parsing bytes: [UInt8], label: String) throws(ReadError) {
    let json = try JSON.line(bytes, schemas: ResultLine.schemas, label)
    func part(_ key: String) -> JSON? { json[key].flatMap { $0.kind == .object ? $0 : nil } }
    version = try json.text("version")
    (model, error) = (part("model"), part("error"))
    guard let work = part("work") else {
      throw json.error(.malformed, "answers what was no work: \(error?["message"]?.string ?? "no reason is given")")
    }
    guard (model == nil) != (error == nil) else { throw json.error(.malformed, "has no model, and no error either") }
    self.work = try WorkLine(work)
    credible = json["credible"]
    if self.work.part != nil, let model {
      guard let layers = model["layers"], let credible, layers.count == credible.count else {
        throw json.error(.malformed, "does not say of each row of a part whether α is credible")
      }
    }
  }

  /// Why there is no model, where there is none.
  public var failure: ReadError? {
    guard let error else { return nil }
    let code = ReadError.Code.allCases.first { $0.label == error["code"]?.string } ?? .malformed
    return ReadError(
      code, error["message"]?.string ?? "", file: error["file"]?.string ?? work.places[0].path,
      offset: error["offset"]?.int, subject: error["subject"]?.string, hint: error["hint"]?.string)
  }

  /// The next `count` lines, or what is left of them.
  /// - Parameter label: what errors call the file.
  public static func batch(
    of lines: LineSource, _ count: Int, label: String
  ) -> (results: [ResultLine], errors: [ReadError], isLast: Bool) {
    var results: [ResultLine] = []
    var errors: [ReadError] = []
    while results.count < count {
      do throws(ReadError) {
        guard let line = try lines.next() else { return (results, errors, true) }
        do throws(ReadError) {
          results.append(try ResultLine(parsing: line, label: "\(label) line \(lines.number)"))
        } catch {
          errors.append(error)
        }
      } catch {
        return (results, errors + [error], true)
      }
    }
    return (results, errors, false)
  }

  static func text(_ work: WorkLine, _ report: ModelReport) -> String {
    text(work) { writer in
      writer.key("model")
      writer.write(report, Column.columns(for: work.settings.options.studies))
      if work.part != nil {
        writer.key("credible")
        writer.array { for layer in report.layers { $0.value(layer.isAlphaCredible) } }
      }
      writer.key("error")
      writer.null()
    }
  }

  /// - Parameter work: `nil` if the error is that the line was none.
  static func text(_ work: WorkLine?, _ error: ReadError) -> String {
    text(work) { writer in
      writer.key("model")
      writer.null()
      writer.key("error")
      writer.write((path: work?.places[0].path ?? "", error: error))
    }
  }

  private static func text(_ work: WorkLine?, _ outcome: (inout JSONWriter) -> Void) -> String {
    var writer = JSONWriter(indented: false)
    writer.object { writer in
      writer.member("schema", schemas[work?.part == nil ? 0 : 1])
      writer.member("version", heavyTailVersion)
      writer.key("work")
      if let work { writer.write(work) } else { writer.null() }
      outcome(&writer)
    }
    return writer.text
  }
}
