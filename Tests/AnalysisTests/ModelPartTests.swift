import ModelReaders
import ModelReading
import TestSupport
import Testing

@testable import Analysis

@Suite struct ModelPartTests {
  private let options = AnalysisOptions()

  private func tasks(_ sample: String) throws -> [LayerTask] {
    try ReaderRegistry.builtIn.open(Fixtures.sample(sample)).tasks(options, StageClock(), where: options.isWanted)
  }

  private func parts(_ count: Int) -> [ModelPart] { (1...count).compactMap { ModelPart($0, of: count) } }

  @Test(arguments: ["LeNet5/lenet5.pt", "MLP3/mlp3-init.safetensors", "Variety/variety.pt"], [1, 2, 3, 7])
  func eachWeightIsInOnePartWithItsLayer(sample: String, count: Int) throws {
    let tasks = try tasks(sample)
    let parts = parts(count).map { tasks.tasks(of: $0) }
    #expect(parts.flatMap { $0.map(\.name) }.sorted() == tasks.map(\.name).sorted())
    let layers = parts.map { Set($0.map(\.layerID)) }
    #expect(layers.reduce(0) { $0 + $1.count } == Set(tasks.map(\.layerID)).count)
    for part in parts { #expect(part.map(\.layerID) == part.map(\.layerID).sorted()) }
    // No part has more than its share and one layer more.
    let operations = tasks.reduce(0) { $0 + $1.operations }
    let largest = tasks.map(\.operations).max() ?? 0
    for part in parts {
      #expect(part.reduce(0) { $0 + $1.operations } <= (operations / Double(count) + 2 * largest) * (1 + 1e-12))
    }
  }

  @Test func aModelHasAsManyPartsAsItsOperationsAndLayersAllow() throws {
    let graph = try ReaderRegistry.builtIn.open(Fixtures.sample("MLP3/mlp3-init.safetensors"))
    let whole = AnalysisCost(of: graph, options: options)
    func parts(_ limit: Double, _ options: AnalysisOptions? = nil) -> [AnalysisCost] {
      AnalysisCost.parts(of: graph, options: options ?? self.options, above: limit)
    }
    #expect(parts(whole.operations).isEmpty)
    #expect(parts(whole.operations * 0.9).count == 2)
    // One layer is a part of its own, however small the limit is; so there are no more than three of its size.
    #expect(parts(1).count == 3 && parts(.leastNonzeroMagnitude).count == 3)
    let sum = parts(1).reduce(0) { $0 + $1.operations }
    #expect(abs(sum / whole.operations - 1) < 1e-12 && parts(1).map(\.memory).max() == whole.memory)
    var multiplied = options
    multiplied.source = .intra
    #expect(parts(1, multiplied).isEmpty)
    var one = options
    one.layerPatterns = ["fc2"]
    #expect(parts(1, one).isEmpty)
  }

  @Test(arguments: [(0, 1), (2, 1), (1, 0), (1, -1), (1, 1025), (.max, .max), (.min, 5)])
  func whatIsNoPart(number: Int, count: Int) { #expect(ModelPart(number, of: count) == nil) }

  @Test func theRowsOfAPartAreThoseOfTheWhole() throws {
    let graph = try ReaderRegistry.builtIn.open(Fixtures.sample("LeNet5/lenet5.pt"))
    let whole = try analyze(graph, path: "m")
    let rows = try parts(3).flatMap { try analyze(graph, path: "m", part: $0).layers }
    #expect(rows.count == whole.layers.count)
    for row in whole.layers {
      let other = try #require(rows.first { $0.layerID == row.layerID })
      #expect(Column.all.allSatisfy { $0.value(other) == $0.value(row) })
    }
  }
}
