import ModelReading
import TestSupport
import Testing

@testable import PyTorchReader

private typealias W = PickleWriter

/// How tensors are rebuilt from what a pickle says of them.
@Suite struct TensorTests {
  let six = W.floats([0, 1, 2, 3, 4, 5])

  private func single(_ tensor: [UInt8], _ storages: [(String, [UInt8])]? = nil) throws -> Tensor {
    let contents = try tensors(in: torchFile(W.dictionary([("w", tensor)]), storages: storages ?? [("0", six)]))
    return try #require(contents.tensors.first)
  }

  @Test func readsViewsOfOneStorage() throws {
    let storage = W.storage("0", 6)
    let state = W.dictionary([
      ("whole", W.tensor(storage, [2, 3])), ("transposed", W.tensor(storage, [3, 2], strides: [1, 3])),
      ("row", W.tensor(storage, [3], offset: 3)), ("expanded", W.tensor(storage, [2, 2], strides: [0, 1])),
      ("same", W.tensor(storage, [2, 3])),
    ])
    let contents = try tensors(in: torchFile(state, storages: [("0", six)]))
    #expect(contents.tensors.map(\.name) == ["whole", "transposed", "row", "expanded"])
    #expect(
      try contents.tensors.map { try $0.values() as [Double] } == [
        [0, 1, 2, 3, 4, 5], [0, 3, 1, 4, 2, 5], [3, 4, 5], [0, 1, 0, 1],
      ])
    #expect(contents.aliases == [ByteString("whole"): ["same"]])
    #expect(contents.inventory.count == 5)
  }

  @Test func readsScalarsAndEmptyTensors() throws {
    let scalar = try single(W.tensor(W.storage("0", 6), [], offset: 2))
    #expect(try scalar.values() == [2])
    let empty = try single(W.tensor(W.storage("0", 0), [0, 3]), [("0", [])])
    #expect(empty.shape == [0, 3])
  }

  @Test(arguments: [
    ("_rebuild_tensor", 4), ("_rebuild_tensor_v2", 6),
  ])
  func readsEveryVersionOfTheCall(name: String, count: Int) throws {
    let arguments = [W.storage("0", 6), W.integer(0), W.integers([2, 3]), W.integers([3, 1]), W.no, W.none]
    let tensor = try single(W.call("torch._utils", name, Array(arguments.prefix(count))))
    #expect(try tensor.values() == [0, 1, 2, 3, 4, 5])
  }

  @Test func readsTypedViewsOfUntypedStorages() throws {
    let storage = W.persistent(
      W.tuple([
        W.text("storage"), W.global("torch.storage", "UntypedStorage"), W.text("0"), W.text("cpu"), W.integer(4),
      ]))
    let value = W.tensor(storage, [2, 2], name: "_rebuild_tensor_v3", more: [W.global("torch", "float8_e4m3fn")])
    let tensor = try single(value, [("0", [0x38, 0x40, 0xB8, 0])])
    #expect(tensor.elementType == .float8e4m3fn)
    #expect(try tensor.values() == [1, 2, -1, 0])
  }

  @Test func unwrapsParametersAndSubclasses() throws {
    let inner = W.tensor(W.storage("0", 6), [2, 3])
    let arguments = [W.storage("0", 6), W.integer(0), W.integers([2, 3]), W.integers([3, 1]), W.no, W.none]
    let wrapped = [
      W.call("torch._utils", "_rebuild_parameter", [inner, W.yes, W.none]),
      W.call("torch.nn.parameter", "Parameter", [inner]),
      W.call("torch.autograd.variable", "Variable", [inner]) + W.tuple([]) + Array("b".utf8),
      W.call(
        "torch._tensor", "_rebuild_from_type_v2",
        [W.global("torch._utils", "_rebuild_tensor_v2"), W.global("my", "Type"), W.tuple(arguments), W.none]),
    ]
    for value in wrapped { #expect(try single(value).values() == [0, 1, 2, 3, 4, 5]) }
  }

  @Test func readsTensorsWhoseStateIsSet() throws {
    let state = W.tuple([W.storage("0", 6), W.integer(1), W.integers([2]), W.integers([2])])
    let tensor = try single(W.call("torch", "FloatTensor", []) + state + Array("b".utf8))
    #expect(try tensor.values() == [1, 3])
  }

  @Test func honoursTheByteOrder() throws {
    let file = torchFile(
      W.dictionary([("w", W.tensor(W.storage("0", 2, type: "ShortStorage"), [2]))]), storages: [("0", [0, 1, 2, 0])],
      more: [("byteorder", Array("big".utf8))])
    #expect(try tensors(in: file).tensors[0].values() == [1, 512])
  }

  @Test func negatesWhatIsMarkedSo() throws {
    let mark = W.dictionary([("neg", W.yes)])
    let tensor = try single(W.tensor(W.storage("0", 6), [3, 2], strides: [1, 3], more: [mark]))
    #expect(try tensor.values() == [0, -3, -1, -4, -2, -5])
    let plain = try single(W.tensor(W.storage("0", 6), [6], more: [W.dictionary([("conj", W.yes)])]))
    #expect(try plain.values() == [0, 1, 2, 3, 4, 5])
  }

  @Test func readsTensorsOfOtherDevices() throws {
    let inner = W.tensor(W.storage("0", 6), [2, 3])
    for name in ["_rebuild_device_tensor_from_cpu_tensor", "_rebuild_xla_tensor"] {
      let value = W.call("torch._utils", name, [inner, W.global("torch", "float32"), W.text("xla:0"), W.no])
      #expect(try single(value).values() == [0, 1, 2, 3, 4, 5])
    }
    let stateful = W.call(
      "torch._utils", "_rebuild_parameter_with_state", [inner, W.yes, W.none, W.dictionary([("tag", W.integer(3))])])
    #expect(try single(stateful).shape == [2, 3])
  }

  @Test func namesThePartsOfWrappers() throws {
    let type = W.global("torchao.quantization", "Int8Tensor")
    let state = W.dictionary([
      ("qdata", W.tensor(W.storage("0", 6), [2, 3])), ("scale", W.tensor(W.storage("0", 6), [2])),
    ])
    let value = W.call(
      "torch._tensor", "_rebuild_from_type_v2",
      [
        W.global("torch._utils", "_rebuild_wrapper_subclass"), type,
        W.tuple([type, W.global("torch", "float32"), W.integers([2, 3]), W.integers([3, 1])]), state,
      ])
    let contents = try tensors(in: torchFile(W.dictionary([("w", value)]), storages: [("0", six)]))
    #expect(contents.inventory.map(\.name) == ["w", "w.qdata", "w.scale"])
    let finding = try #require(contents.diagnostics.first { $0.subject == "w" })
    #expect(finding.message == "is a torchao.quantization.Int8Tensor, whose elements lie in the tensors below it")
    #expect(finding.hint == "save its dequantize()")
  }

  // MARK: Sparse tensors

  private static func sparse(_ layout: String, _ parts: [[UInt8]], _ shape: [Int]) -> [UInt8] {
    W.call(
      "torch._utils", "_rebuild_sparse_tensor",
      [
        W.call("torch.serialization", "_get_layout", [W.text("torch." + layout)]),
        W.tuple(parts + [W.call("torch", "Size", [W.integers(shape)])]),
      ])
  }

  private static func indices(_ key: String, _ shape: [Int]) -> [UInt8] {
    W.tensor(W.storage(key, shape.reduce(1, *), type: "LongStorage"), shape)
  }

  private func dense(_ tensor: [UInt8], _ lists: [[Int]]) throws -> [Double] {
    let storages = lists.enumerated().map { index, list in
      ("\(index + 1)", list.flatMap { W.littleEndian(Int64($0)) })
    }
    return try single(tensor, [("0", six)] + storages).values()
  }

  @Test func addsUpElementsThatAreListedTwice() throws {
    let values = W.tensor(W.storage("0", 6), [3], offset: 1)
    let tensor = Self.sparse("sparse_coo", [Self.indices("1", [2, 3]), values], [2, 2])
    #expect(try dense(tensor, [[0, 1, 0, 1, 0, 1]]) == [0, 4, 2, 0])
  }

  @Test(arguments: [("sparse_csr", [0.0, 1, 2, 0]), ("sparse_csc", [0, 2, 1, 0])])
  func readsCompressedRowsAndColumns(layout: String, expected: [Double]) throws {
    let values = W.tensor(W.storage("0", 6), [2], offset: 1)
    let tensor = Self.sparse(layout, [Self.indices("1", [3]), Self.indices("2", [2]), values], [2, 2])
    #expect(try dense(tensor, [[0, 1, 2], [1, 0]]) == expected)
  }

  private static let wrongIndices: [([[Int]], String)] = [
    ([[0, 1, 2], [1, 2]], "has an element at index 2 of an axis of 2"),
    ([[0, 1, 2], [1, -1]], "has an element at index -1 of an axis of 2"),
    ([[0, 3, 2], [1, 0]], "lists elements 0..<3 of 2 for one row or column"),
    ([[0, -1, 2], [1, 0]], "lists elements 0..<-1 of 2 for one row or column"),
    ([[1, 1, 2], [1, 0]], "lists elements 0..<1 of 2 for one row or column"),
    ([[0, .max, 2], [1, 0]], "has an element at index 9.223372036854776e+18"),
  ]

  @Test(arguments: wrongIndices.indices) func refusesElementsOutsideTheTensor(index: Int) throws {
    let (lists, message) = Self.wrongIndices[index]
    let values = W.tensor(W.storage("0", 6), [2])
    let tensor = Self.sparse("sparse_csr", [Self.indices("1", [3]), Self.indices("2", [2]), values], [2, 2])
    let error = try #require(throws: ReadError.self) { try dense(tensor, lists) }
    #expect(error.code == .malformed)
    #expect(error.message == message)
    #expect(error.subject == "w")
  }

  /// Layout, shapes of the indices, shape of the values, shape of the tensor.
  private static let wrongShapes: [(String, [[Int]], [Int], [Int], ReadError.Code)] = [
    ("sparse_coo", [[2, 3]], [2], [2, 2], .malformed), ("sparse_coo", [[3, 2]], [2], [2, 2], .malformed),
    ("sparse_coo", [[4]], [2], [2, 2], .malformed), ("sparse_coo", [[2, 2]], [2], [1 << 20, 1 << 20], .limitExceeded),
    ("sparse_coo", [[2, 2]], [2], [1 << 40, 1 << 40], .limitExceeded),
    ("sparse_coo", [[2, 2]], [2], [-1, -4], .limitExceeded), ("sparse_csr", [[2], [2]], [2], [2, 2], .malformed),
    ("sparse_csr", [[3], [3]], [2], [2, 2], .malformed), ("sparse_csr", [[3], [2]], [2], [.max, 0], .malformed),
    ("sparse_csr", [[3], [2]], [2], [2], .malformed), ("sparse_csr", [[], [2]], [2], [2, 2], .malformed),
    ("sparse_bsr", [[3], [2]], [2], [2, 2], .malformed), ("sparse_bsr", [[1], [2]], [2, 0, 1], [0, 2], .malformed),
    ("sparse_bsc", [[2], [2]], [2, 3, 1], [2, 2], .malformed),
  ]

  @Test(arguments: wrongShapes.indices) func refusesSparseTensorsOfOtherShapes(index: Int) throws {
    let (layout, indices, values, shape, code) = Self.wrongShapes[index]
    let parts = indices.enumerated().map { Self.indices("\($0.offset + 1)", $0.element) }
    let lists = indices.map { [Int](repeating: 0, count: $0.reduce(1, *)) }
    let error = try #require(throws: ReadError.self) {
      try dense(Self.sparse(layout, parts + [W.tensor(W.storage("0", 6), values)], shape), lists)
    }
    #expect(error.code == code)
  }

  @Test func dequantizesByTensor() throws {
    let quantizer = W.tuple([W.global("torch", "per_tensor_affine"), W.float(0.5), W.integer(2)])
    let arguments = [
      W.storage("0", 3, type: "QUInt8Storage"), W.integer(0), W.integers([3]), W.integers([1]), quantizer,
    ]
    let tensor = try single(W.call("torch._utils", "_rebuild_qtensor", arguments), [("0", [0, 2, 5])])
    #expect(tensor.elementType == .float32)
    #expect(try tensor.values() == [-1, 0, 1.5])
  }

  @Test func dequantizesByChannel() throws {
    let scales = W.tensor(W.storage("1", 2), [2])
    let zeros = W.tensor(W.storage("2", 2, type: "LongStorage"), [2])
    let quantizer = W.tuple([W.global("torch", "per_channel_affine"), scales, zeros, W.integer(0)])
    let arguments = [
      W.storage("0", 4, type: "QInt8Storage"), W.integer(0), W.integers([2, 2]), W.integers([2, 1]), quantizer,
    ]
    let tensor = try single(
      W.call("torch._utils", "_rebuild_qtensor", arguments),
      [("0", [1, 2, 3, 0xFF]), ("1", W.floats([2, 10])), ("2", W.littleEndian(Int64(0)) + W.littleEndian(Int64(1)))])
    #expect(try tensor.values() == [2, 4, 20, -20])
  }

  @Test func namesPackedParameters() throws {
    let inner = W.tensor(W.storage("0", 6), [2, 3])
    let bias = W.tensor(W.storage("0", 6), [2])
    let linear = W.instance("torch.classes", "LinearPackedParamsBase", state: W.tuple([inner, bias]))
    let rest = [UInt8](repeating: UInt8(ascii: "N"), count: 10)
    let convolution =
      W.global("torch.ao.nn.quantized", "Conv2d") + W.tuple([]) + [0x81] + Array("(".utf8) + rest + inner + bias
      + rest + Array("tb".utf8)
    let state = W.dictionary([
      ("fc._packed_params._packed_params", W.tuple([inner, bias])),
      ("script", W.dictionary([("_packed_params", W.dictionary([("_packed_params", linear)]))])), ("conv", convolution),
      ("eager._packed_params._packed_params", W.tuple([W.tuple([inner, bias]), W.yes])),
    ])
    let names = try tensors(in: torchFile(state, storages: [("0", six)])).inventory.map(\.name)
    #expect(
      names == [
        "fc.weight", "fc.bias", "script.weight", "script.bias", "conv.weight", "conv.bias", "eager.weight",
        "eager.bias",
      ])
  }

  @Test func readsStoragesThatLieInThePickle() throws {
    let inner = legacyFile(W.storage("7", 6), storages: [("7", 6, six)])
    let storage = W.call("torch.storage", "_load_from_bytes", [W.bytes(inner)])
    let file = W.pickle(W.dictionary([("w", W.tensor(storage, [2, 3]))]))
    #expect(try tensors(in: file).tensors[0].values() == [0, 1, 2, 3, 4, 5])
  }

  @Test func readsViewsOfLegacyStorages() throws {
    let view = W.tuple([W.text("view"), W.integer(2), W.integer(4)])
    let state = W.dictionary([
      ("w", W.tensor(W.storage("0", 6, view: view), [2, 2])), ("same", W.tensor(W.storage("0", 6), [2, 2], offset: 2)),
    ])
    let contents = try tensors(in: legacyFile(state, storages: [("0", 6, six)]))
    #expect(try contents.tensors.map { try $0.values() as [Double] } == [[2, 3, 4, 5]])
    #expect(contents.aliases == [ByteString("w"): ["same"]])
  }

  @Test func readsTarArchives() throws {
    let storages =
      W.pickle(W.integer(1)) + W.pickle(W.tuple([W.integer(11), W.text("cpu"), W.global("torch", "FloatStorage")]))
      + W.littleEndian(Int64(6)) + six
      + W.pickle(W.list([W.tuple([W.integer(12), W.integer(11), W.integer(2), W.integer(4)])]))
    var described = W.pickle(W.integer(1))
    described += W.pickle(W.tuple([W.integer(21), W.integer(12), W.global("torch", "FloatTensor")]))
    described += W.littleEndian(Int32(2)) + [0, 0, 0, 0] + [2, 2, 1, 2, 0].flatMap { W.littleEndian(Int64($0)) }
    let object = W.pickle(W.dictionary([("w", W.persistent(W.text("21")))]))
    let file =
      tarMember("sys_info", W.pickle(W.dictionary([]))) + tarMember("pickle", object) + tarMember("tensors", described)
      + tarMember("storages", storages) + [UInt8](repeating: 0, count: 1024)
    let contents = try tensors(in: file)
    #expect(contents.tensors.map(\.shape) == [[2, 2]])
    #expect(try contents.tensors[0].values() == [2, 4, 3, 5])
  }

  @Test func readsConstantsOfTorchScript() throws {
    let value = W.instance(
      "__torch__.Net", "Net", state: W.dictionary([("weight", W.tensor(W.storage("0", 6), [2, 3]))]))
    let constants = W.pickle(W.tuple([W.tensor(W.storage("0", 2), [1, 2])]))
    let file = torchFile(
      value, storages: [("0", six)], more: [("constants.pkl", constants), ("constants/0", W.floats([7, 8]))])
    let contents = try tensors(in: file)
    #expect(contents.tensors.map(\.name) == ["weight", "CONSTANTS.c0"])
    #expect(try contents.tensors[1].values() == [7, 8])
    #expect(contents.diagnostics.isEmpty)
  }

  @Test func readsArrays() throws {
    let type =
      W.call("numpy", "dtype", [W.text("f4"), W.integer(0), W.integer(1)])
      + W.tuple([W.integer(3), W.text("<"), W.none, W.none, W.none]) + Array("b".utf8)
    let made = W.call(
      "numpy.core.multiarray", "_reconstruct", [W.global("numpy", "ndarray"), W.integers([0]), W.bytes([0x62])])
    let array = made + W.tuple([W.integer(1), W.integers([2, 3]), type, W.yes, W.bytes(six)]) + Array("b".utf8)
    let tensor = try single(array)
    #expect(tensor.shape == [2, 3])
    #expect(try tensor.values() == [0, 2, 4, 1, 3, 5])
  }

  @Test func readsExportedPrograms() throws {
    let meta =
      #"{"dtype":7,"sizes":[{"as_int":2},{"as_int":3}],"strides":[{"as_int":3},{"as_int":1}],"storage_offset":{"as_int":0}}"#
    let config =
      #"{"config":{"fc.weight":{"path_name":"weight_0","use_pickle":false,"tensor_meta":"# + meta
      + #"},"gone.weight":{"path_name":"weight_1","use_pickle":false,"tensor_meta":"# + meta + "}}}"
    let file = torchArchive([
      ("data/weights/weight_0", six), ("data/weights/model_weights_config.json", Array(config.utf8)),
      ("archive_format", Array("pt2".utf8)),
    ])
    let contents = try tensors(in: file)
    #expect(contents.tensors.map(\.name) == ["fc.weight"])
    #expect(try contents.tensors[0].values() == [0, 1, 2, 3, 4, 5])
    #expect(contents.diagnostics.map(\.code) == [.unreadableTensor])
    #expect(contents.inventory.map(\.shape) == [[2, 3], [2, 3]])
  }

  @Test func readsFilesThatAnIndexLists() throws {
    try Fixtures.withDirectory { folder in
      func file(_ name: String) -> [UInt8] {
        torchFile(W.dictionary([(name, W.tensor(W.storage("0", 6), [2, 3]))]), storages: [("0", six)])
      }
      try Fixtures.write(file("model.a.weight"), to: folder + "/1.bin")
      try Fixtures.write(file("b.weight"), to: folder + "/2.bin")
      let map = #"{"weight_map":{"b.weight":"2.bin","model.a.weight":"1.bin","c.weight":"3.bin","d":"2.bin"}}"#
      try Fixtures.write(Array(map.utf8), to: folder + "/pytorch_model.bin.index.json")
      for path in [folder, folder + "/pytorch_model.bin.index.json"] {
        let graph = try ReaderRegistry([.pytorch]).open(path)
        #expect(graph.variant == "sharded")
        #expect(graph.layers.map(\.name) == ["model.a", "b"])
        #expect(graph.files.count == 3)
        #expect(graph.diagnostics.map(\.code) == [.incomplete, .incomplete])
        #expect(graph.diagnostics.map(\.subject) == ["d", "3.bin"])
      }
    }
  }

  @Test(arguments: ["../1.bin", "/etc/passwd", "a/b.bin"]) func keepsToItsFolder(name: String) throws {
    try Fixtures.withDirectory { folder in
      let map = #"{"weight_map":{"a":"\#(name)"}}"#
      try Fixtures.write(Array(map.utf8), to: folder + "/pytorch_model.bin.index.json")
      let error = try #require(throws: ReadError.self) { try ReaderRegistry([.pytorch]).open(folder) }
      #expect(error.code == .unsafeContent)
    }
  }
}
