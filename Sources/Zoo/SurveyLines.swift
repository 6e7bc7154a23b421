import Analysis
import ModelReading
import StrictJSON

/// What the planner asks of a worker: the work on one model.
struct SurveyQuestion {
  private static let schema = "heavytail.survey/1"

  var path: String
  var name: String
  var settings: AnalysisSettings
  /// Operations above which the model is divided; `nil`: it never is.
  var split: Double?
  /// Files whose sums are known, if they have not changed.
  var files: [ModelFile]

  init(path: String, name: String, settings: AnalysisSettings, split: Double?, files: [ModelFile]) {
    self.path = path
    self.name = name
    self.settings = settings
    self.split = split
    self.files = files
  }

  init(parsing line: [UInt8]) throws(ReadError) {
    let json = try JSON.line(line, schemas: [SurveyQuestion.schema], "question")
    var files: [ModelFile] = []
    for file in try json.list("files") { files.append(try ModelFile(file)) }
    self.init(
      path: try json.text("path"), name: try json.text("name"),
      settings: try AnalysisSettings(json.object("settings")), split: json["split"]?.double, files: files)
  }

  var text: String {
    var writer = JSONWriter(indented: false)
    writer.object { writer in
      writer.member("schema", SurveyQuestion.schema)
      writer.member("path", path)
      writer.member("name", name)
      writer.key("settings")
      writer.write(settings)
      writer.member("split", split)
      writer.key("files")
      writer.array { for file in files { $0.write(file) } }
    }
    return writer.text
  }
}

/// The answer: the work, and what each part of it takes where it is to be divided.
struct SurveyAnswer: Sendable {
  private static let schema = "heavytail.surveyed/1"

  var work: WorkLine
  /// Empty for a model that stays whole.
  var parts: [AnalysisCost]

  init(work: WorkLine, parts: [AnalysisCost] = []) {
    self.work = work
    self.parts = parts
  }

  init(parsing line: [UInt8]) throws(ReadError) {
    let json = try JSON.line(line, schemas: [SurveyAnswer.schema], "answer")
    var parts: [AnalysisCost] = []
    for part in try json.list("parts") { parts.append(try AnalysisCost(part)) }
    self.init(work: try WorkLine(json.object("work")), parts: parts)
  }

  var text: String {
    var writer = JSONWriter(indented: false)
    writer.object { writer in
      writer.member("schema", SurveyAnswer.schema)
      writer.key("work")
      writer.write(work)
      writer.key("parts")
      writer.array { writer in
        for part in parts {
          writer.object { writer in
            writer.member("flops", part.operations)
            writer.member("memory", part.memory)
          }
        }
      }
    }
    return writer.text
  }
}
