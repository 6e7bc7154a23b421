import ModelReading

extension KernelRules {
  /// A kernel of three axes or more whose last or first ones are positions.
  func convolution(_ kernel: NamedTensor, _ bias: Int?, _ words: Words) -> DescribedKernel {
    let tensor = kernel.tensor
    let form = form(kernel, bias, words)
    let dimensions = tensor.rank - 2
    guard form.transposed else {
      return DescribedKernel(.convolution(rank: dimensions), tensor, axes(tensor.rank, form.order))
    }
    var result = DescribedKernel(
      .transposedConvolution(rank: dimensions), tensor, axes(tensor.rank, form.order, transposed: true))
    if form.groups > 1, let split = result.tensor.split(axis: 0, into: form.groups, roles: (.group, .input)) {
      result.tensor = split
      result.groups = form.groups
    }
    return result
  }

  /// The roles of a kernel's axes; a transposed convolution has input and output exchanged.
  func axes(_ rank: Int, _ order: AxisOrder, transposed: Bool = false) -> [Axis] {
    let output: Axis = transposed ? .input : .output
    let input: Axis = transposed ? .output : .input
    let spatial = (0..<rank - 2).map(Axis.spatial)
    switch order {
    case .outputFirst: return [output, input] + spatial
    case .channelsLast: return rank == 2 ? [input, output] : spatial + [input, output]
    case .outputFirstInputLast: return [output] + spatial + [input]
    }
  }

  private struct Form {
    var order: AxisOrder
    var transposed = false
    var groups = 1
  }

  /// The bias is as long as the output: it decides wherever it can.
  private func form(_ kernel: NamedTensor, _ bias: Int?, _ words: Words) -> Form {
    let shape = kernel.tensor.shape
    let order = likelyOrder(kernel)
    let output = order == .channelsLast ? shape[shape.count - 1] : shape[0]
    let input = inputExtent(shape, order)
    guard let bias, bias != output else {
      // Only the name tells a transposed convolution whose two sides are equally long.
      let undecided = bias == nil || input == output
      return Form(order: order, transposed: undecided && words.isTransposedConvolution)
    }
    if order == .outputFirst, let groups = transposedGroups(shape, bias) {
      return Form(order: order, transposed: true, groups: groups)
    }
    if bias == input { return Form(order: order, transposed: true) }
    if order == .channelsLast, bias == shape[0] { return Form(order: .outputFirst) }
    if order == .outputFirst, bias == shape[shape.count - 1] { return Form(order: .channelsLast) }
    return Form(order: order, transposed: words.isTransposedConvolution)
  }

  private func inputExtent(_ shape: [Int], _ order: AxisOrder) -> Int {
    switch order {
    case .outputFirst: shape[1]
    case .channelsLast: shape[shape.count - 2]
    case .outputFirstInputLast: shape[shape.count - 1]
    }
  }

  /// Groups of a transposed convolution `[input, output/groups, …]` with this bias.
  private func transposedGroups(_ shape: [Int], _ bias: Int) -> Int? {
    guard shape[1] > 0, bias > 0, bias % shape[1] == 0 else { return nil }
    let groups = bias / shape[1]
    return shape[0] % groups == 0 ? groups : nil
  }

  /// The suggested order, unless the name leaves it open and small equal extents show where the positions are.
  private func likelyOrder(_ kernel: NamedTensor) -> AxisOrder {
    let suggested = suggestedOrder(kernel)
    let shape = kernel.tensor.shape
    guard convention == .undetermined, kernel.name.leafText != "kernel", shape.count >= 4 else { return suggested }
    let count = shape.count - 2
    let first = looksSpatial(shape.prefix(count))
    let last = looksSpatial(shape.suffix(count))
    if first == last { return suggested }
    return first ? .channelsLast : .outputFirst
  }

  private func looksSpatial(_ extents: ArraySlice<Int>) -> Bool {
    guard let first = extents.first else { return false }
    return first <= 11 && extents.allSatisfy { $0 == first }
  }
}
