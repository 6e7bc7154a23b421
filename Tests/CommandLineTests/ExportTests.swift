import Foundation
import LayerDump
import LayerDumpReader
import ModelReading
import SafetensorsFormat
import TestSupport
import Testing

@Suite struct ExportCommandTests {
  private let lenet = Fixtures.sample("LeNet5/lenet5.keras")

  @Test func oneModelBecomesTheFolder() throws {
    try Fixtures.withDirectory { folder throws in
      let outcome = try heavytail("export", lenet, "-o", folder + "/lenet")
      #expect(outcome.status == 0 && outcome.output == "" && outcome.errors == "")
      #expect(try ModelDirectory.names(in: folder + "/lenet") == ["graph.json", "weights.safetensors"])
      let table = try heavytail("inspect", folder + "/lenet")
      #expect(table.output.hasPrefix("\(folder)/lenet  (dump, of keras, archive, Keras 3.15.1)"))
    }
  }

  @Test func whatIsThereIsReplacedOnlyByForce() throws {
    try Fixtures.withDirectory { folder throws in
      #expect(try heavytail("export", lenet, "-o", folder + "/lenet").status == 0)
      let refused = try heavytail("export", lenet, "-o", folder + "/lenet")
      #expect(refused.status == 1 && refused.errors.contains("exists and is not empty; --force replaces a dump"))
      #expect(try heavytail("export", "--force", "--as", "bf16", lenet, "-o", folder + "/lenet").status == 0)
      #expect(try heavytail("inspect", folder + "/lenet").output.contains("bfloat16"))
      #expect(try heavytail("export", "--force", lenet, "-o", folder).errors.contains("is no dump"))
      #expect(try ModelDirectory.names(in: folder) == ["lenet"])
    }
  }

  @Test func severalModelsBecomeFoldersNamedAfterThem() throws {
    try Fixtures.withDirectory { folder throws in
      let paths = [lenet, Fixtures.sample("Bad/truncated.npy"), Fixtures.sample("LeNet5/lenet5.onnx")]
      let outcome = try heavytail(["export", "-o", folder + "/dumps"] + paths)
      #expect(outcome.status == 1 && outcome.errors.hasPrefix("error: \(paths[1])"))
      #expect(try ModelDirectory.names(in: folder + "/dumps") == ["lenet5", "lenet5-2"])
      let again = try heavytail(["export", "-o", folder + "/dumps", lenet, Fixtures.sample("MLP3")])
      #expect(again.status == 1 && again.errors.contains("lenet5 exists"))
      #expect(
        try ModelDirectory.names(in: folder + "/dumps") == ["lenet5", "lenet5-2", "mlp3-init", "mlp3-trained"])
    }
  }

  /// Each tensor of such a dump is a file of its own.
  @Test func manyFilesAreOpenedIfTheSystemAllowsIt() throws {
    try Fixtures.withDirectory { folder throws in
      let dump = folder + "/lenet"
      #expect(try heavytail("export", "--layout", "npy", lenet, "-o", dump).status == 0)
      let outcome = try heavytail(after: "ulimit -Sn 8;", ["inspect", dump])
      #expect(try outcome.status == 0 && outcome.output == heavytail("inspect", dump).output)
      let refused = try heavytail(after: "ulimit -n 8;", ["inspect", dump])
      #expect(refused.status == 2 && refused.errors.contains("Too many open files"))
    }
  }

  @Test func nothingReadableLeavesNothing() throws {
    try Fixtures.withDirectory { folder throws in
      let bad = Fixtures.sample("Bad/truncated.npy")
      #expect(try heavytail("export", bad, "-o", folder + "/one").status == 2)
      #expect(try heavytail("export", bad, bad, "-o", folder + "/two").status == 2)
      #expect(try heavytail("export", lenet, "--layers", "none", "-o", folder + "/three").status == 2)
      #expect(try ModelDirectory.names(in: folder).isEmpty)
    }
  }

  @Test(arguments: [
    ["--slicing", "unfold"], ["--matrices", "--slicing", "fourier"], ["--matrices", "--head-width", "64"],
    ["--layout", "npy", "--shard-size", "1G"], ["--layout", "npy", "--as", "bf16"],
    ["--layout", "weightwatcher", "--matrices"],
  ]) func optionsThatContradictEachOtherAreUsageErrors(options: [String]) throws {
    #expect(try heavytail(["export", lenet, "-o", "/nowhere/at/all"] + options).status == 64)
  }

  @Test(arguments: ["/nowhere/dump", "/proc/dump", "/dev/null"]) func placesThatCannotBeWrittenAreNamed(
    place: String
  ) throws {
    let outcome = try heavytail("export", lenet, "-o", place, "--force")
    #expect(outcome.status == 1 && outcome.output == "")
    #expect(outcome.errors.contains(place), "\(outcome.errors)")
  }

  @Test func valuesAreComparedWithTheirDigests() throws {
    try Fixtures.withDirectory { folder throws in
      #expect(try heavytail("export", lenet, "-o", folder + "/lenet").status == 0)
      let whole = try heavytail("inspect", "--verify", folder + "/lenet")
      #expect(whole.status == 0 && whole.output == "\(folder)/lenet: 10 of 10 tensors as recorded\n")
      let weights = folder + "/lenet/weights.safetensors"
      var bytes = try Fixtures.read(weights)
      bytes[bytes.count - 1] ^= 1
      try Fixtures.write(bytes, to: weights)
      let changed = try heavytail("inspect", "--verify", folder + "/lenet")
      #expect(changed.status == 1 && changed.output.contains("'fc3.kernel' differs from its SHA-256 sum"))
      #expect(try heavytail("inspect", "--verify", lenet).status == 2)
      #expect(try heavytail("inspect", "--verify", "--graph", "dot", lenet).status == 64)
    }
  }

  @Test func graphsAreDrawn() throws {
    let dot = try heavytail("inspect", "--graph", "dot", Fixtures.sample("LeNet5/lenet5.onnx"))
    #expect(dot.status == 0 && dot.output.hasPrefix("digraph {\n") && dot.output.hasSuffix("}\n"))
    #expect(dot.output.contains("->") && !dot.output.contains("dashed"))
    let mermaid = try heavytail("inspect", "--graph", "mermaid", Fixtures.sample("LeNet5/lenet5.pt"))
    #expect(mermaid.output.hasPrefix("flowchart TD\n") && mermaid.output.contains("m0_0 -.- m0_1"))
  }

  /// A limit on the size of files stands for a full disk: a write fails half-way.
  @Test func aFullDiskLeavesNothing() throws {
    try Fixtures.withDirectory { folder throws in
      try writeModel(to: folder + "/model.safetensors")
      let outcome = try heavytail(
        after: "ulimit -f 5000; trap '' XFSZ; exec", ["export", folder + "/model.safetensors", "-o", folder + "/dump"])
      #expect(outcome.status == 1)
      #expect(outcome.errors.contains("cannot write") && outcome.errors.contains("File too large"), "\(outcome.errors)")
      #expect(try ModelDirectory.names(in: folder) == ["model.safetensors"])
    }
  }

  /// Killed at random points, the program leaves the dump that was there, a whole new one, or none.
  @Test func aKilledExportNeverLeavesHalfADump() throws {
    try Fixtures.withDirectory { folder throws in
      let (model, target) = (folder + "/model.safetensors", folder + "/dump")
      try writeModel(to: model)
      let arguments = ["export", model, "-o", target, "--shard-size", "8M"]
      let clock = ContinuousClock()
      let start = clock.now
      #expect(try heavytail(arguments).status == 0)
      let whole = clock.now - start
      try check(target)
      var random = SplitMix(seed: 20)
      var survivors = 0
      for round in 0..<20 {
        // In every second round there is a dump to be replaced.
        let isReplacing = round % 2 == 1
        if !isReplacing { try FileManager.default.removeItem(atPath: target) }
        let delay = whole * Double.random(in: 0...1.1, using: &random)
        try kill(arguments + ["--force"], after: delay)
        if isDirectory(target) {
          try check(target)
          survivors += isReplacing ? 0 : 1
        } else {
          #expect(!isReplacing, "the old dump is gone")
        }
        #expect(try heavytail(arguments + ["--force"]).status == 0)
        try check(target)
        #expect(try ModelDirectory.names(in: folder) == ["dump", "model.safetensors"])
      }
      #expect(survivors < 10, "no export was killed before its end")
    }
  }

  // MARK: -

  /// 40 MiB in ten matrices, made of holes.
  private func writeModel(to path: String) throws {
    let writer = try SafetensorsWriter(
      (0..<10).map { .init(name: "layers.\($0).weight", elementType: .float32, shape: [1024, 1024]) })
    try Fixtures.write(writer.header, to: path)
    #expect(unsafe truncate(path, writer.byteCount) == 0)
  }

  /// Whether a dump is whole, down to its last byte.
  private func check(_ path: String) throws {
    let digests = try LayerDumpReader.digests(of: path, limits: Limits())
    #expect(digests.count == 10)
    for (tensor, digest) in digests { #expect(try TensorDigest.hexadecimal(of: tensor) == digest) }
  }

  private func kill(_ arguments: [String], after delay: Duration) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Program("heavytail").path)
    process.arguments = arguments
    process.standardError = FileHandle.nullDevice
    try process.run()
    usleep(UInt32(delay / .microseconds(1)))
    Foundation.kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }
}
