import ModelReading
import StateDictionary
import Testing

@Suite struct NeighbourhoodTests {
  @Test func firstConvolutionOfGreyPicturesIsOrdinary() throws {
    #expect(
      try lines([("conv1.weight", [6, 1, 5, 5]), ("conv2.weight", [16, 6, 5, 5])])
        == ["conv1 conv2d [6, 1, 5, 5]", "conv2 conv2d [16, 6, 5, 5]"])
  }

  @Test func channelsOfThePreviousLayerMakeItDepthwise() throws {
    let entries: [Entry] = [
      ("features.0.0.weight", [32, 3, 3, 3]), ("features.1.conv.0.0.weight", [32, 1, 3, 3]),
      ("features.1.conv.1.weight", [16, 32, 1, 1]), ("features.2.conv.0.0.weight", [96, 16, 1, 1]),
      ("features.2.conv.1.0.weight", [96, 1, 3, 3]), ("mult.weight", [192, 1, 3, 3]),
    ]
    #expect(
      try layers(entries).map(\.kind.label)
        == ["conv2d", "depthwise_conv2d", "conv2d", "conv2d", "depthwise_conv2d", "depthwise_conv2d"])
    #expect(try layers(entries).map(\.groups) == [1, 32, 1, 1, 96, 192])
  }

  @Test func pointwiseSuccessorMakesItDepthwise() throws {
    let entries: [Entry] = [
      ("a.weight", [64, 3, 3, 3]), ("b.weight", [256, 64, 3, 3]), ("head.0.weight", [64, 1, 3, 3]),
      ("head.2.weight", [6, 64, 1, 1]),
    ]
    #expect(try layers(entries)[2].kind == .depthwiseConvolution(rank: 2))
  }

  @Test func secondTowerOfGreyPicturesIsOrdinary() throws {
    let entries: [Entry] = [
      ("left.conv1.weight", [6, 1, 5, 5]), ("left.conv2.weight", [16, 6, 5, 5]), ("right.conv1.weight", [6, 1, 5, 5]),
      ("right.conv2.weight", [16, 6, 5, 5]),
    ]
    #expect(try layers(entries).allSatisfy { $0.kind == .convolution(rank: 2) })
  }

  @Test func singleOutputSaysNothing() throws {
    let entries: [Entry] = [("last.weight", [1, 128, 1]), ("stft.weight", [258, 1, 256])]
    #expect(try layers(entries).map(\.kind.label) == ["conv1d", "conv1d"])
  }

  @Test func bottlenecksShowTheirGroups() throws {
    let entries: [Entry] = [
      ("layer1.0.conv1.weight", [128, 64, 1, 1]), ("layer1.0.conv2.weight", [128, 4, 3, 3]),
      ("layer1.0.conv3.weight", [256, 128, 1, 1]),
    ]
    let layer = try layers(entries)[1]
    #expect(layer.groups == 32)
    #expect(layer.parameters[0].tensor.axes == [.group, .output, .input, .spatial(0), .spatial(1)])
    #expect(layer.parameters[0].tensor.canonicalShape == [128, 4, 3, 3])
  }
}
