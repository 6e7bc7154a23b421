import HDF5TestSupport
import ModelReading
import TestSupport
import Testing

@testable import KerasReader

/// A legacy file: layers in order, each with its weights in order.
func legacy(
  _ layers: [(name: String, weights: [(name: String, shape: [Int])])], root: String = "", version: String? = "2.4.0",
  config: String? = nil
) -> HDF5Builder {
  var builder = HDF5Builder()
  if !root.isEmpty { builder.group(root) }
  builder.attribute(root, "layer_names", .variableStrings(layers.map(\.name)))
  if let version { builder.attribute("", "keras_version", .variableString(version)) }
  if let config { builder.attribute("", "model_config", .variableString(config)) }
  for layer in layers {
    let path = join(root, layer.name)
    builder.group(path)
    let names = layer.weights.map(\.name)
    builder.attribute(path, "weight_names", names.isEmpty ? .doubles([]) : .fixedStrings(names))
    for weight in layer.weights { builder.weights(path + "/" + weight.name, weight.shape) }
  }
  return builder
}

@Suite struct LegacyTests {
  @Test func orderAndNamesOfKeras2() throws {
    let graph = try open(
      legacy([
        ("z", [("z/kernel:0", [4, 3]), ("z/bias:0", [3])]), ("flatten", []),
        ("a", [("a_1/kernel:0", [3, 2]), ("a_1/bias:0", [2])]),
      ]).bytes())
    #expect(rows(graph) == ["z dense kernel [3, 4]", "a dense kernel [2, 3]"])
    #expect(graph.variant == "legacy weights")
    #expect(graph.producer == "Keras 2.4.0")
    #expect(graph.layers[0].parameters.map(\.role) == [.kernel, .bias])
    #expect(graph.layers[0].parameters[0].tensor.name == "z/z/kernel:0")
  }

  @Test func kindsComeFromTheConfiguration() throws {
    let config = """
      {"class_name": "Functional", "config": {"name": "m", "layers": [
        {"class_name": "Conv2DTranspose", "name": "t", "config": {"name": "t", "filters": 4}},
        {"class_name": "Conv2D", "name": "g", "config": {"name": "g", "groups": 2}},
        {"class_name": "Sequential", "name": "in", "config": {"name": "in", "layers": [
          {"class_name": "EinsumDense", "config": {"name": "e", "equation": "ab,cbd->acd"}}]}}]}}
      """
    let graph = try open(
      legacy(
        [
          ("t", [("t/kernel:0", [3, 3, 4, 4])]), ("g", [("g/kernel:0", [3, 3, 2, 8])]),
          ("in", [("e/kernel:0", [5, 6, 7])]),
        ], root: "model_weights", config: config
      ).bytes())
    #expect(
      rows(graph) == [
        "t conv2d_transpose kernel [4, 4, 3, 3]", "g conv2d kernel [8, 2, 3, 3]", "in/e dense kernel [35, 6]",
      ])
    #expect(graph.layers.map(\.groups) == [1, 2, 1])
    #expect(graph.layers.allSatisfy { $0.parameters[0].heads == nil })
    #expect(graph.layers[1].parameters[0].tensor.axes == [.spatial(0), .spatial(1), .input, .group, .output])
    #expect(graph.layers.allSatisfy { $0.note == nil })
    #expect(graph.diagnostics.isEmpty)
  }

  @Test func headsComeFromAxesAndNames() throws {
    let config = """
      {"class_name": "Functional", "config": {"name": "m", "layers": [
        {"class_name": "Sequential", "name": "attention", "config": {"name": "attention", "layers": [
          {"class_name": "EinsumDense", "config": {"name": "query", "equation": "abc,cde->abde"}},
          {"class_name": "EinsumDense", "config": {"name": "out", "equation": "abcd,cde->abe"}},
          {"class_name": "EinsumDense", "config": {"name": "mix", "equation": "abc,cde->abde"}},
          {"class_name": "Dense", "config": {"name": "wk", "units": 6}}]}}]}}
      """
    let weights = [
      ("query/kernel:0", [6, 2, 3]), ("out/kernel:0", [2, 3, 6]), ("mix/kernel:0", [6, 2, 3]), ("wk/kernel:0", [6, 6]),
    ]
    let graph = try open(legacy([("attention", weights)], root: "model_weights", config: config).bytes())
    #expect(
      graph.layers.map { $0.parameters[0].heads } == [
        AttentionHeads(.outputs, count: 2), AttentionHeads(.inputs, count: 2), nil,
        AttentionHeads(.outputs, count: nil),
      ])
  }

  @Test func listsSplitIntoChunks() throws {
    var builder = HDF5Builder()
    builder.attribute("", "layer_names0", .fixedStrings(["dense"]))
    builder.attribute("", "layer_names1", .fixedStrings(["dense_1"]))
    for name in ["dense", "dense_1"] {
      builder.weights(name + "/kernel:0", [2, 2])
      builder.attribute(name, "weight_names0", .fixedStrings(["kernel:0"]))
    }
    #expect(rows(try open(builder.bytes())) == ["dense dense kernel [2, 2]", "dense_1 dense kernel [2, 2]"])
  }

  /// Both orders of Keras 1, told by the bias; the name does not say which.
  @Test(arguments: [([8, 3, 5, 5], [8, 3, 5, 5]), ([5, 5, 3, 8], [8, 3, 5, 5])])
  func kernelOrdersOfKeras1(_ stored: [Int], _ canonical: [Int]) throws {
    let graph = try open(
      legacy([("c", [("c_W", stored), ("c_b", [8])])], version: nil).bytes())
    #expect(rows(graph) == ["c conv2d kernel \(canonical)"])
  }

  /// As many inputs as outputs: the configuration decides.
  @Test(arguments: ["th", "tf"])
  func dimOrderingOfKeras1(_ ordering: String) throws {
    let config = """
      {"class_name": "Sequential", "config": [
        {"class_name": "Convolution2D", "config": {"name": "c", "nb_filter": 5, "dim_ordering": "\(ordering)"}}]}
      """
    let graph = try open(
      legacy([("c", [("c_W", [5, 5, 5, 5]), ("c_b", [5])])], root: "model_weights", version: nil, config: config)
        .bytes())
    let axes = graph.layers[0].parameters[0].tensor.axes
    #expect(axes.first == (ordering == "th" ? .output : .spatial(0)))
  }

  @Test func gatesOfKeras1() throws {
    let weights = ["i", "c", "f", "o"].flatMap { [("l_W_\($0)", [3, 4]), ("l_U_\($0)", [4, 4]), ("l_b_\($0)", [4])] }
    let graph = try open(legacy([("l", weights)], version: nil).bytes())
    #expect(graph.layers.count == 1)
    #expect(graph.layers[0].kind == .recurrent(.lstm))
    #expect(rows(graph).first == "l lstm kernel_i [4, 3]")
    #expect(rows(graph).count == 8)
  }

  @Test func keras0HasNoNames() throws {
    var builder = HDF5Builder()
    builder.attribute("", "nb_layers", .integers([2]))
    builder.weights("layer_0/param_0", [6, 3, 5, 5])
    builder.weights("layer_0/param_1", [6])
    builder.weights("layer_1/param_0", [4, 2])
    builder.weights("layer_1/param_1", [2])
    let graph = try open(builder.bytes())
    #expect(rows(graph) == ["layer_0 conv2d kernel [6, 3, 5, 5]", "layer_1 dense kernel [2, 4]"])
    #expect(graph.layers.allSatisfy { $0.note != nil })
  }

  @Test func recurrentLayersByTheirShapes() throws {
    let cases: [(Int, String)] = [(1, "rnn"), (3, "gru"), (4, "lstm")]
    for (gates, kind) in cases {
      let graph = try open(
        legacy([("r", [("r/kernel:0", [7, 5 * gates]), ("r/recurrent_kernel:0", [5, 5 * gates])])]).bytes())
      #expect(rows(graph)[0] == "r \(kind) kernel [\(5 * gates), 7]")
      let axes: [Axis] = gates == 1 ? [.input, .output] : [.input, .gate, .output]
      #expect(graph.layers[0].parameters.map(\.tensor.axes) == [axes, axes])
    }
  }

  @Test func timeDistributedAndBidirectional() throws {
    let config = """
      {"class_name": "Sequential", "config": {"name": "s", "layers": [
        {"class_name": "TimeDistributed", "config": {"name": "td",
          "layer": {"class_name": "Conv2D", "config": {"name": "x"}}}},
        {"class_name": "Bidirectional", "config": {"name": "bi",
          "layer": {"class_name": "LSTM", "config": {"name": "y"}}}}]}}
      """
    let graph = try open(
      legacy(
        [
          ("td", [("td/x/kernel:0", [3, 3, 2, 4])]),
          (
            "bi",
            [
              ("bi/forward_y/lstm_cell/kernel:0", [2, 12]), ("bi/forward_y/lstm_cell/recurrent_kernel:0", [3, 12]),
              ("bi/backward_y/lstm_cell/kernel:0", [2, 12]), ("bi/backward_y/lstm_cell/recurrent_kernel:0", [3, 12]),
            ]
          ),
        ], root: "model_weights", config: config
      ).bytes())
    #expect(
      rows(graph) == [
        "td conv2d kernel [4, 2, 3, 3]", "bi/forward lstm kernel [12, 2]",
        "bi/forward lstm recurrent_kernel [12, 3]", "bi/backward lstm kernel [12, 2]",
        "bi/backward lstm recurrent_kernel [12, 3]",
      ])
  }

  /// Two opaque bytes, which only the configuration explains.
  @Test func halfPrecisionByTheConfiguration() throws {
    let config = """
      {"class_name": "Sequential", "config": {"name": "s", "layers": [{"class_name": "Dense", "config": {"name": "d",
        "dtype": {"class_name": "DTypePolicy", "config": {"name": "bfloat16"}}}}]}}
      """
    var builder = HDF5Builder()
    builder.attribute("", "model_config", .variableString(config))
    builder.attribute("", "keras_version", .variableString("3.0.0"))
    builder.dataset("model_weights/d/d/kernel", .raw([0x80, 0x3F, 0, 0x40], type: .opaque(2), shape: [2, 1]))
    builder.attribute("model_weights", "layer_names", .fixedStrings(["d"]))
    builder.attribute("model_weights/d", "weight_names", .fixedStrings(["d/kernel"]))
    let graph = try open(builder.bytes())
    #expect(rows(graph) == ["d dense kernel [1, 2]"])
    #expect(try graph.layers[0].parameters[0].tensor.values() == [1, 2])
  }

  @Test func dataflow() throws {
    let config = """
      {"class_name": "Functional", "config": {"name": "m", "layers": [
        {"class_name": "InputLayer", "name": "i", "config": {"name": "i"}, "inbound_nodes": []},
        {"class_name": "SeparableConv2D", "name": "s", "config": {"name": "s"}, "inbound_nodes": [[["i", 0, 0, {}]]]},
        {"class_name": "Flatten", "name": "f", "config": {"name": "f"}, "inbound_nodes": [[["s", 0, 0, {}]]]},
        {"class_name": "Dense", "name": "a", "config": {"name": "a"}, "inbound_nodes": [
          {"args": [{"class_name": "__keras_tensor__", "config": {"keras_history": ["f", 0, 0]}}], "kwargs": {}}]},
        {"class_name": "Dense", "name": "b", "config": {"name": "b"}, "inbound_nodes": [
          [["f", 0, 0, {}], ["a", 0, 0, {}]]]}]}}
      """
    let graph = try open(
      legacy(
        [
          ("s", [("s/depthwise_kernel:0", [3, 3, 2, 1]), ("s/pointwise_kernel:0", [1, 1, 2, 4])]), ("f", []),
          ("a", [("a/kernel:0", [4, 4])]), ("b", [("b/kernel:0", [4, 4])]),
        ], root: "model_weights", config: config
      ).bytes())
    #expect(graph.topology == .dataflow)
    #expect(graph.layers.map(\.name) == ["s/depthwise", "s/pointwise", "a", "b"])
    #expect(graph.edges.map { [$0.source, $0.target] } == [[0, 1], [1, 2], [1, 3], [2, 3]])
  }

  @Test func dataflowIsLimited() throws {
    let names = (0..<20).map { "d\($0)" }
    let layers = names.enumerated().map { index, name in
      let inbound = names[..<index].map { "[\"\($0)\", 0, 0, {}]" }.joined(separator: ", ")
      return
        #"{"class_name": "Dense", "name": "\#(name)", "config": {"name": "\#(name)"}, "inbound_nodes": [[\#(inbound)]]}"#
    }
    let config =
      #"{"class_name": "Functional", "config": {"name": "m", "layers": [\#(layers.joined(separator: ", "))]}}"#
    let bytes = try legacy(
      names.map { ($0, [($0 + "/kernel:0", [2, 2])]) }, root: "model_weights", config: config
    ).bytes()
    let graph = try open(bytes)
    #expect(graph.edges.count == 190)
    var limits = Limits()
    limits.maximumDataflow = 100
    let limited = try open(bytes, limits: limits)
    #expect(limited.edges.isEmpty && limited.topology == .order)
    #expect(limited.layers.count == 20)
  }

  @Test func arraysAreLimited() throws {
    let bytes = try legacy([("d", [("d/kernel:0", [2, 2]), ("d/bias:0", [2])])]).bytes()
    var limits = Limits()
    limits.maximumTensorCount = 1
    let error = try #require(throws: ReadError.self) { try open(bytes, limits: limits) }
    #expect(error.code == .limitExceeded)
    #expect(error.message == "has 2 arrays, the limit is 1")
  }

  @Test func layersListedTwiceAreReadOnce() throws {
    var builder = HDF5Builder()
    builder.attribute("", "layer_names", .fixedStrings(["d", "d"]))
    builder.weights("d/kernel:0", [2, 2])
    builder.attribute("d", "weight_names", .fixedStrings(["kernel:0"]))
    let graph = try open(builder.bytes())
    #expect(rows(graph) == ["d dense kernel [2, 2]"])
    #expect(graph.diagnostics.first == Diagnostic(.leftOut, "d", "is listed twice among the layers"))
  }

  /// A gate's block holds its matrix `[units, inputs]` row by row, under another shape.
  @Test(arguments: [("CuDNNLSTM", 4, LayerKind.RecurrentCell.lstm), ("CuDNNGRU", 3, .gru)])
  func gatesOfCuDNN(_ className: String, _ gates: Int, _ cell: LayerKind.RecurrentCell) throws {
    let (inputs, units) = (3, 2)
    let config = #"{"class_name": "Sequential", "config": [{"class_name": "\#(className)", "config": {"name": "r"}}]}"#
    let weights = [
      ("r/kernel:0", [inputs, gates * units]), ("r/recurrent_kernel:0", [units, gates * units]),
      ("r/bias:0", [2 * gates * units]),
    ]
    for config in [config, nil] {
      let graph = try open(legacy([("r", weights)], root: "model_weights", config: config).bytes())
      let layer = try #require(graph.layers.first)
      #expect(layer.kind == .recurrent(cell))
      #expect(layer.parameters.map(\.role) == [.kernel, .recurrentKernel, .bias])
      for (parameter, rows) in zip(layer.parameters, [inputs, units]) {
        let tensor = parameter.tensor
        #expect(tensor.canonicalShape == [gates * units, rows])
        // The builder numbers the elements of the stored array.
        var expected: [Double] = []
        for gate in 0..<gates {
          for place in 0..<units * rows {
            expected.append(Double(place / units * gates * units + gate * units + place % units))
          }
        }
        #expect(try tensor.canonical.values() == expected)
        #expect(tensor.canonical.axes == [.gate, .output, .input])
      }
    }
  }

  @Test func dataflowOfASequence() throws {
    let graph = try open(Fixtures.sample("LeNet5/lenet5.keras"))
    #expect(graph.edges.map { [$0.source, $0.target] } == [[0, 1], [1, 2], [2, 3], [3, 4]])
  }

  /// Layers of models inside, a shared layer, and an inner model that is called twice.
  @Test func dataflowThroughModels() throws {
    func tensor(_ name: String) -> String { #"[["\#(name)", 0, 0, {}]]"# }
    func layer(_ name: String, _ nodes: String, _ className: String = "Dense") -> String {
      #"{"class_name": "\#(className)", "name": "\#(name)", "config": {"name": "\#(name)"}, "inbound_nodes": [\#(nodes)]}"#
    }
    let inner = [
      layer("left", "", "InputLayer"), layer("right", "", "InputLayer"), layer("a", tensor("left")),
      layer("b", tensor("right")), layer("sum", #"[["a", 0, 0, {}], ["b", 0, 0, {}]]"#, "Add"),
    ]
    let model = #"""
      {"class_name": "Functional", "name": "inner", "config": {"name": "inner", "layers": [\#(inner.joined(separator: ","))],
      "input_layers": [["left", 0, 0], ["right", 0, 0]], "output_layers": [["sum", 0, 0]]},
      "inbound_nodes": [[["first", 0, 0, {}], ["second", 0, 0, {}]]]}
      """#
    let sequence = #"""
      {"class_name": "Sequential", "name": "seq", "config": {"name": "seq", "layers": [\#(layer("c", "")), \#(layer("d", ""))]},
      "inbound_nodes": [\#(tensor("inner"))]}
      """#
    let layers = [
      layer("x", "", "InputLayer"), layer("first", tensor("x")), layer("second", tensor("first")), model, sequence,
      layer("last", tensor("seq")),
    ]
    var builder = legacy(
      [("first", [("kernel", [2, 2])]), ("second", [("kernel", [2, 2])])]
        + [
          ("inner", [("a/kernel", [2, 2]), ("b/kernel", [2, 2])]),
          ("seq", [("c/kernel", [2, 2]), ("d/kernel", [2, 2])]),
        ]
        + [("last", [("kernel", [2, 2])])], root: "model_weights")
    builder.attribute(
      "", "model_config",
      .variableString(
        #"{"class_name": "Functional", "config": {"name": "m", "layers": [\#(layers.joined(separator: ","))]}}"#))
    let graph = try open(builder.bytes())
    let names = graph.layers.map(\.name)
    #expect(names == ["first", "second", "inner/a", "inner/b", "seq/c", "seq/d", "last"])
    #expect(
      Set(graph.edges.map { "\(names[$0.source]) \(names[$0.target])" }) == [
        "first second", "first inner/a", "second inner/b", "inner/a seq/c", "inner/b seq/c", "seq/c seq/d",
        "seq/d last",
      ])
    #expect(graph.topology == .dataflow)
  }

  /// The cells of a stack are layers of their own.
  @Test func stackedCells() throws {
    let names = ["s/stacked_rnn_cells/lstm_cell/", "s/stacked_rnn_cells/gru_cell/"]
    let graph = try open(
      legacy([
        (
          "s",
          [
            (names[0] + "kernel:0", [3, 16]), (names[0] + "recurrent_kernel:0", [4, 16]), (names[0] + "bias:0", [16]),
            (names[1] + "kernel:0", [4, 6]), (names[1] + "recurrent_kernel:0", [2, 6]), (names[1] + "bias:0", [2, 6]),
          ]
        )
      ]).bytes())
    #expect(
      rows(graph) == [
        "s/cells/lstm_cell lstm kernel [16, 3]", "s/cells/lstm_cell lstm recurrent_kernel [16, 4]",
        "s/cells/gru_cell gru kernel [6, 4]", "s/cells/gru_cell gru recurrent_kernel [6, 2]",
      ])
  }

  @Test func unknownClassesAreNamed() throws {
    let graph = try open(
      legacy([("custom", [("custom/table:0", [4, 5]), ("custom/deep:0", [2, 2, 2])]), ("gone", [])]).bytes())
    #expect(graph.layers.isEmpty)
    #expect(graph.diagnostics.map(\.subject) == ["custom/custom/table:0", "custom/custom/deep:0"])
    #expect(
      graph.diagnostics[0].message
        == "is variable table [4, 5] of the layer 'custom' of an unknown class, and which axis is which is not known")
  }

  @Test func missingWeightIsReported() throws {
    var builder = legacy([("d", [("kernel:0", [2, 2])])])
    builder.group("e")
    builder.attribute("e", "weight_names", .fixedStrings(["kernel:0"]))
    var listed = HDF5Builder()
    listed.attribute("", "layer_names", .fixedStrings(["e", "f"]))
    listed.group("e")
    listed.attribute("e", "weight_names", .fixedStrings(["kernel:0"]))
    let graph = try open(listed.bytes())
    #expect(graph.diagnostics.map(\.code) == [.incomplete, .incomplete])
    #expect(graph.diagnostics.map(\.subject) == ["e/kernel:0", "f"])
  }

  @Test func optimizerIsLeftOut() throws {
    var builder = legacy([("dense", [("dense/kernel:0", [2, 2])])], root: "model_weights")
    builder.weights("optimizer_weights/Adam/dense/kernel/m:0", [2, 2])
    let graph = try open(builder.bytes())
    #expect(graph.layers.count == 1)
    #expect(
      graph.diagnostics == [
        Diagnostic(
          .leftOut, "optimizer_weights/", "is the optimizer's state, 1 arrays; it is no part of the model")
      ])
    #expect(graph.inventory.count == 2)
  }

  @Test func filesOfOthersArePlainMatrices() throws {
    var builder = HDF5Builder()
    builder.weights("data/ip1/0", [3, 4])
    builder.weights("data/conv/0", [3, 4, 5, 5])
    let graph = try open(builder.bytes())
    #expect(graph.variant == "plain HDF5")
    #expect(rows(graph) == ["data/conv conv2d kernel [3, 4, 5, 5]", "data/ip1 dense kernel [3, 4]"])
    #expect(graph.layers.flatMap(\.parameters).map(\.tensor.name) == ["data/conv/0", "data/ip1/0"])
    #expect(graph.accountingForEveryTensor().diagnostics.map(\.code) == [.inferred])
  }
}

/// Frameworks that keep their weights in HDF5 without being Keras.
@Suite struct OtherFrameworkTests {
  /// The length of the bias tells which end has the outputs.
  @Test func biasDecidesTheOrder() throws {
    var builder = HDF5Builder()
    for (path, shape) in [
      ("conv1/W", [8, 3, 5, 5]), ("conv1/b", [8]), ("fc/W", [6, 32]), ("fc/b", [6]), ("last/kernel", [3, 3, 8, 4]),
      ("last/bias", [4]),
    ] { builder.weights(path, shape) }
    let graph = try open(builder.bytes())
    #expect(
      rows(graph) == [
        "conv1 conv2d kernel [8, 3, 5, 5]", "fc dense kernel [6, 32]", "last conv2d kernel [4, 8, 3, 3]",
      ])
    #expect(graph.layers[0].parameters.map(\.role) == [.kernel, .bias])
  }

  @Test func caffe() throws {
    var builder = HDF5Builder()
    for (path, shape) in [
      ("data/conv1/0", [8, 3, 5, 5]), ("data/conv1/1", [8]), ("data/bn/0", [8]), ("data/bn/1", [8]), ("data/bn/2", [1]),
    ] { builder.weights(path, shape) }
    let graph = try open(builder.bytes())
    #expect(rows(graph) == ["data/conv1 conv2d kernel [8, 3, 5, 5]"])
    #expect(graph.layers[0].parameters.map(\.tensor.name) == ["data/conv1/0", "data/conv1/1"])
  }

  /// MATLAB puts 512 bytes before the file. A matrix of whole numbers is data.
  @Test func matlab() throws {
    var builder = HDF5Builder()
    builder.userBlock = 512
    builder.dataset(
      "W1", .raw([UInt8](repeating: 0, count: 47) + [1], type: .float64BigEndian, shape: [2, 3]))
    builder.dataset("labels", .raw([1, 2, 3, 4], type: .int8, shape: [2, 2]))
    let graph = try open(builder.bytes(), named: "weights.mat")
    #expect(rows(graph) == ["W1 dense kernel [2, 3]"])
    #expect(try graph.layers[0].parameters[0].tensor.values().last == Double.leastNonzeroMagnitude)
    #expect(graph.diagnostics.contains { $0.subject == "labels" && $0.code == .notAWeight })
  }

  /// A list of weights, however it is stored.
  @Test(
    arguments: [.contiguous, .compact, .chunked(deflate: 0), .chunked(deflate: 6), .filtered] as [HDF5Builder.Layout])
  func layouts(_ layout: HDF5Builder.Layout) throws {
    for isLatest in [false, true] {
      var builder = HDF5Builder()
      builder.isLatest = isLatest
      builder.weights("fc/weight", [4, 6], layout)
      let graph = try open(builder.bytes())
      #expect(rows(graph) == ["fc dense kernel [4, 6]"])
      #expect(try graph.layers[0].parameters[0].tensor.values() == (0..<24).map(Double.init))
    }
  }
}

@Suite struct WeightNameTests {
  @Test(arguments: [
    ("kernel:0", "d", [], "kernel"), ("bn_1/bn_1_1/beta:0", "bn_1", ["bn_1_1"], "beta"),
    ("lenet5/conv1/kernel", "conv1", [], "kernel"), ("fc/kernel", "inner", ["fc"], "kernel"),
    ("inner/fc/kernel", "inner", ["fc"], "kernel"), ("convolution2d_1_W", "block", ["convolution2d_1"], "W"),
    ("dense_1_b", "dense_1", [], "b"), ("param_12", "mel", [], "12"), ("b_running_std", "b", [], "running_std"),
    ("l_U_f", "l", [], "U_f"), ("tf/bert/layer_._0/query/kernel:0", "bert", ["layer_._0", "query"], "kernel"),
  ])
  func parts(_ name: String, _ layer: String, _ scopes: [String], _ variable: String) {
    let parts = LegacyWeightName(name, layer: layer)
    #expect(parts.scopes == scopes)
    #expect(parts.variable == variable)
  }

  @Test(arguments: [
    ("Conv2DTranspose", "conv2d_transpose"), ("SimpleRNN", "simple_rnn"),
    ("MultiHeadAttention", "multi_head_attention"),
    ("LSTM", "lstm"), ("DepthwiseConv2D", "depthwise_conv2d"), ("ConvLSTM2D", "conv_lstm2d"), ("My_Net", "my__net"),
    ("ReLU", "re_lu"), ("GRUCell", "gru_cell"), ("", ""),
  ])
  func snake(_ className: String, _ expected: String) { #expect(snakeCase(className) == expected) }

  @Test(arguments: [("a_1", "a"), ("a", "a"), ("_1", "_1"), ("a_", "a_"), ("conv2d_12", "conv2d"), ("a_x", "a_x")])
  func index(_ name: String, _ expected: String) { #expect(withoutIndex(name) == expected) }

  @Test func equations() {
    #expect(EinsumEquation("abc,cd->abd")?.axes == [.input, .output])
    #expect(EinsumEquation("...x,xy->...y")?.axes == [.input, .output])
    #expect(EinsumEquation("abc, cde -> abde")?.axes == [.input, .output, .output])
    #expect(EinsumEquation("eab,ebc->eac")?.axes == [.expert, .input, .output])
    #expect(EinsumEquation("ab->a") == nil)
    #expect(EinsumEquation("") == nil)
  }
}
