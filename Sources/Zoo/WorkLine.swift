import Analysis
public import ModelReading
import StrictJSON

/// One model to be analysed, or part of one: a line of schema `heavytail.work/1`, or `/2` of a part.
public struct WorkLine: Sendable {
  static let schemas = ["heavytail.work/1", "heavytail.work/2"]

  /// What tells the model's content: `ModelPlace.content`.
  public var content: String
  /// Where it lies, in the order of the paths; any of them will do.
  public var places: [ModelPlace]
  /// Floating-point operations to be expected; 0 where the model cannot be opened.
  public var operations: Double
  /// Bytes that it needs beside its files; the same.
  public var memory: Int
  public var settings: AnalysisSettings
  /// Which of its layers; all if `nil`. Operations and memory are for these alone.
  public var part: WorkPart?

  public init(
    content: String, places: [ModelPlace], operations: Double, memory: Int, settings: AnalysisSettings,
    part: WorkPart? = nil
  ) {
    self.content = content
    self.places = places
    self.operations = operations
    self.memory = memory
    self.settings = settings
    self.part = part
  }

  /// - Throws: `ReadError` for what is no such line.
  public init(parsing bytes: [UInt8], label: String) throws(ReadError) {
    try self.init(JSON.line(bytes, schemas: WorkLine.schemas, label))
  }

  init(_ json: JSON) throws(ReadError) {
    var places: [ModelPlace] = []
    for place in try json.list("places") { places.append(try ModelPlace(place)) }
    guard !places.isEmpty else { throw json.error(.malformed, "says of no place where the model is") }
    let cost = try AnalysisCost(json)
    var part: WorkPart?
    if let member = json["part"], !member.isNull { part = try WorkPart(member) }
    self.init(
      content: try json.text("content"), places: places, operations: cost.operations, memory: cost.memory,
      settings: try AnalysisSettings(json.object("settings")), part: part)
  }

  /// Without the line feed.
  public var text: String {
    var writer = JSONWriter(indented: false)
    writer.write(self)
    return writer.text
  }

  /// What the whole model takes.
  var model: AnalysisCost { part?.model ?? AnalysisCost(operations: operations, memory: memory) }

  /// The work on one part of the model.
  func part(_ part: ModelPart, _ cost: AnalysisCost) -> WorkLine {
    var line = self
    line.part = WorkPart(part: part, model: model)
    (line.operations, line.memory) = (cost.operations, cost.memory)
    return line
  }

  public var byteCount: Int { places[0].files.reduce(0) { $0 &+ $1.byteCount } }
}

extension JSONWriter {
  mutating func write(_ work: WorkLine) {
    object { writer in
      writer.member("schema", WorkLine.schemas[work.part == nil ? 0 : 1])
      writer.member("content", work.content)
      if let part = work.part {
        writer.key("part")
        writer.write(part)
      }
      writer.key("places")
      writer.array { for place in work.places { $0.write(place) } }
      writer.member("flops", work.operations)
      writer.member("memory", work.memory)
      writer.key("settings")
      writer.write(work.settings)
    }
  }
}
