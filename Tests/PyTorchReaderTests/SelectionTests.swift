import ModelReading
import Testing

@testable import PyTorchReader

private typealias W = PickleWriter

/// Which tensors of a checkpoint are the model, and what they are called.
@Suite struct SelectionTests {
  private static let matrix = W.tensor(W.storage("0", 4), [2, 2])
  /// Another place in the storage, so that it is no alias.
  private static let other = W.tensor(W.storage("0", 4), [2, 1])
  private static let vector = W.tensor(W.storage("0", 4), [1])

  private func read(_ value: [UInt8]) throws -> (names: [String], left: [String]) {
    let contents = try tensors(in: torchFile(value, storages: [("0", W.floats([1, 2, 3, 4]))]))
    return (contents.inventory.map(\.name), contents.diagnostics.filter { $0.code == .leftOut }.map(\.subject))
  }

  private static let optimizer = W.dictionary([
    ("state", W.dictionary([("0", W.dictionary([("exp_avg", matrix)]))])), ("param_groups", W.list([])),
  ])

  @Test func keepsFlatNames() throws {
    #expect(try read(W.dictionary([("a.weight", Self.matrix), ("b", Self.vector)])).names == ["a.weight", "b"])
  }

  @Test func joinsNestedNames() throws {
    let value = W.dictionary([("a", W.dictionary([("weight", Self.matrix)])), ("b", W.list([Self.other]))])
    #expect(try read(value).names == ["a.weight", "b.0"])
  }

  @Test(arguments: ["state_dict", "model_state_dict", "model", "net", "params_ema", "state"])
  func unwrapsKnownKeys(key: String) throws {
    let value = W.dictionary([
      ("epoch", W.integer(3)), (key, W.dictionary([("a.weight", Self.matrix)])), ("optimizer", Self.optimizer),
      ("best", Self.vector),
    ])
    let result = try read(value)
    #expect(result.names == ["a.weight"])
    #expect(result.left == ["optimizer", "best"])
  }

  @Test func unwrapsUnknownKeysOfStateDictionaries() throws {
    #expect(try read(W.dictionary([("mine", W.dictionary([("a.weight", Self.matrix)]))])).names == ["a.weight"])
    #expect(try read(W.dictionary([("fc", W.dictionary([("weight", Self.matrix)]))])).names == ["fc.weight"])
  }

  @Test func keepsSeveralModelsApart() throws {
    let value = W.dictionary([
      ("generator", W.dictionary([("a.weight", Self.matrix)])),
      ("critic", W.dictionary([("a.weight", Self.other), ("a.bias", Self.vector)])), ("loss", W.list([Self.vector])),
    ])
    let result = try read(value)
    #expect(result.names == ["generator.a.weight", "critic.a.weight", "critic.a.bias"])
    #expect(result.left == ["loss"])
  }

  @Test func leavesOutAverages() throws {
    let value = W.dictionary([
      ("model", W.dictionary([("a.weight", Self.matrix)])), ("model_ema", W.dictionary([("a.weight", Self.other)])),
    ])
    let result = try read(value)
    #expect(result.names == ["a.weight"])
    #expect(result.left == ["model_ema"])
  }

  @Test func stripsPrefixesThatAllNamesShare() throws {
    let all = W.dictionary([("module._orig_mod.a.weight", Self.matrix), ("module._orig_mod.b", Self.vector)])
    #expect(try read(all).names == ["a.weight", "b"])
    let some = W.dictionary([("module.a.weight", Self.matrix), ("b", Self.vector)])
    #expect(try read(some).names == ["module.a.weight", "b"])
  }

  @Test func walksModules() throws {
    let inner = W.instance(
      "torch.nn.modules.linear", "Linear",
      state: W.dictionary([
        ("training", W.yes), ("_parameters", W.dictionary([("weight", Self.matrix), ("bias", W.none)])),
        ("_buffers", W.dictionary([("count", Self.vector)])), ("_modules", W.dictionary([])),
      ]))
    let outer = W.instance(
      "mine", "Net",
      state: W.dictionary([
        ("_parameters", W.dictionary([])), ("_buffers", W.dictionary([])), ("_modules", W.dictionary([("net", inner)])),
        ("note", W.text("x")),
      ]))
    let contents = try tensors(in: torchFile(outer, storages: [("0", W.floats([1, 2, 3, 4]))]))
    #expect(contents.inventory.map(\.name) == ["net.weight", "net.count"])
    let finding = try #require(contents.diagnostics.first { $0.code == .unsafeContent })
    #expect(
      finding.message
        == "names Python code that a pickle loader would import: mine.Net, torch.nn.modules.linear.Linear")
  }

  @Test func namesABareTensor() throws {
    #expect(try read(Self.matrix).names == ["tensor"])
    #expect(try read(W.list([Self.matrix, Self.other])).names == ["0", "1"])
  }

  @Test func takesTheLastOfARepeatedKey() throws {
    #expect(try read(W.dictionary([("a", Self.matrix), ("b", Self.vector), ("a", Self.other)])).names == ["a", "b"])
  }

  @Test func endsAtCycles() throws {
    // d = {}; d["self"] = d; d["w"] = tensor
    let value =
      Array("}q\u{0}(".utf8) + W.text("self") + Array("h\u{0}".utf8) + W.text("w") + Self.matrix + Array("u".utf8)
    #expect(try read(value).names == ["w"])
  }
}
