import Foundation
import ModelReading

/// What lies beside a model and is none: told by the names that frameworks give.
enum CompanionFiles {
  /// The same weights by the names that the Hugging Face hub has for its formats, the best first.
  static let twins = ["model.safetensors", "pytorch_model.bin", "tf_model.h5"]

  /// Configurations that readers look at where they lie beside weights.
  private static let configurations = ["config.json", "adapter_config.json", "quantize_config.json"]

  /// State of a training run: pickles and tensors, but no weights.
  private static let trainingState: Set = [
    "optimizer.pt", "optimizer.bin", "optimizer.pth", "optim.pt", "scheduler.pt", "scheduler.bin", "scaler.pt",
    "training_args.bin", "training_args.pt", "trainer_state.json", "tokenizer.pt",
  ]
  private static let trainingStatePrefixes = ["rng_state", "random_states", "optimizer_", "scheduler_"]

  /// Whether a file of a folder is no model of its own, by its name.
  /// - Parameter isModel: whether the folder itself is a model.
  static func isCompanion(_ name: String, in directory: ModelDirectory, isModel: Bool) -> Bool {
    if trainingState.contains(name) || trainingStatePrefixes.contains(where: name.hasPrefix) { return true }
    if name.hasSuffix(".index.json") { return true }
    guard let part = PartOfSeveral(name) else { return false }
    return isModel || (part.number > 1 && directory.contains(part.first))
  }

  /// Whether a folder is `models--ORGANISATION--NAME` of a Hugging Face cache: the models are below its `snapshots`.
  static func isHubRepository(_ directory: ModelDirectory) -> Bool {
    directory.path.split(separator: "/").last?.hasPrefix("models--") == true && directory.contains("snapshots")
  }

  /// The twins first, as listed there.
  static func inOrderOfPreference(_ entries: [String]) -> [String] {
    twins.filter(entries.contains) + entries.filter { !twins.contains($0) }
  }

  /// What a reader may have looked at in the folder of a model's main file: its configurations.
  static func configurations(beside file: String) -> [String] {
    let folder = file[..<(file.lastIndex(of: "/") ?? file.startIndex)]
    return configurations.map { folder + "/" + $0 }
  }
}

/// `name-00002-of-00005.ext`.
private struct PartOfSeveral {
  let number: Int
  /// The name of part 1.
  let first: String

  init?(_ name: String) {
    guard let range = name.range(of: "-of-"), let dot = name[range.upperBound...].firstIndex(of: "."),
      name[range.upperBound..<dot].utf8.count == 5, Int(name[range.upperBound..<dot]) != nil
    else { return nil }
    let digits = name[..<range.lowerBound].suffix(5)
    guard digits.utf8.count == 5, let number = Int(digits), name[..<digits.startIndex].hasSuffix("-") else {
      return nil
    }
    self.number = number
    first = name[..<digits.startIndex] + "00001" + name[range.lowerBound...]
  }
}
