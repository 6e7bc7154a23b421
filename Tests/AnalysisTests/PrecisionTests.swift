import Analysis
import SpectralCore
import TestSupport
import Testing

/// `--precision auto` against double: α to 1e-5, D to 1e-5, every phase and count the same.
@Suite struct PrecisionTests {
  private func record(_ matrix: RandomMatrix, _ precision: Precision, threads: Int = 1) throws -> LayerRecord {
    var options = AnalysisOptions()
    options.precision = precision
    options.bootstrapCount = 0
    options.threadCount = threads
    return try analyze(matrix.model(inFloats: true), path: "", options: options).layers[0]
  }

  static let ensembles: [RandomEnsemble] = [
    .gaussian, .spiked(strengths: [4, 6, 10]), .unequalNorms(deviation: 0.4), .lowRank(rank: 300),
  ]

  @Test(arguments: ensembles) func nothingChangesButLateDigits(ensemble: RandomEnsemble) throws {
    let matrix = ensemble.matrix(seed: 11, rows: 2400, columns: 1540)
    let (exact, auto) = try (record(matrix, .double), record(matrix, .auto))
    #expect(exact.arithmetic == "double")
    #expect(auto.phase == exact.phase && auto.hardRank == exact.hardRank && auto.spikeCount == exact.spikeCount)
    #expect(auto.tailCount == exact.tailCount && auto.bestFit == exact.bestFit)
    let (alpha, distance) = (try #require(exact.alpha), try #require(exact.distance))
    #expect(abs(try #require(auto.alpha) - alpha) <= 1e-5 * alpha)
    #expect(abs(try #require(auto.distance) - distance) <= 1e-5)
    #expect(abs(try #require(auto.entropy) - exact.entropy!) <= 1e-6)
  }

  /// Every row of a model, which must have one.
  private func expectAgreement(_ path: String) throws {
    var options = AnalysisOptions()
    options.bootstrapCount = 0
    options.precision = .double
    let exact = try report(path, options).layers
    options.precision = .auto
    for (auto, exact) in zip(try report(path, options).layers, exact) {
      #expect(auto.phase == exact.phase && auto.hardRank == exact.hardRank, "\(path): \(exact.name)")
      guard let alpha = exact.alpha, let distance = exact.distance else { continue }
      #expect(abs(try #require(auto.alpha) - alpha) <= 1e-5 * alpha, "\(path): \(exact.name)")
      #expect(abs(try #require(auto.distance) - distance) <= 1e-5, "\(path): \(exact.name)")
    }
  }

  @Test(arguments: [
    "LeNet5/lenet5.safetensors", "LeNet5Large/lenet5-large.safetensors", "MLP3/mlp3-init.safetensors",
    "MLP3/mlp3-trained.safetensors", "Quantised/gptq.safetensors", "Quantised/awq.safetensors",
    "Variety/variety.safetensors", "Variety/variety.onnx",
  ]) func samplesAgree(path: String) throws { try expectAgreement(Fixtures.sample(path)) }

  @Test(
    .enabled(if: Fixtures.shared("golden/weightwatcher/synthetic17.safetensors") != nil),
    arguments: [
      "golden/weightwatcher/synthetic17.safetensors", "models/real/lenet-mnist-zip.pth",
      "models/real/resnet20-cifar10-legacy.th", "models/real/rfb320-legacy.pth",
      "models/real/silero-vad-16k.safetensors", "models/real/compact-cnn-keras1-theano-weights.hdf5",
    ])
  func goldenModelsAgree(path: String) throws { try expectAgreement(try #require(Fixtures.shared(path))) }

  @Test func noiseIsDoneInSingle() throws {
    let matrix = RandomEnsemble.gaussian.matrix(seed: 12, rows: 2400, columns: 1540)
    #expect(try record(matrix, .auto).arithmetic == "single")
  }

  /// Square matrices have eigenvalues too near to zero, small ones cost nothing, heavy tails dwarf the bulk.
  @Test func whatNeedsDigitsIsDoneInDouble() throws {
    for (ensemble, rows, columns) in [
      (RandomEnsemble.gaussian, 1540, 1540), (.gaussian, 600, 200), (.symmetricPareto(mu: 1), 2400, 1540),
    ] {
      let row = try record(ensemble.matrix(seed: 13, rows: rows, columns: columns), .auto)
      #expect(row.arithmetic == "double", "\(ensemble) \(rows)×\(columns)")
    }
  }

  /// Entries whose squares are out of reach of floats.
  @Test(arguments: [1e-25, 1e25]) func floatsOutOfTheirRangeAreNotTheEnd(scale: Double) throws {
    let matrix = RandomEnsemble.gaussian.matrix(seed: 15, rows: 2000, columns: 1540)
    let row = try record(matrix.scalingColumns(by: [Double](repeating: scale, count: 1540)), .auto)
    #expect(row.status == .ok && row.arithmetic == "double" && row.hardRank == 1540)
  }

  /// Two thousand columns go through strips and a band; every number is the same bits for any thread count.
  @Test func largeMatricesDoNotDependOnTheThreadCount() throws {
    let matrix = RandomEnsemble.spiked(strengths: [5]).matrix(seed: 14, rows: 1700, columns: 1600)
    let single = try record(matrix, .double)
    let expected = Column.all.map { $0.value(single) }
    for threads in [2, 8] {
      let row = try record(matrix, .double, threads: threads)
      #expect(Column.all.map { $0.value(row) } == expected)
    }
  }
}
