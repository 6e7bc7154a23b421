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

  /// AlexNet's second convolution takes half of what the first yields, and nothing says why.
  @Test func possibleGroupsAreNoted() throws {
    let entries: [Entry] = [
      ("conv1.weight", [96, 3, 11, 11]), ("conv2.weight", [256, 48, 5, 5]), ("conv3.weight", [384, 256, 3, 3]),
      ("conv4.weight", [384, 192, 3, 3]),
    ]
    let notes = try layers(entries).map(\.note)
    #expect(notes.map { $0 != nil } == [false, true, false, true])
    #expect(notes[1]?.hasSuffix("such files do not record groups, and the kernel is analysed as ungrouped") == true)
  }

  /// The shortcut of a residual block takes what an earlier layer yields; a second tower takes pictures.
  @Test func shortcutsAndTowersAreNotNoted() throws {
    let entries: [Entry] = [
      ("conv1.weight", [64, 3, 7, 7]), ("layer.conv1.weight", [128, 64, 3, 3]),
      ("layer.conv2.weight", [128, 128, 3, 3]), ("layer.downsample.weight", [128, 64, 1, 1]),
      ("layer.conv3.weight", [96, 128, 3, 3]), ("second.conv1.weight", [64, 3, 7, 7]),
    ]
    #expect(try layers(entries).allSatisfy { $0.note == nil })
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
