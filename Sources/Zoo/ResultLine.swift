import Analysis
public import ModelReading
import Reporting
import StrictJSON

/// What became of one model: a line of schema `heavytail.result/1`.
///
/// Nothing in it depends on who computed it, when, or how long that took.
public struct ResultLine: Sendable {
  static let schema = "heavytail.result/1"

  public let work: WorkLine
  /// Version of the program that computed it.
  public let version: String
  /// As `models` of `heavytail.analysis/1`; `nil` if there is an error instead.
  let model: JSON?
  /// As `errors` there.
  let error: JSON?

  /// - Throws: `ReadError` for what is no such line, or the answer to a line that was no work.
  public init(parsing bytes: [UInt8], label: String) throws(ReadError) {
    let json = try JSON.line(bytes, schema: ResultLine.schema, label)
    func part(_ key: String) -> JSON? { json[key].flatMap { $0.kind == .object ? $0 : nil } }
    version = try json.text("version")
    (model, error) = (part("model"), part("error"))
    guard let work = part("work") else {
      throw json.error(.malformed, "answers what was no work: \(error?["message"]?.string ?? "no reason is given")")
    }
    guard (model == nil) != (error == nil) else { throw json.error(.malformed, "has no model, and no error either") }
    self.work = try WorkLine(work)
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
      writer.member("schema", schema)
      writer.member("version", heavyTailVersion)
      writer.key("work")
      if let work { writer.write(work) } else { writer.null() }
      outcome(&writer)
    }
    return writer.text
  }
}
