import KerasReader
import ModelReading
import TestSupport
import Testing

/// Models that Keras itself saved, from version 1 to 3.
@Suite struct RealFileTests {
  static let lenet5 = [
    "conv1 conv2d kernel [6, 1, 5, 5]", "conv2 conv2d kernel [16, 6, 5, 5]", "fc1 dense kernel [120, 400]",
    "fc2 dense kernel [84, 120]", "fc3 dense kernel [10, 84]",
  ]

  @Test(arguments: ["LeNet5/lenet5.h5", "LeNet5/lenet5.keras"])
  func lenet5(_ name: String) throws {
    let graph = try open(Fixtures.sample(name))
    #expect(rows(graph) == Self.lenet5)
    #expect(graph.diagnostics.isEmpty)
    for layer in graph.layers {
      for parameter in layer.parameters {
        #expect(parameter.tensor.storage.fileRange != nil, "\(parameter.tensor.name) is mapped")
      }
    }
  }

  static let variety = [
    "zeta_conv conv2d kernel [6, 4, 3, 3]", "conv1d conv1d kernel [8, 6, 3]", "grouped conv2d kernel [8, 3, 3, 3]",
    "lstm lstm kernel [28, 8]", "lstm lstm recurrent_kernel [28, 7]", "up conv2d_transpose kernel [5, 8, 3, 2]",
    "bi/forward gru kernel [15, 7]", "bi/forward gru recurrent_kernel [15, 5]", "bi/backward gru kernel [15, 7]",
    "bi/backward gru recurrent_kernel [15, 5]", "depthwise depthwise_conv2d kernel [10, 1, 3, 3]",
    "mha/query attention kernel [8, 10]", "mha/key attention kernel [8, 10]", "mha/value attention kernel [8, 10]",
    "mha/output attention kernel [10, 8]", "separable/depthwise depthwise_conv2d kernel [20, 1, 3, 3]",
    "separable/pointwise conv2d kernel [7, 20, 1, 1]", "einsum dense kernel [12, 10]",
    "alpha_conv conv2d kernel [9, 7, 1, 1]", "conv3d conv3d kernel [3, 2, 2, 2, 2]",
    "embedding embedding kernel [30, 9]", "simple_rnn rnn kernel [4, 12]", "simple_rnn rnn recurrent_kernel [4, 4]",
    "dense_1 dense kernel [10, 25]", "inner/fc dense kernel [11, 10]", "inner/proj dense kernel [6, 11]",
    "dense dense kernel [2, 6]",
  ]

  /// The same weights in the four containers, two of which say nothing of classes.
  @Test(arguments: ["variety.h5", "variety-weights.h5", "variety.weights.h5", "variety.keras"])
  func variety(_ name: String) throws {
    let graph = try open(Fixtures.sample("Variety/" + name))
    #expect(rows(graph) == Self.variety)
    let unexpected = graph.diagnostics.filter { $0.code != .leftOut && $0.code != .inferred }
    #expect(unexpected.isEmpty)
    #expect(graph.diagnostics.filter { $0.code == .leftOut }.count == (name == "variety-weights.h5" ? 0 : 1))
  }

  @Test func theFourContainersHoldTheSameNumbers() throws {
    let graphs = try ["variety.h5", "variety-weights.h5", "variety.weights.h5", "variety.keras"].map {
      try open(Fixtures.sample("Variety/" + $0))
    }
    for graph in graphs.dropFirst() {
      for (layer, other) in zip(graphs[0].layers, graph.layers) {
        #expect(layer.name == other.name)
        for (parameter, twin) in zip(layer.parameters.filter(\.isWeight), other.parameters.filter(\.isWeight)) {
          #expect(
            try parameter.tensor.canonical.values(as: Double.self) == twin.tensor.canonical.values(as: Double.self))
        }
      }
    }
  }

  @Test func truncatedFileSaysSo() throws {
    let error = #expect(throws: ReadError.self) { try open(Fixtures.sample("Bad/truncated.h5")) }
    #expect(error?.code == .truncated)
  }

  @Test(.enabled(if: Fixtures.shared("models/real/resnet8-cifar10-keras240.h5") != nil))
  func resnet8() throws {
    let graph = try open(#require(Fixtures.shared("models/real/resnet8-cifar10-keras240.h5")))
    #expect(graph.producer == "Keras 2.4.0 (tensorflow)")
    #expect(
      rows(graph) == [
        "conv2d conv2d kernel [16, 3, 3, 3]", "conv2d_1 conv2d kernel [16, 16, 3, 3]",
        "conv2d_2 conv2d kernel [16, 16, 3, 3]", "conv2d_3 conv2d kernel [32, 16, 3, 3]",
        "conv2d_4 conv2d kernel [32, 32, 3, 3]", "conv2d_5 conv2d kernel [32, 16, 1, 1]",
        "conv2d_6 conv2d kernel [64, 32, 3, 3]", "conv2d_7 conv2d kernel [64, 64, 3, 3]",
        "conv2d_8 conv2d kernel [64, 32, 1, 1]", "dense dense kernel [10, 64]",
      ])
    #expect(graph.diagnostics.map(\.code) == [.leftOut])
  }

  @Test(.enabled(if: Fixtures.shared("models/real/tiny-xception-keras205.hdf5") != nil))
  func xceptionOfKeras2() throws {
    let graph = try open(#require(Fixtures.shared("models/real/tiny-xception-keras205.hdf5")))
    let separable = rows(graph).filter { $0.hasPrefix("separable_conv2d_3/") }
    #expect(
      separable == [
        "separable_conv2d_3/depthwise depthwise_conv2d kernel [8, 1, 3, 3]",
        "separable_conv2d_3/pointwise conv2d kernel [16, 8, 1, 1]",
      ])
    #expect(graph.diagnostics.allSatisfy { $0.code == .leftOut })
  }

  @Test(.enabled(if: Fixtures.shared("models/real/compact-cnn-keras1-theano-weights.hdf5") != nil))
  func theanoOrderOfKeras1() throws {
    let graph = try open(#require(Fixtures.shared("models/real/compact-cnn-keras1-theano-weights.hdf5")))
    #expect(
      rows(graph) == ["ConvBNEluDr/convolution2d_1 conv2d kernel [32, 1, 3, 3]", "dense_1 dense kernel [50, 32]"])
    let left = graph.diagnostics.filter { $0.code == .notAWeight }.map(\.subject)
    #expect(left == ["melgram/param_0", "melgram/param_1", "melgram/param_2"])
  }

  @Test(.enabled(if: Fixtures.shared("models/real/lenet-mnist-keras2100.h5") != nil))
  func lenetOfKeras2() throws {
    let graph = try open(#require(Fixtures.shared("models/real/lenet-mnist-keras2100.h5")))
    #expect(graph.layers.map(\.name) == ["conv2d", "conv2d_1", "dense", "dense_1", "dense_2"])
  }

  @Test(
    .enabled(if: Fixtures.shared("models/edge/compound-dtype-complex.h5") != nil),
    arguments: [
      "compound-dtype-complex.h5", "vlen_string_dset.h5", "vlen_string_dset_utc.h5", "vlen_string_s390x.h5",
    ])
  func filesThatAreNoModels(_ name: String) throws {
    let graph = try open(#require(Fixtures.shared("models/edge/" + name)))
    #expect(graph.layers.isEmpty)
    #expect(graph.variant == "plain HDF5")
    #expect(!graph.inventory.isEmpty)
  }
}
