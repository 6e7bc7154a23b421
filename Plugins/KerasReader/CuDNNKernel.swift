import ModelReading

/// A kernel of `CuDNNLSTM` or `CuDNNGRU`.
///
/// Keras gives it the shape that an ordinary LSTM's has, `[inputs, gates · units]`, and fills each gate's
/// block, row by row, with a matrix that lies the other way round: `[units, inputs]`.
struct CuDNNKernel {
  /// `[rows, gates, units]`
  private let gates: Tensor

  /// `nil` if the gates do not divide the kernel evenly.
  init?(_ tensor: Tensor, _ cell: LayerKind.RecurrentCell) {
    guard tensor.rank == 2,
      let gates = tensor.labelled([.output, .input]).split(axis: 1, into: cell.gateCount, roles: (.gate, .input))
    else { return nil }
    self.gates = gates
  }

  /// A square block is a transposed matrix; `nil` if the blocks are not square.
  var recurrent: Tensor? { gates.shape[0] == gates.shape[2] ? gates : nil }

  /// Rows of a block and of its matrix differ in length, so that no strides describe the
  /// matrix: it is copied when it is asked for.
  var input: Tensor? {
    if let recurrent { return recurrent }
    let blocks = gates.permuted([1, 0, 2])
    let production = ProducedBytes(byteCount: blocks.byteCount, label: blocks.storage.label) { () throws(ReadError) in
      try blocks.littleEndianBytes()
    }
    return try? Tensor(
      name: gates.name, elementType: gates.elementType, shape: [gates.shape[1], gates.shape[2], gates.shape[0]],
      axes: [.gate, .output, .input], storage: .produced(production))
  }
}
