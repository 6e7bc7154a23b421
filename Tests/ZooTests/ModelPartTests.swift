import Analysis
import Foundation
import GRDB
import ModelReaders
import ModelReading
import TestSupport
import Testing

@testable import Zoo

@Suite struct ModelPartTests {
  private struct Models {
    var whole: [ResultLine] = []
    /// Of each model.
    var parts: [[ResultLine]] = []
    var work: [[WorkLine]] = []
    let settings: AnalysisSettings

    init(_ samples: [String], _ options: AnalysisOptions) throws {
      settings = AnalysisSettings(options)
      let worker = UnitWorker(readers: .builtIn, threadCount: 1)
      func result(_ work: WorkLine) throws -> ResultLine {
        try ResultLine(parsing: Array(worker.answer(Array(work.text.utf8)).utf8), label: "r")
      }
      for sample in samples {
        let answer = Survey(readers: .builtIn, settings: settings).answer(
          SurveyQuestion(path: Fixtures.sample(sample), name: "m", settings: settings, split: 1, files: []))
        #expect(answer.parts.count > 1)
        whole.append(try result(answer.work))
        work.append(
          answer.parts.enumerated().map { index, cost in
            answer.work.part(ModelPart(index + 1, of: answer.parts.count)!, cost)
          })
        parts.append(try work.last!.map(result))
      }
    }
  }

  private static func options(_ change: (inout AnalysisOptions) -> Void) -> AnalysisOptions {
    var options = AnalysisOptions()
    options.bootstrapCount = 0
    change(&options)
    return options
  }

  private static let plain = options { _ in }

  private func database(_ folder: String, _ name: String, _ merges: [[ResultLine]]) throws -> String {
    let path = "\(folder)/\(name).sqlite"
    for results in merges {
      let writer = try ZooWriter(path: path)
      try writer.merge(results)
      writer.close()
    }
    return path
  }

  private func count(_ path: String, _ table: String) throws -> Int {
    try DatabaseQueue(path: path).read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM \(table)") ?? 0 }
  }

  private func failure(_ work: WorkLine, _ message: String) throws -> ResultLine {
    try ResultLine(
      parsing: Array(ResultLine.text(work, ReadError(.malformed, message, file: "m")).utf8), label: "r")
  }

  @Test func linesComeBackAsTheyWent() throws {
    let zoo = try Models(["LeNet5/lenet5.pt"], ModelPartTests.plain)
    for (work, result) in zip(zoo.work[0], zoo.parts[0]) {
      #expect(work.text.hasPrefix(#"{"schema":"heavytail.work/2","#))
      #expect(try WorkLine(parsing: Array(work.text.utf8), label: "w").text == work.text)
      #expect(result.work.text == work.text && result.failure == nil)
    }
    #expect(zoo.whole[0].work.text.hasPrefix(#"{"schema":"heavytail.work/1","#))
    let line = zoo.work[0][0].text
    let changes = [(#""number":1"#, #""number":0"#), (#""count":2"#, #""count":5000"#), ("model_flops", "flop")]
    for (part, other) in changes {
      #expect(throws: ReadError.self) {
        try WorkLine(parsing: Array(line.replacing(part, with: other).utf8), label: "w")
      }
    }
  }

  /// Copies, ties, rows of slices and of heads: whatever order the parts come in, and how often, the rows are those of the
  /// whole model.
  @Test(arguments: [
    (["LeNet5/lenet5.pt", "MLP3/mlp3-init.safetensors"], options { $0.bootstrapCount = 20 }),
    (["Variety/variety-tied.safetensors", "Variety/variety.pt"], plain),
    (["Variety/variety.onnx"], options { $0.perSlice = true }), (["GGUF/llama.gguf"], options { $0.perHead = true }),
    (["LeNet5/lenet5.pt"], options { $0.studies = [.randomized, .vectors, .whitened] }),
    (["MLP3/mlp3-trained.safetensors"], options { $0.source = .inverse }),
  ]) func partsMakeTheRowsOfTheWhole(samples: [String], options: AnalysisOptions) throws {
    let zoo = try Models(samples, options)
    try Fixtures.withDirectory { folder in
      let rows = try SmallZoo.rows(database(folder, "whole", [zoo.whole]))
      let parts = zoo.parts.flatMap { $0 }
      for seed in 0..<3 {
        var random = SplitMix(seed: UInt64(seed))
        let order = (parts + parts.prefix(2)).shuffled(using: &random)
        let merges = seed == 0 ? order.map { [$0] } : [Array(order.prefix(2)), order, Array(order.reversed())]
        let path = try database(folder, "parts-\(seed)", merges)
        #expect(try SmallZoo.rows(path) == rows && count(path, "parts") == 0)
      }
    }
  }

  @Test func untilTheLastPartAModelIsIncomplete() throws {
    let zoo = try Models(["MLP3/mlp3-init.safetensors"], ModelPartTests.plain)
    let content = zoo.whole[0].work.content
    try Fixtures.withDirectory { folder in
      let path = try database(folder, "zoo", [[zoo.parts[0][2]], [zoo.parts[0][0]]])
      let reader = try ZooReader(path: path)
      let run = try #require(try reader.runs().last)
      let model = try #require(try reader.models(of: run).first)
      #expect(model.status == "incomplete" && model.error == "1 of its 3 parts have no result yet")
      #expect(try reader.contents(zoo.settings).isEmpty)
      #expect(try reader.parts(zoo.settings)[content]?.map(\.number).sorted() == [1, 3])
      #expect(try reader.ranking(of: run, by: #require(ZooMetric("alpha"))).isEmpty)
      #expect(try reader.ranking(of: run, by: #require(ZooMetric("entropy"))).isEmpty)
      var exported = ""
      try ZooExport.csv.write(run, of: reader) { exported += $0 }
      #expect(exported.split(separator: "\n").count == 2 && exported.contains("incomplete,1 of its 3 parts"))
      // A worker that had all of it makes it whole, and parts that come later change nothing.
      let rows = try SmallZoo.rows(database(folder, "whole", [zoo.whole]))
      #expect(try SmallZoo.rows(database(folder, "zoo", [zoo.whole, zoo.parts[0]])) == rows)
      #expect(try count(path, "parts") == 0)
    }
  }

  @Test func aPartThatFailsFailsTheModelUntilItIsDoneAgain() throws {
    let zoo = try Models(["MLP3/mlp3-init.safetensors"], ModelPartTests.plain)
    let (work, parts) = (zoo.work[0], zoo.parts[0])
    let failures = [try failure(work[1], "crashes"), try failure(work[0], "hangs")]
    try Fixtures.withDirectory { folder in
      let path = try database(folder, "zoo", [[parts[2], failures[0], parts[0], failures[1]]])
      let reader = try ZooReader(path: path)
      let model = try #require(try reader.models(of: reader.runs()[0]).first)
      #expect(model.status == "failed" && model.error == "crashes", "what is done stays done")
      #expect(try reader.parts(zoo.settings).values.map { $0.map(\.number).sorted() } == [[1, 2, 3]])
      let done = try reader.parts(zoo.settings, includingFailed: false)
      #expect(done.values.map { $0.map(\.number).sorted() } == [[1, 3]])
      let rows = try SmallZoo.rows(database(folder, "whole", [zoo.whole]))
      #expect(try SmallZoo.rows(database(folder, "zoo", [[parts[1]]])) == rows)
    }
  }

  /// Parts of a model that is divided otherwise have nothing to do with each other.
  @Test func partsOfOtherCountsDoNotMix() throws {
    let zoo = try Models(["MLP3/mlp3-init.safetensors"], ModelPartTests.plain)
    let worker = UnitWorker(readers: .builtIn, threadCount: 1)
    let halves = try (1...2).map { number in
      let line = zoo.whole[0].work.part(ModelPart(number, of: 2)!, AnalysisCost(operations: 1, memory: 1)).text
      return try ResultLine(parsing: Array(worker.answer(Array(line.utf8)).utf8), label: "r")
    }
    try Fixtures.withDirectory { folder in
      let rows = try SmallZoo.rows(database(folder, "whole", [zoo.whole]))
      let mixed = try database(folder, "zoo", [[zoo.parts[0][0], halves[1], zoo.parts[0][2]]])
      let reader = try ZooReader(path: mixed)
      #expect(try reader.models(of: reader.runs()[0]).map(\.status) == ["incomplete"])
      #expect(try SmallZoo.rows(database(folder, "zoo", [[halves[0]]])) == rows)
      #expect(try count(mixed, "parts") == 0)
    }
  }

  @Test func aPartWithoutWhatItsModelNeedsIsRefused() throws {
    let zoo = try Models(["LeNet5/lenet5.pt"], ModelPartTests.plain)
    let line = zoo.parts[0][0]
    let text = UnitWorker(readers: .builtIn, threadCount: 1).answer(Array(line.work.text.utf8))
    for (part, other) in [(#""credible":["#, #""credible":[true, "#), ("credible", "incredible")] {
      #expect(throws: ReadError.self) {
        try ResultLine(parsing: Array(text.replacing(part, with: other).utf8), label: "r")
      }
    }
  }

  @Test func tablesOfTheFirstVersionAreReadAndBroughtUpToDate() throws {
    let zoo = try Models(["LeNet5/lenet5.pt"], ModelPartTests.plain)
    try Fixtures.withDirectory { folder in
      let path = folder + "/old.sqlite"
      let queue = try DatabaseQueue(path: path)
      try ZooSchema.migrator.migrate(queue, upTo: "1: models, runs, results")
      try queue.close()
      #expect(try ZooReader(path: path).parts(zoo.settings).isEmpty)
      #expect(try ZooReader(path: path).contents(zoo.settings).isEmpty)
      let rows = try SmallZoo.rows(database(folder, "whole", [zoo.whole]))
      #expect(try SmallZoo.rows(database(folder, "old", [zoo.parts[0]])) == rows)
    }
  }
}
