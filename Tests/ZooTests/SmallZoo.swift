import Foundation
import GRDB
import ModelReading
import TestSupport

/// A folder of models for tests, mixed in format, some of them broken.
enum SmallZoo {
  private static let good = [
    "LeNet5/lenet5.pt", "LeNet5/lenet5.h5", "LeNet5/lenet5.onnx", "LeNet5/lenet5.npz", "LeNet5/lenet5.safetensors",
    "LeNet5/lenet5-legacy.pth", "GGUF/version-2.gguf", "Training/mlp3/mlp3-init.safetensors",
    "Training/mlp3/mlp3-epoch-2.safetensors", "Training/mlp3/mlp3-epoch-10.safetensors",
  ]
  private static let bad = [
    "Bad/truncated.pt", "Bad/truncated.h5", "Bad/html.onnx", "Bad/empty.safetensors", "Bad/stride-bomb.pt",
    "Bad/shape-overflow.npy",
  ]
  /// Models, the broken ones among them, and contents: one of them lies there twice.
  static let count = good.count + bad.count + 1

  static let failedCount = bad.count

  static func make(in folder: String) throws {
    for sample in good { try copy(sample, to: folder) }
    for sample in bad { try copy(sample, to: folder + "/broken") }
    try copy(good[0], to: folder + "/again")
  }

  static func copy(_ sample: String, to folder: String, as name: String? = nil) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let name = name ?? String(sample.split(separator: "/").last!)
    try Fixtures.write(Fixtures.read(Fixtures.sample(sample)), to: folder + "/" + name)
  }

  /// All rows of a database in an order of their own, without the numbers that it gives to them.
  static func rows(_ path: String) throws -> [String] {
    var configuration = Configuration()
    configuration.readonly = true
    return try DatabaseQueue(path: path, configuration: configuration).read { database in
      let result = "SELECT r.content || ' ' || settings || ' ' || version AS result"
      let joined = "JOIN results r ON r.id = t.result_id JOIN runs ON runs.id = r.run_id"
      let queries = [
        "SELECT m.* FROM models m ORDER BY path",
        "SELECT m.path AS model, f.* FROM files f JOIN models m ON m.id = model_id ORDER BY m.path, f.position",
        "\(result), r.* FROM results r JOIN runs ON runs.id = run_id ORDER BY result",
      ]
      let tables = ["layers", "findings", "diagnostics"].map {
        "\(result), t.* FROM \($0) t \(joined) ORDER BY result, position"
      }
      return try (queries + tables + ["\(result), t.* FROM errors t \(joined) ORDER BY result"]).flatMap { query in
        try Row.fetchAll(database, sql: query).map { row in
          row.filter { !["id", "model_id", "run_id", "result_id"].contains($0.0) }
            .map { "\($0.0)=\($0.1)" }.joined(separator: " ")
        }
      }
    }
  }
}
