/// The Gram matrix of an N×M matrix W, G = WᵀW (M×M, symmetric), accumulated
/// block by block so that W itself never has to be in memory as a whole.
///
/// Cost: N·M² floating-point operations. Strips of columns are computed side by
/// side; their widths depend on M alone, so the numbers do not depend on how
/// many threads there are.
public struct GramMatrix<Element: MatrixElement>: ~Copyable, Sendable {
  /// M: rows and columns of G.
  public let order: Int
  /// Column-major, lower triangle only.
  var elements: AlignedBuffer<Element>

  public init(order: Int) {
    self.order = order
    elements = AlignedBuffer(count: order * order)
  }

  /// WᵀW of a matrix in memory, without another copy of it.
  ///
  ///     let eigenvalues = try GramMatrix(of: values, columns: 100).eigenvalues()
  ///
  /// - Parameters:
  ///   - values: W, N×M, row by row; N ≥ M for the smaller of the two Gram matrices.
  ///   - columns: M.
  /// - Precondition: `columns` > 0 divides the number of values.
  public init(of values: [Element], columns: Int) {
    precondition(columns > 0 && values.count % columns == 0, "whole rows")
    self.init(order: columns)
    let rows = values.count / columns
    let step = max(64, (1 << 21) / columns)
    for start in stride(from: 0, to: rows, by: step) {
      let range = start..<min(start + step, rows)
      var block = AlignedBuffer<Element>(count: range.count * columns)
      var span = block.mutableSpan
      for index in 0..<span.count { span[index] = values[start * columns + index] }
      add(rows: block, rowCount: range.count)
    }
  }

  /// Makes it zero again.
  public mutating func clear() { unsafe elements.base.update(repeating: 0, count: elements.count) }

  /// Adds BᵀB for a block of rows of W.
  /// - Parameter block: `rowCount` × M, row-major.
  public mutating func add(
    rows block: borrowing AlignedBuffer<Element>, rowCount: Int, workers: Workers = Workers(1)
  ) {
    precondition(rowCount * order <= block.count, "the block holds its rows")
    guard rowCount > 0, order > 0 else { return }
    // Row-major rows × M is column-major M × rows.
    add(block.operand(leading: order), rowCount, workers)
  }

  /// Adds BBᵀ for a block of columns of Wᵀ, for a matrix that is stored with its short side first.
  /// - Parameter block: M × `columnCount`, row-major.
  public mutating func add(
    transposedColumns block: borrowing AlignedBuffer<Element>, columnCount: Int, workers: Workers = Workers(1)
  ) {
    precondition(columnCount * order <= block.count, "the block holds its columns")
    guard columnCount > 0, order > 0 else { return }
    add(block.operand(leading: columnCount).transposed, columnCount, workers)
  }

  /// Adds A·Aᵀ, A being M×k.
  private func add(_ a: MatrixOperand<Element>, _ k: Int, _ workers: Workers) {
    let c = elements.operand(leading: order)
    let order = order
    let strips = Strips(order).ranges
    workers.forEach(strips.count) { index in
      let strip = strips[index]
      let part = a.at(strip.lowerBound, 0)
      Element.addSquare(of: part, to: c.at(strip.lowerBound, strip.lowerBound), strip.count, k)
      let below = order - strip.upperBound
      guard below > 0 else { return }
      Element.multiply(
        1, a.at(strip.upperBound, 0), part.transposed, plus: 1, into: c.at(strip.upperBound, strip.lowerBound), below,
        strip.count, k)
    }
  }

  /// The mean of the eigenvalues: the trace, divided by M.
  public var meanEigenvalue: Double {
    let elements = elements.span
    return (0..<order).reduce(0) { $0 + Double(elements[$1 * order + $1]) } / Double(max(order, 1))
  }

  /// A number below the largest eigenvalue, and near it: some steps of the power method, 2·M² operations each.
  public func largestEigenvalueEstimate(steps: Int = 10) -> Double {
    var vector = AlignedBuffer<Element>(count: order)
    var span = vector.mutableSpan
    // Neither constant nor periodic, lest it be orthogonal to what is looked for.
    for index in 0..<order { span[index] = Element(1 + (Double(index) * 0.618).truncatingRemainder(dividingBy: 1)) }
    var estimate = 0.0
    for _ in 0..<steps {
      var product = AlignedBuffer<Element>(count: order)
      Element.multiplySymmetric(
        elements.operand(leading: order), vector: vector.operand(leading: order),
        into: product.operand(leading: order), order)
      let (before, after) = (norm(vector.span), norm(product.span))
      guard before > 0, after > 0, after.isFinite else { return estimate }
      estimate = after / before
      var scaled = product.mutableSpan
      for index in 0..<order { scaled[index] = Element(Double(scaled[index]) / after) }
      swap(&vector, &product)
    }
    return estimate
  }

  private func norm(_ values: Span<Element>) -> Double {
    var sum = 0.0
    for index in values.indices { sum += Double(values[index]) * Double(values[index]) }
    return sum.squareRoot()
  }
}
