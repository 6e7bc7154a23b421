public import Analysis
import ModelReading
import StrictJSON

/// Which layers of a model a line of work is about, where not all.
public struct WorkPart: Sendable, Equatable {
  public var part: ModelPart
  /// What the whole model takes.
  public var model: AnalysisCost
}

extension WorkPart {
  init(_ json: JSON) throws(ReadError) {
    guard let part = ModelPart(try json.integer("number"), of: try json.integer("count")) else {
      throw json.error(.malformed, "is no part of a model")
    }
    self.init(part: part, model: try AnalysisCost(json, operations: "model_flops", memory: "model_memory"))
  }
}

extension AnalysisCost {
  init(_ json: JSON, operations: String = "flops", memory: String = "memory") throws(ReadError) {
    self.init(operations: try json.number(operations), memory: try json.integer(memory))
    guard self.operations >= 0, self.operations.isFinite, self.memory >= 0 else {
      throw json.error(.malformed, "needs less than nothing, or infinitely much")
    }
  }
}

extension JSONWriter {
  mutating func write(_ part: WorkPart) {
    object { writer in
      writer.member("number", part.part.number)
      writer.member("count", part.part.count)
      writer.member("model_flops", part.model.operations)
      writer.member("model_memory", part.model.memory)
    }
  }
}
