import Analysis
import Foundation
import ModelReaders
import ModelReading
import TestSupport
import Testing
import Zoo

@Suite struct ModelSearchTests {
  private let weights = "LeNet5/lenet5.safetensors"
  private let pickle = "LeNet5/lenet5.pt"

  /// Paths below the folder.
  private func found(_ folder: String) -> [String] {
    ModelSearch([folder], .builtIn).candidates.map { String($0.path.dropFirst(folder.count + 1)) }
  }

  @Test func stateOfATrainingRunIsNoModel() throws {
    try Fixtures.withDirectory { folder in
      try SmallZoo.copy(weights, to: folder + "/run", as: "model.safetensors")
      for name in [
        "optimizer.pt", "scheduler.pt", "training_args.bin", "rng_state.pth", "rng_state_0.pth", "scaler.pt",
      ] { try SmallZoo.copy(pickle, to: folder + "/run", as: name) }
      try SmallZoo.copy(weights, to: folder + "/run/checkpoint-500", as: "model.safetensors")
      #expect(found(folder) == ["run", "run/checkpoint-500"])
    }
  }

  @Test func theSameWeightsInTheFormatsOfTheHubAreOneModel() throws {
    try Fixtures.withDirectory { folder in
      try SmallZoo.copy(pickle, to: folder, as: "pytorch_model.bin")
      try SmallZoo.copy("LeNet5/lenet5.h5", to: folder, as: "tf_model.h5")
      try SmallZoo.copy("LeNet5/lenet5.onnx", to: folder, as: "other.onnx")
      #expect(found(folder) == ["other.onnx", "pytorch_model.bin"])
    }
  }

  @Test func aHubCacheIsItsSnapshots() throws {
    try Fixtures.withDirectory { folder in
      let repository = folder + "/models--some--net-2"
      let digits = String(repeating: "ab", count: 32)
      try SmallZoo.copy(weights, to: repository + "/blobs", as: digits)
      let snapshot = repository + "/snapshots/f00d"
      try FileManager.default.createDirectory(atPath: snapshot, withIntermediateDirectories: true)
      try FileManager.default.createSymbolicLink(
        atPath: snapshot + "/model.safetensors", withDestinationPath: "../../blobs/" + digits)
      let search = ModelSearch([folder], .builtIn)
      #expect(search.candidates.map(\.path) == [snapshot])
      #expect(search.candidates.map(\.name) == ["some/net-2"])
      // The name of the blob is its sum: it has not been read.
      let work = Survey(readers: .builtIn, settings: AnalysisSettings(.init())).work(on: snapshot, name: "net")
      #expect(work.places[0].files.map(\.sha256) == [digits] && work.content == digits)
    }
  }

  @Test func partsBelongToTheirModel() throws {
    try Fixtures.withDirectory { folder in
      for part in 1...2 {
        try SmallZoo.copy(weights, to: folder + "/sharded", as: "model-0000\(part)-of-00002.safetensors")
      }
      try Fixtures.write(Array("{}".utf8), to: folder + "/sharded/model.safetensors.index.json")
      #expect(found(folder) == ["sharded"])
    }
  }

  @Test func rootsThatAreNothingAreErrors() {
    let search = ModelSearch(["/nowhere"], .builtIn)
    #expect(search.candidates.isEmpty && search.errors.map(\.path) == ["/nowhere"])
  }

  @Test(arguments: [
    ("/z/resnet18.pt", "resnet18", "resnet"), ("/z/vgg16_bn.onnx", "vgg16_bn", "vgg"),
    ("/z/mobilenet_v2.h5", "mobilenet_v2", "mobilenet"), ("/z/bert/model.safetensors", "bert", "bert"),
    ("/hub/models--openai--gpt2-medium/snapshots/1f/model.safetensors", "openai/gpt2-medium", "openai/gpt"),
    ("/hub/models--a--b/snapshots/1f/b-Q4_K.gguf", "a/b/b-Q4_K", "a/b/b-Q"), ("/z/7b.gguf", "7b", "7b"),
    ("/z/vgg.pt", "vgg", "vgg"),
  ]) func namesAndSeries(path: String, name: String, series: String) {
    #expect(ModelName.name(of: path) == name && ModelName.series(of: name) == series)
  }
}
