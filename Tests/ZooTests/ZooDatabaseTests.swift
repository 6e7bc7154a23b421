import Analysis
import Foundation
import ModelReaders
import ModelReading
import TestSupport
import Testing
import Zoo

@Suite struct ZooDatabaseTests {
  private static let samples = [
    "LeNet5/lenet5.pt", "LeNet5/lenet5.onnx", "Bad/truncated.npy", "Training/mlp3/mlp3-epoch-10.safetensors",
  ]

  private func results(_ samples: [String] = samples) throws -> [ResultLine] {
    try samples.map { sample in
      let work = Survey(readers: .builtIn, settings: AnalysisSettings(.init()))
        .work(on: Fixtures.sample(sample), name: ModelName.name(of: sample))
      let answer = UnitWorker(readers: .builtIn, threadCount: 2).answer(Array(work.text.utf8))
      return try ResultLine(parsing: Array(answer.utf8), label: "r")
    }
  }

  private func database(_ folder: String, _ name: String, _ merges: [[ResultLine]]) throws -> String {
    let path = "\(folder)/\(name).sqlite"
    for results in merges {
      let writer = try ZooWriter(path: path)
      try writer.merge(results)
      writer.close()
    }
    return path
  }

  @Test func orderRepetitionsAndRunsDoNotMatter() throws {
    let results = try results()
    try Fixtures.withDirectory { folder in
      let one = try database(folder, "one", [results])
      let rows = try SmallZoo.rows(one)
      #expect(rows.count > 40)
      let other = try database(folder, "other", results.reversed().map { [$0, $0] } + [results])
      #expect(try SmallZoo.rows(other) == rows)
    }
  }

  @Test func questionsAreAnswered() throws {
    let results = try results()
    try Fixtures.withDirectory { folder in
      let path = try database(folder, "zoo", [results])
      let before = try Fixtures.read(path)
      let reader = try ZooReader(path: path)
      let run = try #require(try reader.runs().last)
      #expect(run.version == heavyTailVersion && run.settings.text == AnalysisSettings(.init()).text)
      let models = try reader.models(of: run)
      #expect(models.map(\.status).sorted() == ["failed", "ok", "ok", "ok"])
      let lenet = try #require(models.first { $0.path.hasSuffix("lenet5.pt") })
      #expect(lenet.parameters == 61_706 && lenet.analyzed == 5 && lenet.fitted == 4 && lenet.credible == 1)
      // What the analysis itself says.
      let report = try analyze(ReaderRegistry.builtIn.open(lenet.path), path: lenet.path)
      let columns = LayerColumn.all
      let rows = try reader.layers(of: lenet, columns)
      #expect(rows == report.layers.map { layer in columns.map { $0.value(layer) } })
      for mean in report.summary.means { #expect(lenet.means["mean_" + mean.name] == mean.value) }
      let findings = try reader.findings(of: lenet)
      #expect(findings.map(\.text) == (report.findings + report.layers.flatMap(\.findings)).map(\.text))

      #expect(try reader.models("lenet5", of: run).count == 2)
      #expect(try reader.models("lenet5.onnx", of: run).map(\.format) == ["onnx"])
      #expect(try reader.models("100%", of: run).isEmpty)
      let ranking = try reader.ranking(of: run, by: #require(ZooMetric("alpha")))
      #expect(ranking.count == 3 && zip(ranking, ranking.dropFirst()).allSatisfy { $0.value <= $1.value })
      let byColumn = try reader.ranking(of: run, by: #require(ZooMetric("entropy")), limit: 1, descending: true)
      #expect(byColumn.count == 1)
      #expect(ZooMetric("name") == nil && ZooMetric("x\"y") == nil)
      #expect(try Fixtures.read(path) == before)
    }
  }

  @Test func aFailureGivesWayToAResult() throws {
    let result = try results(["LeNet5/lenet5.npz"])[0]
    let failure = try ResultLine(
      parsing: Array(
        #"{"schema":"heavytail.result/1","version":"\#(heavyTailVersion)","work":\#(result.work.text),"#.utf8)
        + Array(#""model":null,"error":{"code":"malformed","message":"makes it crash"}}"#.utf8), label: "r")
    try Fixtures.withDirectory { folder in
      let failed = try database(folder, "failed", [[failure]])
      let reader = try ZooReader(path: failed)
      #expect(try reader.models(of: reader.runs()[0]).map(\.error) == ["makes it crash"])
      #expect(try reader.contents(AnalysisSettings(.init()), includingFailed: false).isEmpty)
      #expect(try reader.contents(AnalysisSettings(.init())) == [result.work.content])
      let rows = try SmallZoo.rows(database(folder, "good", [[result]]))
      #expect(try SmallZoo.rows(database(folder, "failed", [[result], [failure]])) == rows)
    }
  }

  @Test func whatIsNoZooIsRefused() throws {
    try Fixtures.withFile(Array("text, and no database at all".utf8)) { path in
      #expect(throws: ZooError.self) { try ZooReader(path: path) }
      #expect(throws: ZooError.self) { try ZooWriter(path: path) }
    }
    #expect(throws: ZooError.self) { try ZooReader(path: "/nowhere/zoo.sqlite") }
  }
}
