import LinearAlgebra
import MatrixSlicing
import ModelReading
import SpectralCore

extension WeightMatrix {
  /// The whole matrix, its longer side first: the same numbers in the same order for a matrix and its transpose.
  func dense(from data: TensorData) -> RandomMatrix {
    let values = values(from: data)
    return RandomMatrix(
      rows: rows, columns: columns,
      values: isTransposed ? transposed(values, rows: outputCount, columns: inputCount) : values)
  }

  /// Outputs × inputs, row by row.
  func values(from data: TensorData) -> [Double] {
    var values = [Double](repeating: 0, count: outputCount * inputCount)
    var span = values.mutableSpan
    decode(outputs: 0..<outputCount, inputs: 0..<inputCount, from: data, into: &span)
    return values
  }
}

/// The transpose of a matrix whose numbers stand row by row.
func transposed(_ values: [Double], rows: Int, columns: Int) -> [Double] {
  var result = [Double](repeating: 0, count: values.count)
  for row in 0..<rows {
    for column in 0..<columns { result[column * rows + row] = values[row * columns + column] }
  }
  return result
}

extension WeightMatrix {
  /// As `dense`, with a word for entries that no decomposition survives.
  func checkedDense(from data: TensorData) throws(LayerFailure) -> RandomMatrix {
    let matrix = dense(from: data)
    var check = EntryCheck()
    check.add(matrix.values.span)
    try check.verify(as: Double.self)
    return matrix
  }
}

extension RandomMatrix {
  /// WᵀW.
  func gram() -> GramMatrix<Double> { GramMatrix(of: values, columns: columns) }

  /// The eigenvalues of WᵀW, ascending.
  func eigenvalues() throws(LayerFailure) -> [Double] {
    do { return try gram().eigenvalues() } catch { throw .numeric(error.description) }
  }
}
