import Analysis
public import ModelReading
import StrictJSON

/// One model to be analysed: a line of schema `heavytail.work/1`.
public struct WorkLine: Sendable {
  static let schema = "heavytail.work/1"

  /// What tells the model's content: `ModelPlace.content`.
  public var content: String
  /// Where it lies, in the order of the paths; any of them will do.
  public var places: [ModelPlace]
  /// Floating-point operations to be expected; 0 where the model cannot be opened.
  public var operations: Double
  /// Bytes that it needs beside its files; the same.
  public var memory: Int
  public var settings: AnalysisSettings

  public init(
    content: String, places: [ModelPlace], operations: Double, memory: Int, settings: AnalysisSettings
  ) {
    self.content = content
    self.places = places
    self.operations = operations
    self.memory = memory
    self.settings = settings
  }

  /// - Throws: `ReadError` for what is no such line.
  public init(parsing bytes: [UInt8], label: String) throws(ReadError) {
    try self.init(JSON.line(bytes, schema: WorkLine.schema, label))
  }

  init(_ json: JSON) throws(ReadError) {
    var places: [ModelPlace] = []
    for place in try json.list("places") { places.append(try ModelPlace(place)) }
    guard !places.isEmpty else { throw json.error(.malformed, "says of no place where the model is") }
    let operations = try json.number("flops")
    let memory = try json.integer("memory")
    guard operations >= 0, operations.isFinite, memory >= 0 else {
      throw json.error(.malformed, "needs less than nothing, or infinitely much")
    }
    self.init(
      content: try json.text("content"), places: places, operations: operations, memory: memory,
      settings: try AnalysisSettings(json.object("settings")))
  }

  /// Without the line feed.
  public var text: String {
    var writer = JSONWriter(indented: false)
    writer.write(self)
    return writer.text
  }

  public var byteCount: Int { places[0].files.reduce(0) { $0 &+ $1.byteCount } }
}

extension JSONWriter {
  mutating func write(_ work: WorkLine) {
    object { writer in
      writer.member("schema", WorkLine.schema)
      writer.member("content", work.content)
      writer.key("places")
      writer.array { for place in work.places { $0.write(place) } }
      writer.member("flops", work.operations)
      writer.member("memory", work.memory)
      writer.key("settings")
      writer.write(work.settings)
    }
  }
}
