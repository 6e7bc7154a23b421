import Analysis
import ModelReading
import TestSupport
import Testing

@Suite struct CheckpointNameTests {
  @Test(arguments: [
    ("run/epoch-2.pt", "epoch 2", 2), ("model.epoch03.pt", "epoch 3", 3), ("step_1000.safetensors", "step 1000", 1000),
    ("checkpoint-500", "checkpoint 500", 500), ("checkpoint-500/model.safetensors", "checkpoint 500", 500),
    ("global_step7/model.pt", "step 7", 7), ("GlobalStep7.pt", "step 7", 7), ("step10k.pt", "step 10000", 10_000),
    ("epoch=3-step=1000.ckpt", "epoch 3 step 1000", 1000), ("epoch=02-val_loss=0.31.ckpt", "epoch 2", 2),
    ("weights.03-0.25.hdf5", "3", 3), ("weights.07.weights.h5", "7", 7), ("0010.npz", "10", 10),
    ("lenet5_10.pth.tar", "10", 10), ("lenet5-epoch-3-best.pt", "epoch 3", 3), ("1000/model.pt", "1000", 1000),
    ("epoch-0.pt", "epoch 0", 0), ("iter_00020000.pth", "iteration 20000", 20_000),
  ]) func stepIsTheNumberThatCountsProgress(path: String, label: String, step: Int) {
    let name = CheckpointName(path: path)
    #expect(name.label == label && name.step == step)
  }

  @Test(arguments: [
    ("mlp3-init.safetensors", "init"), ("init/model.pt", "init"), ("model_final.pt", "final"), ("best.pt", "best"),
    ("lenet5.pt", "lenet5"), ("model10.pt", "model10"), ("a.b", "a.b"), ("", ""), ("/", "/"), ("...", "..."),
  ]) func namesWithoutAStep(path: String, label: String) {
    let name = CheckpointName(path: path)
    #expect(name.label == label && name.step == nil)
  }

  @Test func aNumberThatDoesNotFitStillOrders() {
    let (small, large) = ("epoch-" + String(repeating: "9", count: 40), "epoch-1" + String(repeating: "0", count: 40))
    #expect(CheckpointName(path: large).step == nil)
    #expect(CheckpointName(path: small) < CheckpointName(path: large))
    #expect(CheckpointName(path: "epoch-7") < CheckpointName(path: small))
  }

  private static let series = [
    ["init.pt", "epoch-1.pt", "epoch-2.pt", "epoch-10.pt", "best.pt", "final.pt"],
    ["model.epoch08.pt", "model.epoch09.pt", "model.epoch10.pt", "model.epoch100.pt", "model.last.pt"],
    ["e/init/model.pt", "e/checkpoint-500/model.pt", "e/checkpoint-1000/model.pt"],
    ["epoch=1-step=50", "epoch=1-step=100", "epoch=2-step=50", "epoch=10-step=5"],
    ["model1.pt", "model2.pt", "model10.pt"], ["3/lenet5.pt", "10/lenet5.pt"], ["2_1", "2_10", "10_1"],
    ["mlp3-init.st", "mlp3-epoch-1.st", "mlp3-epoch-9.st", "mlp3-trained.st"], ["step_9k", "step_10k", "step_1m"],
  ]

  @Test(arguments: series, 0..<8) func anyOrderBecomesTheOrderOfTime(expected: [String], seed: Int) {
    var random = SplitMix(seed: UInt64(seed))
    let files = expected.shuffled(using: &random).map(file)
    #expect(CheckpointOrder.name.sorted(files).map(\.path) == expected)
    #expect(CheckpointOrder.given.sorted(files).map(\.path) == files.map(\.path))
  }

  /// Names made of the pieces that names are made of: numbers in one pattern order by value, and any names at all
  /// have one order, whichever they come in.
  @Test(arguments: 0..<200) func ordersByValueAndConsistently(seed: Int) {
    var random = SplitMix(seed: UInt64(seed))
    let prefixes = ["epoch-", "step_", "net.", "checkpoint-", "run/model-epoch", "lenet5-ep", "it=", "x_"]
    let (prefix, suffix) = (prefixes.randomElement(using: &random)!, [".pt", "", ".h5"].randomElement(using: &random)!)
    let numbers = Set((0..<20).map { _ in Int.random(in: 0...(1 << Int.random(in: 1...40)), using: &random) })
    let named = numbers.sorted().map { number in
      let zeros = String(repeating: "0", count: Int.random(in: 0...3, using: &random))
      return prefix + zeros + String(number) + suffix
    }
    let sorted = CheckpointOrder.name.sorted(named.shuffled(using: &random).map(file))
    #expect(sorted.map(\.path) == named)
    #expect(sorted.map(\.name.step) == numbers.sorted())

    let pieces = ["epoch", "step", "init", "final", "-", "_", ".", "/", "0", "7", "12", "x", "k", "é", "=", "0.5", ""]
    let any = Set((0..<30).map { _ in (0..<6).map { _ in pieces.randomElement(using: &random)! }.joined() }).map(file)
    let first = CheckpointOrder.name.sorted(any.shuffled(using: &random)).map(\.path)
    #expect(CheckpointOrder.name.sorted(any.shuffled(using: &random)).map(\.path) == first)
    for (a, b) in zip(first, first.dropFirst()) { #expect(!(CheckpointName(path: b) < CheckpointName(path: a))) }
  }

  @Test func timeOrdersBeforeNames() {
    let files = [("epoch-1", 5), ("epoch-3", 2), ("epoch-2", 2)].map { path, time in
      CheckpointFile(path: path, stamp: FileStamp(byteCount: 0, modified: time))
    }
    #expect(CheckpointOrder.time.sorted(files).map(\.path) == ["epoch-2", "epoch-3", "epoch-1"])
  }

  private func file(_ path: String) -> CheckpointFile {
    CheckpointFile(path: path, stamp: FileStamp(byteCount: 0, modified: 0))
  }
}
