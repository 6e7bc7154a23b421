import ModelReading
import TestSupport
import Testing

@testable import PyTorchReader

private typealias W = PickleWriter

/// Archives and folders with more than one pickle, or none.
@Suite struct ContainerTests {
  private let six = W.floats([0, 1, 2, 3, 4, 5])

  private func matrix(_ key: String = "0") -> [UInt8] { W.tensor(W.storage(key, 6), [2, 3]) }

  private func stateFile(_ name: String) -> [UInt8] {
    torchFile(W.dictionary([(name, matrix())]), storages: [("0", six)])
  }

  // MARK: torch.export before 2.7

  @Test func readsTheStateOfExportedPrograms() throws {
    for suffix in [".pt", ".json"] {
      let file = torchArchive(
        [
          ("serialized_exported_program.json", Array("{}".utf8)), ("serialized_state_dict" + suffix, stateFile("w")),
          ("serialized_constants" + suffix, stateFile("c")),
        ], folder: "")
      let contents = try tensors(in: file)
      #expect(contents.tensors.map(\.name) == ["w", "c"])
      #expect(try contents.tensors.allSatisfy { try $0.values() == [0, 1, 2, 3, 4, 5] })
    }
  }

  @Test func refusesExportedProgramsInEachOther() throws {
    var inner = stateFile("w")
    for _ in 0..<6 {
      inner = torchArchive(
        [("serialized_exported_program.json", []), ("serialized_state_dict.pt", inner)], folder: "")
    }
    let error = try #require(throws: ReadError.self) { try tensors(in: inner) }
    #expect(error.code == .limitExceeded)
    #expect(error.message == "files lie in each other more than 4 deep")
  }

  @Test func saysWhatExportedProgramsLack() throws {
    let error = try #require(throws: ReadError.self) {
      try tensors(in: torchArchive([("serialized_exported_program.json", Array("{}".utf8))], folder: ""))
    }
    #expect(error.code == .unsupported)
    #expect(error.message == "is a program of torch.export without its state")
  }

  @Test func readsPickledWeightsOfExportedPrograms() throws {
    let config = #"{"config":{"w":{"path_name":"weight_0","use_pickle":true},"v":{"use_pickle":true}}}"#
    let file = torchArchive([
      ("archive_format", Array("pt2".utf8)), ("data/weights/model_weights_config.json", Array(config.utf8)),
      ("data/weights/weight_0", torchFile(matrix(), storages: [("0", six)])),
    ])
    let contents = try tensors(in: file)
    #expect(contents.tensors.map(\.name) == ["w"])
    #expect(contents.diagnostics.map(\.message) == ["has no path"])
  }

  @Test func reportsCodeInPickledWeights() throws {
    let config = #"{"config":{"w":{"path_name":"weight_0","use_pickle":true}}}"#
    let evil = torchFile(W.call("os", "system", [W.text("x")]))
    let file = torchArchive([
      ("archive_format", []), ("data/weights/model_weights_config.json", Array(config.utf8)),
      ("data/weights/weight_0", evil),
    ])
    let finding = try #require(try tensors(in: file).diagnostics.first)
    #expect(finding == Diagnostic(.unsafeContent, "w", "is a pickle that names os.system"))
  }

  @Test func namesCompiledPrograms() throws {
    let error = try #require(throws: ReadError.self) {
      try tensors(in: torchArchive([("archive_format", []), ("data/aotinductor/model/model.so", [])]))
    }
    #expect(error.code == .unsupported)
    #expect(error.message == "is a program compiled by AOTInductor, whose weights lie in its machine code")
  }

  // MARK: torch.package

  private func package(_ members: [(String, [UInt8])]) -> [UInt8] {
    torchArchive([(".data/extern_modules", []), (".data/0.storage", six)] + members)
  }

  @Test func readsPackages() throws {
    let value = W.pickle(W.dictionary([("w", matrix())]))
    let contents = try tensors(in: package([("models/a.pkl", value), ("models/none.pkl", W.pickle(W.none))]))
    #expect(contents.tensors.map(\.name) == ["w"])
    #expect(contents.diagnostics.isEmpty)
    let several = try tensors(in: package([("models/a.pkl", value), ("b.pkl", value)]))
    #expect(several.inventory.map(\.name) == ["models.a.w", "b.w"])
  }

  @Test func reportsTheCodeOfPackages() throws {
    let evil = W.pickle(W.tuple([W.call("os", "system", [W.text("x")]), matrix()]))
    let contents = try tensors(in: package([("a.pkl", evil), ("code/run.py", Array("import os".utf8))]))
    #expect(
      contents.diagnostics.map(\.message) == [
        "carries Python code that torch.package would import: archive/code/run.py",
        "names Python code that a pickle loader would import: os.system",
      ])
    #expect(contents.diagnostics.allSatisfy { $0.code == .unsafeContent })
  }

  // MARK: TorchScript

  @Test func readsTorchScriptWithATableOfTensors() throws {
    let model = """
      {"mainModule":{"name":"Net","submodules":[{"name":"fc","parameters":[
      {"name":"weight","tensorId":"0"},{"name":"twin","tensorId":"0"},{"name":"bias","tensorId":"1"},
      {"name":"none","tensorId":"7"},{"name":"odd","tensorId":"2"},{"name":"gone","tensorId":"3"}]}]},
      "tensors":[{"dims":["2","3"],"offset":"0","strides":["3","1"],"dataType":"FLOAT","data":{"key":"tensors/0"}},
      {"dims":["2"],"offset":"1","strides":["3"],"dataType":"FLOAT","data":{"key":"tensors/0"}},
      {"dims":["2"],"strides":["1"],"dataType":"STRING","data":{"key":"tensors/0"}},
      {"dims":["2"],"strides":["1"],"dataType":"FLOAT","data":{"key":"tensors/9"}}]}
      """
    let file = torchArchive([("version", [0x31]), ("tensors/0", six), ("model.json", Array(model.utf8))])
    let contents = try tensors(in: file)
    #expect(contents.tensors.map(\.name) == ["fc.weight", "fc.bias"])
    #expect(contents.aliases == [ByteString("fc.weight"): ["fc.twin"]])
    #expect(try contents.tensors.map { try $0.values() as [Double] } == [[0, 1, 2, 3, 4, 5], [1, 4]])
    #expect(
      contents.diagnostics.map(\.message) == [
        "refers to a tensor beyond the 4 that the table has", "has elements of type STRING, which is not read",
        "refers to the member 'archive/tensors/9', which the archive lacks",
      ])
  }

  @Test func limitsTheNamesOfTorchScript() throws {
    var limits = Limits()
    limits.maximumNameBytes = 8
    let model = #"{"mainModule":{"submodules":[{"name":"a","parameters":[{"name":"12345678"}]}]},"tensors":[]}"#
    let error = try #require(throws: ReadError.self) {
      try tensors(in: torchArchive([("model.json", Array(model.utf8))]), limits: limits)
    }
    #expect(error.code == .limitExceeded)
  }

  @Test func namesConstantsAfterTheCode() throws {
    var names = ConstantNames()
    names.read(
      Array(
        """
          weights = [CONSTANTS.c5, CONSTANTS.c6]
          a = torch.add(torch._convolution(x, CONSTANTS.c0, CONSTANTS.c1, [1], [0], [1], True, [0], 1), CONSTANTS.c9)
          b = torch.matmul(torch.linear(a, CONSTANTS.c2), CONSTANTS.c3)
          c = torch.addmm(CONSTANTS.c8, b, torch.t(CONSTANTS.c7), beta=1)
          d, e, f = torch.lstm(c, [h, g], weights, False, 1, 0., False, False, False)
          g = torch.conv2d(x, weight, CONSTANTS.c10) + torch.linear(x, CONSTANTS.c2, CONSTANTS.c11)
          h = torch.linear(x, CONSTANTS.c12
        """.utf8))
    #expect(
      names.names == [
        "CONSTANTS.c0": "CONSTANTS.c0.conv_transpose.weight", "CONSTANTS.c1": "CONSTANTS.c0.conv_transpose.bias",
        "CONSTANTS.c2": "CONSTANTS.c2.linear.weight", "CONSTANTS.c3": "CONSTANTS.c3.matmul.kernel",
        "CONSTANTS.c7": "CONSTANTS.c7.addmm.weight", "CONSTANTS.c8": "CONSTANTS.c7.addmm.bias",
        "CONSTANTS.c5": "CONSTANTS.c5.lstm.weight_ih_l0", "CONSTANTS.c6": "CONSTANTS.c5.lstm.weight_hh_l0",
        "CONSTANTS.c11": "CONSTANTS.c2.linear.bias",
      ])
  }

  // MARK: PyTorch Mobile

  @Test func survivesDamagedFlatbuffers() throws {
    let sample = try Fixtures.read(Fixtures.sample("Variety/PyTorch/quantized-flat.ptl"))
    func read(_ bytes: [UInt8]) {
      guard let contents = try? tensors(in: bytes) else { return }
      for tensor in contents.tensors where tensor.elementCount < 1000 { _ = try? tensor.littleEndianBytes() }
    }
    for count in stride(from: 0, to: sample.count, by: 11) { read(Array(sample.prefix(count))) }
    var random = SplitMix(seed: 7)
    for _ in 0..<3_000 {
      var bytes = sample
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      read(bytes)
    }
  }

  @Test func limitsTheTensorsOfFlatbuffers() throws {
    var limits = Limits()
    limits.maximumTensorCount = 3
    let path = Fixtures.sample("Variety/PyTorch/quantized-flat.ptl")
    let error = try #require(throws: ReadError.self) {
      try OpenedModel(ByteSource(MappedFile(path: path)), limits: limits)
    }
    #expect(error.message == "has more than 3 tensors")
  }

  // MARK: Wrapped files

  @Test func saysWhatAnArchiveHolds() throws {
    let error = try #require(throws: ReadError.self) {
      try tensors(in: torchArchive([("model.pth", stateFile("w"))], folder: ""))
    }
    #expect(error.code == .unrecognized)
    #expect(error.message == "is a zip archive without data.pkl, and holds 'model.pth', to be unpacked first")
  }

  // MARK: Parts of other processes

  @Test func saysThatParametersAreFlat() throws {
    let state = W.dictionary([("a._fsdp_wrapped_module._flat_param", W.tensor(W.storage("0", 6), [6]))])
    let finding = try #require(try tensors(in: torchFile(state, storages: [("0", six)])).diagnostics.first)
    #expect(finding.code == .unsupportedTensor)
    #expect(finding.message == "holds the parameters of several layers in a row, as FSDP flattens them")
  }

  @Test func saysThatParametersAreElsewhere() throws {
    let state = W.dictionary([("module", W.dictionary([("a.weight", W.tensor(W.storage("0", 0), [0]))]))])
    let finding = try #require(try tensors(in: torchFile(state, storages: [("0", [])])).diagnostics.first)
    #expect(finding.code == .incomplete)
    #expect(finding.hint == "put them together with zero_to_fp32.py")
  }

  @Test func saysThatAFileIsOfTheOptimizer() throws {
    let state = W.dictionary([("optimizer_state_dict", W.dictionary([("fp32_flat_groups", W.list([matrix()]))]))])
    let error = try #require(throws: ReadError.self) { try tensors(in: torchFile(state, storages: [("0", six)])) }
    #expect(error.code == .unsupported)
    #expect(
      error.message
        == "holds no model: 'optimizer_state_dict' is state of the training, not of the model: 1 tensor")
  }
}
