import Foundation
import ModelReading
import StrictJSON
import TestSupport
import Testing

@Suite struct TraceCommandTests {
  private let mlp3 = Fixtures.sample("Training/mlp3")
  private let lenet5 = Fixtures.sample("Training/lenet5")
  private let batches = Fixtures.sample("Training/batch-sizes")

  /// Rows of a CSV without quotes, by the names of its columns.
  private func rows(_ csv: String) -> [[String: String]] {
    let lines = csv.split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false) }
    guard let header = lines.first else { return [] }
    return lines.dropFirst().map { fields in
      Dictionary(uniqueKeysWithValues: zip(header, fields).map { (String($0), String($1)) })
    }
  }

  /// The transition of the MLP3 figure of Martin and Mahoney: both start where theory has a random matrix, entropy falls
  /// with every epoch, and the stable rank breaks down to about half.
  @Test func entropyFallsAndStableRankCollapses() throws {
    let rows = rows(try heavytail("trace", "--format", "csv", mlp3).output)
    #expect(rows.count == 44)
    let layers = [
      ("fc1", 128.0, 196.0, "HEAVY-TAILED"), ("fc2", 128, 128, "HEAVY-TAILED"), ("fc3", 128, 128, "BULK-DECAY"),
    ]
    for (layer, columns, rowCount, phase) in layers {
      let series = rows.filter { $0["name"] == layer }
      #expect(series.map { $0["checkpoint"] } == ["init"] + (1...10).map { "epoch \($0)" })
      let entropy = series.compactMap { Double($0["entropy"]!) }
      let rank = series.compactMap { Double($0["stable_rank"]!) }
      let ratio = rowCount / columns
      #expect(abs(entropy[0] - (1 - 1 / (2 * ratio * log(columns)))) < 0.003)
      #expect(abs(rank[0] - columns / pow(1 + pow(ratio, -0.5), 2)) < 2)
      #expect(zip(entropy, entropy.dropFirst()).allSatisfy { $0 > $1 })
      #expect(rank[0] - rank[1] > 0.4 * rank[0] - 0.5 && rank.dropFirst().max()! < 0.62 * rank[0])
      #expect(series[0]["phase"] == "RANDOM-LIKE" && series[0]["num_spikes"] == "0")
      #expect(series[10]["phase"] == phase)
    }
  }

  /// By NumPy's singular values, in double precision.
  @Test(arguments: [
    ("init", "fc2", 0.8956428988316334, 32.4915176762427), ("epoch 10", "fc1", 0.8342, 18.90),
    ("epoch 10", "fc3", 0.8266, 14.67), ("epoch 5", "fc2", 0.8283, 14.68),
  ]) func numbersOfTheSampleRun(checkpoint: String, layer: String, entropy: Double, rank: Double) throws {
    let rows = rows(try heavytail("trace", "--format", "csv", "--layers", layer, mlp3).output)
    let row = try #require(rows.first { $0["checkpoint"] == checkpoint && $0["name"] == layer })
    #expect(abs(try #require(Double(row["entropy"]!)) - entropy) < 5.1e-5)
    #expect(abs(try #require(Double(row["stable_rank"]!)) - rank) < 5.1e-3)
  }

  @Test func tableHasABlockPerLayerAndItsTransitions() throws {
    let outcome = try heavytail("trace", lenet5)
    #expect(outcome.status == 0 && outcome.errors == "")
    let lines = outcome.output.split(separator: "\n")
    #expect(lines.count { $0.hasPrefix("checkpoint") } == 5 && lines.count { $0.hasPrefix("init") } == 5)
    #expect(lines.contains("conv2: RANDOM-LIKE → BULK-DECAY between init and epoch 1"))
    #expect(lines.contains("fc1: BULK+SPIKES → HEAVY-TAILED between epoch 1 and 2"))
  }

  @Test func jsonFollowsItsSchema() throws {
    let outcome = try heavytail("trace", "--format", "json", "--columns", "alpha,phase", lenet5)
    let object = try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    #expect(object["schema"] as? String == "heavytail.trace/1" && object["columns"] as? [String] == ["alpha", "phase"])
    let checkpoints = try #require(object["checkpoints"] as? [[String: Any]])
    #expect(checkpoints.count == 5 && checkpoints[0]["step"] is NSNull && checkpoints[4]["step"] as? Int == 4)
    let layers = try #require(object["layers"] as? [[String: Any]])
    #expect(layers.count == 5)
    let values = try #require(layers[2]["values"] as? [String: [Any]])
    #expect(values.keys.sorted() == ["alpha", "phase"] && values["alpha"]?.count == 5)
    let transitions = try #require(layers[2]["transitions"] as? [[String: Any]])
    #expect(transitions.count == 2 && transitions[1]["before"] as? Int == 1 && transitions[1]["after"] as? Int == 2)
  }

  @Test func ordersAndColumns() throws {
    let files = ["epoch-10", "init", "epoch-2"].map { "\(mlp3)/mlp3-\($0).safetensors" }
    func labels(_ order: String...) throws -> [String?] {
      rows(
        try heavytail(["trace", "--format", "csv", "--layers", "fc4", "--columns", "entropy"] + order + files).output
      )
      .map { $0["checkpoint"] }
    }
    #expect(try labels() == ["init", "epoch 2", "epoch 10"])
    #expect(try labels("--order", "given") == ["epoch 10", "init", "epoch 2"])
  }

  /// The batch-size figure of Martin and Mahoney: all else equal, each smaller batch makes a smaller soft rank, the stable
  /// rank falls as a whole, and bulk and spikes become a heavy tail.
  @Test(arguments: [("fc1", "BULK+SPIKES"), ("fc2", "BLEEDING-OUT"), ("fc3", "BLEEDING-OUT")])
  func ranksFallWithTheBatchSize(layer: String, phase: String) throws {
    let series = rows(try heavytail("trace", "--format", "csv", "--layers", layer, batches).output)
    #expect(series.map { $0["checkpoint"] } == (1...9).map { String(1 << $0) })
    let softRanks = series.compactMap { Double($0["mp_softrank"]!) }
    #expect(softRanks.count == 9 && zip(softRanks, softRanks.dropFirst()).allSatisfy { $0 < $1 })
    let stableRanks = series.compactMap { Double($0["stable_rank"]!) }
    #expect(stableRanks[8] > 1.6 * stableRanks[0])
    #expect(series[0]["phase"] == "HEAVY-TAILED" && series[8]["phase"] == phase)
  }

  /// The points of the figure, as it draws them.
  @Test func numbersOfTheFigureAreThoseOfTheReport() throws {
    let columns = ["mp_softrank", "stable_rank"]
    let arguments = ["trace", "--columns", columns.joined(separator: ","), batches]
    let drawn = facts(try heavytail(arguments + ["--format", "svg", "--axis", "log"]).output)
    let report = try JSON.parse(
      ByteSource(owned: Array(heavytail(arguments + ["--format", "json"]).output.utf8), label: "report"),
      limits: Limits())
    for column in columns {
      let layers = try #require(report["layers"]).elements
      let values = layers.flatMap { $0["values"]?[column]?.elements.map(\.numberText) ?? [] }
      #expect(values.count == 36 && drawn.compactMap { $0[column] } == values)
    }
  }

  @Test func aCheckpointThatCannotBeReadCostsNoOther() throws {
    try Fixtures.withDirectory { folder in
      for name in ["mlp3-init", "mlp3-epoch-1"] {
        try Fixtures.write(Fixtures.read("\(mlp3)/\(name).safetensors"), to: "\(folder)/\(name).safetensors")
      }
      try Fixtures.write(
        Array(Fixtures.read("\(mlp3)/mlp3-epoch-2.safetensors").dropLast()), to: "\(folder)/mlp3-epoch-2.safetensors")
      let outcome = try heavytail("trace", "--format", "csv", folder, "\(folder)/nothing.pt")
      #expect(outcome.status == 1 && rows(outcome.output).count == 8)
      #expect(outcome.errors.contains("mlp3-epoch-2.safetensors") && outcome.errors.contains("nothing.pt"))
      #expect(try heavytail("trace", "\(folder)/nothing.pt").status == 2)
    }
  }

  @Test(arguments: [
    [], ["--columns", "alpha,beta", "m.pt"], ["--columns", "", "m.pt"], ["--watch", "d", "m.pt"],
    ["--interval", "0", "m.pt"],
    ["--watch", "d", "--format", "table"], ["--watch", "d", "--format", "json"], ["--watch", "d", "--format", "html"],
    ["--format", "png", "m.pt"],
    ["--order", "size", "m.pt"], ["--axis", "log2", "m.pt"],
  ]) func wrongUsage(arguments: [String]) throws {
    #expect(try heavytail(["trace"] + arguments).status == 64)
  }
}

@Suite struct TraceWatchTests {
  /// A watch of `folder` that adds to `output`.
  private final class Watch {
    private let process = Process()
    let errors: String

    init(_ folder: String, output: String, format: String) throws {
      errors = output + ".errors"
      try Fixtures.write([], to: errors)
      process.executableURL = URL(fileURLWithPath: Program("heavytail").path)
      process.arguments = ["trace", "--watch", folder, "--interval", "0.05", "--format", format, "-o", output]
      process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: errors))
      try process.run()
    }

    deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

    /// - Returns: the exit status, or the signal that ended the program.
    func end(_ signal: Int32) -> Int32 {
      kill(process.processIdentifier, signal)
      process.waitUntilExit()
      return process.terminationStatus
    }
  }

  /// Waits until a file has this many lines.
  private func lines(_ path: String, reaching count: Int) throws -> [Substring] {
    for _ in 0..<600 {
      let lines = text(path).split(separator: "\n")
      if lines.count >= count { return lines }
      usleep(50_000)
    }
    return text(path).split(separator: "\n")
  }

  private func text(_ path: String) -> String {
    (try? Fixtures.read(path)).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  private func sample(_ name: String) throws -> [UInt8] {
    try Fixtures.read(Fixtures.sample("Training/mlp3/mlp3-\(name).safetensors"))
  }

  /// Written in two halves, killed, cut, begun again, interrupted: every checkpoint has its rows once.
  @Test(arguments: ["csv", "jsonl"]) func interruptionLosesNothing(format: String) throws {
    try Fixtures.withDirectory { folder in
      let (run, output) = (folder + "/run", folder + "/trace." + format)
      try FileManager.default.createDirectory(atPath: run, withIntermediateDirectories: true)
      let header = format == "csv" ? 1 : 0

      var watch = try Watch(run, output: output, format: format)
      let whole = try sample("epoch-1")
      try Fixtures.write(Array(whole[..<(whole.count / 2)]), to: run + "/epoch-1.safetensors")
      #expect(try lines(watch.errors, reaching: 1).first?.contains("epoch-1.safetensors") == true)
      #expect(try lines(output, reaching: header).count == header, "half a checkpoint has no rows")
      try Fixtures.write(whole, to: run + "/epoch-1.safetensors")
      #expect(try lines(output, reaching: header + 4).count == header + 4)
      // Under a temporary name it does not exist yet.
      try Fixtures.write(sample("epoch-2"), to: run + "/epoch-2.safetensors.tmp")
      usleep(300_000)
      #expect(try lines(output, reaching: 0).count == header + 4)
      unsafe rename(run + "/epoch-2.safetensors.tmp", run + "/epoch-2.safetensors")
      #expect(try lines(output, reaching: header + 8).count == header + 8)
      #expect(watch.end(SIGKILL) == SIGKILL)

      let bytes = try Fixtures.read(output)
      let third = bytes.split(separator: UInt8(ascii: "\n"))[..<(header + 6)].reduce(0) { $0 + $1.count + 1 }
      try Fixtures.write(Array(bytes[..<(third + 20)]), to: output)
      try Fixtures.write(sample("epoch-10"), to: run + "/epoch-10.safetensors")
      watch = try Watch(run, output: output, format: format)
      #expect(try lines(output, reaching: header + 12).count == header + 12)
      #expect(watch.end(SIGTERM) == 0)
      #expect(text(output).hasPrefix(String(decoding: bytes, as: UTF8.self)), "the same rows again")
      let once = try heavytail("trace", "--format", format, run).output
      #expect(text(output) == once)

      watch = try Watch(run, output: output, format: format)
      usleep(500_000)
      #expect(watch.end(SIGINT) == 0 && text(output) == once)
    }
  }

  @Test func aForeignFileIsNotTouched() throws {
    try Fixtures.withDirectory { folder in
      let output = folder + "/notes.csv"
      try Fixtures.write(Array("my notes\n".utf8), to: output)
      let outcome = try heavytail("trace", "--watch", folder, "-o", output)
      #expect(outcome.status == 2 && outcome.errors.contains("something else"))
      #expect(text(output) == "my notes\n")
      #expect(try heavytail("trace", "--watch", folder + "/none").status == 2)
    }
  }

  @Test func oneProcessPerFile() throws {
    try Fixtures.withDirectory { folder in
      let output = folder + "/trace.csv"
      let watch = try Watch(folder, output: output, format: "csv")
      #expect(try lines(output, reaching: 1).count == 1)
      let second = try heavytail("trace", "--watch", folder, "-o", output)
      #expect(second.status != 0 && second.errors.contains("another process"))
      #expect(watch.end(SIGINT) == 0)
    }
  }
}
