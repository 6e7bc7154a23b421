public import ModelReading

/// A matrix of weights: two groups of axes of a tensor, everything else held fixed.
///
/// `outputs × inputs` in the tensor's canonical orientation; `rows` N and
/// `columns` M are the longer and the shorter side of it, so N ≥ M always.
public struct WeightMatrix: Sendable {
  /// Where in its layer the matrix comes from: `("position", [0, 2])`, `("gate", [1])`, …
  public struct Origin: Sendable, Equatable {
    /// `Axis.label` of what stacks the matrices, or "position" for all spatial axes together.
    public var axis: String
    public var index: [Int]

    public init(axis: String, index: [Int]) {
      self.axis = axis
      self.index = index
    }
  }

  /// One axis: how many elements, how far apart.
  struct Run: Sendable, Equatable {
    var extent: Int
    var stride: Int
  }

  /// Element type, byte order and storage are the tensor's.
  public let tensor: Tensor
  /// Empty for a layer that is one matrix.
  public let origin: [Origin]
  /// Position of the first element, in elements.
  let elementOffset: Int
  /// The axes that make up the outputs, slowest first.
  let outputs: [Run]
  /// The axes that make up the inputs, slowest first.
  let inputs: [Run]

  /// Extent of the output side.
  public var outputCount: Int { outputs.reduce(1) { $0 * $1.extent } }
  /// Extent of the input side.
  public var inputCount: Int { inputs.reduce(1) { $0 * $1.extent } }
  /// N: the longer side.
  public var rows: Int { max(outputCount, inputCount) }
  /// M: the shorter side.
  public var columns: Int { min(outputCount, inputCount) }
  /// Q = N/M ≥ 1.
  public var aspectRatio: Double { Double(rows) / Double(columns) }
  /// Whether the N×M matrix is the transpose of `outputs × inputs`.
  public var isTransposed: Bool { inputCount > outputCount }
}

extension WeightMatrix {
  /// Decodes the block of `outputRange` × `inputRange`, row-major, outputs as rows.
  ///
  /// The result depends on the matrix alone, not on how its bytes are laid out.
  ///
  /// - Parameters:
  ///   - data: the tensor's bytes.
  ///   - block: receives `outputRange.count` · `inputRange.count` values.
  @_specialize(where Value == Double)
  @_specialize(where Value == Float)
  public func decode<Value: DecodedElement>(
    outputs outputRange: Range<Int>, inputs inputRange: Range<Int>, from data: TensorData,
    into block: inout MutableSpan<Value>
  ) {
    precondition(block.count == outputRange.count * inputRange.count, "the block has the size of the ranges")
    if inputsAreNearest {
      decodeRows(outputRange, inputRange, data, &block)
    } else {
      decodeColumns(outputRange, inputRange, data, &block)
    }
  }

  /// Whether neighbours in the file are neighbours along the inputs.
  private var inputsAreNearest: Bool {
    guard let input = inputs.last else { return false }
    guard let output = outputs.last else { return true }
    return input.stride <= output.stride
  }

  /// Row after row: inputs are nearest neighbours in the file.
  private func decodeRows<Value: DecodedElement>(
    _ outputRange: Range<Int>, _ inputRange: Range<Int>, _ data: TensorData, _ block: inout MutableSpan<Value>
  ) {
    var target = 0
    for output in outputRange {
      let row = elementOffset + position(output, outputs)
      forEachRun(of: inputs, in: inputRange) { start, count, stride in
        var part = block._mutatingExtracting(target..<target + count)
        decodeRun(data, row + start, stride, &part)
        target += count
      }
    }
  }

  /// Column after column, through a buffer: outputs are nearest neighbours in the file.
  private func decodeColumns<Value: DecodedElement>(
    _ outputRange: Range<Int>, _ inputRange: Range<Int>, _ data: TensorData, _ block: inout MutableSpan<Value>
  ) {
    let width = inputRange.count
    var column = [Value](repeating: 0, count: outputRange.count)
    for (index, input) in inputRange.enumerated() {
      let start = elementOffset + position(input, inputs)
      var filled = 0
      forEachRun(of: outputs, in: outputRange) { offset, count, stride in
        var target = column.mutableSpan
        var part = target._mutatingExtracting(filled..<filled + count)
        decodeRun(data, start + offset, stride, &part)
        filled += count
      }
      for row in column.indices { block[row * width + index] = column[row] }
    }
  }

  private func decodeRun<Value: DecodedElement>(
    _ data: TensorData, _ start: Int, _ stride: Int, _ target: inout MutableSpan<Value>
  ) {
    tensor.elementType.decode(data.bytes, from: start, stride: stride, order: tensor.byteOrder, into: &target)
  }

  /// Offset of the element at flat index `index` of nested `runs`.
  private func position(_ index: Int, _ runs: [Run]) -> Int {
    var rest = index
    var offset = 0
    for run in runs.reversed() {
      offset += rest % run.extent * run.stride
      rest /= run.extent
    }
    return offset
  }

  /// Calls `body` with (offset, count, stride) for each part of `range` that lies along the fastest axis.
  private func forEachRun(of runs: [Run], in range: Range<Int>, _ body: (Int, Int, Int) -> Void) {
    guard let fastest = runs.last else { return body(0, range.count, 0) }
    var index = range.lowerBound
    while index < range.upperBound {
      let count = min(fastest.extent - index % fastest.extent, range.upperBound - index)
      body(position(index, runs), count, fastest.stride)
      index += count
    }
  }
}
