import LinearAlgebra
import MatrixSlicing
import ModelReading

/// WᵀW of a matrix that is decoded anew for each product: never in memory, never formed.
struct GramOperator: SymmetricOperator {
  let matrix: WeightMatrix
  let data: TensorData

  var order: Int { matrix.columns }

  /// ‖W‖²_F, after a look at all entries.
  /// - Throws: `LayerFailure` for entries that are not finite.
  func squaredNorm(_ workers: Workers) throws(LayerFailure) -> Double {
    var check = EntryCheck()
    var block = AlignedBuffer<Double>(unfilled: matrix.blockCount)
    matrix.forEachBlock(of: data, through: &block, isChecked: true, workers, StageClock()) { check.add($2) }
    try check.verify(as: Double.self)
    return check.squares
  }

  func multiply(_ x: MatrixOperand<Double>, columns: Int, into y: MatrixOperand<Double>, workers: Workers) {
    var product = GramProduct(of: x, order: order, columns: columns, into: y)
    var block = AlignedBuffer<Double>(unfilled: matrix.blockCount)
    matrix.forEachBlock(of: data, through: &block, isChecked: false, workers, StageClock()) { block, count, _ in
      if matrix.isTransposed {
        product.add(transposedColumns: block, columnCount: count, workers: workers)
      } else {
        product.add(rows: block, rowCount: count, workers: workers)
      }
    }
  }

  /// Bytes that a product with a panel of `width` columns needs beside the panels, or `nil` if the number does not fit
  /// in `Int`.
  static func workingBytes(rows: Int, columns: Int, width: Int) -> Int? {
    let step = WeightMatrix.rowsPerBlock(rows: rows, columns: columns)
    let parts = GramProduct.partCount(order: columns) * width
    let (height, carry) = columns.addingReportingOverflow(parts)
    let (elements, overflow) = step.multipliedReportingOverflow(by: height)
    let (bytes, tooLarge) = elements.multipliedReportingOverflow(by: MemoryLayout<Double>.size)
    return carry || overflow || tooLarge ? nil : bytes
  }
}
