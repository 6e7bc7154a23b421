/// Reduces a symmetric matrix to a band with the same eigenvalues: the first stage of two.
///
/// The direct way to tridiagonal form reads the whole remaining matrix once per column and is as slow as memory. Going
/// through a band reads it once per `width` columns, in matrix products (Bischof, Lang & Sun, ACM TOMS 26, 2000). The
/// 4/3·n³ operations are those of the direct way.
///
/// Per panel of columns: QR of what lies below the band, Q = I − V·T·Vᵀ, and for the block A right of it
///
///     A ← QᵀAQ = A − V·Wᵀ − W·Vᵀ,   W = A·V·T − ½·V·Tᵀ·Vᵀ·A·V·T.
///
/// Products are divided among the workers in strips that depend on the shape alone.
struct BandReduction<Element: MatrixElement>: ~Copyable {
  /// Subdiagonals of the band.
  static var width: Int { BulgeChase.width }

  private let order: Int
  private let workers: Workers
  private let a: MatrixOperand<Element>
  /// V, W and V again, side by side: two neighbours are one operand of the update.
  private let reflectors: AlignedBuffer<Element>
  /// V·T.
  private let scaled: AlignedBuffer<Element>
  /// T, and Tᵀ·Vᵀ·A·V·T.
  private let triangle: AlignedBuffer<Element>
  private let core: AlignedBuffer<Element>

  /// - Parameter a: `order` × `order`, lower triangle; destroyed.
  init(_ a: MatrixOperand<Element>, order: Int, workers: Workers) {
    let width = BandReduction.width
    self.a = a
    self.order = order
    self.workers = workers
    reflectors = AlignedBuffer(count: order * 3 * width)
    scaled = AlignedBuffer(count: order * width)
    triangle = AlignedBuffer(count: width * width)
    core = AlignedBuffer(count: width * width)
  }

  /// Leaves the band in `a`.
  ///
  /// - Throws: `LinearAlgebraError` if a routine reports failure.
  func run() throws(LinearAlgebraError) {
    let width = BandReduction.width
    var start = 0
    while order - start - width > 0 {
      try reducePanel(start)
      start += width
    }
  }

  /// Columns `start` ..< `start` + `width`, and the block right of them.
  private func reducePanel(_ start: Int) throws(LinearAlgebraError) {
    let width = BandReduction.width
    let top = start + width
    let rows = order - top
    let rank = min(rows, width)
    let panel = a.at(top, start)
    let t = triangle.operand(leading: width)
    let status = Element.factor(panel, t, rows, rank)
    guard status == 0 else { throw LinearAlgebraError(description: "geqrt3 reports \(status)") }
    let v = reflectors.operand(leading: order)
    let (w, second) = (v.at(0, rank), v.at(0, 2 * rank))
    copyReflectors(panel, rows, rank, to: v, and: second)
    if rank < width { applyReflectors(v, to: panel.at(0, rank), rows, rank, columns: width - rank) }
    let vt = scaled.operand(leading: order)
    Element.multiply(1, v, t, plus: 0, into: vt, rows, rank, rank)
    let block = a.at(top, top)
    multiplyBlock(block, vt, into: w, rows, rank)
    // W ← W − ½·V·((V·T)ᵀ·W)
    let c = core.operand(leading: width)
    Element.multiply(1, vt.transposed, w, plus: 0, into: c, rank, rank, rows)
    Element.multiply(-0.5, v, c, plus: 1, into: w, rows, rank, rank)
    update(block, left: v, right: w, rows, rank)
  }

  /// V with its unit diagonal and the zeros above it; in the panel they give way to R.
  private func copyReflectors(
    _ panel: MatrixOperand<Element>, _ rows: Int, _ rank: Int, to first: MatrixOperand<Element>,
    and second: MatrixOperand<Element>
  ) {
    for column in 0..<rank {
      for row in 0..<rows {
        let value: Element = row < column ? 0 : row == column ? 1 : panel[row, column]
        first[row, column] = value
        second[row, column] = value
      }
    }
    // T is upper triangular; what lies below its diagonal is not defined.
    let t = triangle.operand(leading: BandReduction.width)
    for column in 0..<rank { for row in column + 1..<max(rank, column + 1) { t[row, column] = 0 } }
  }

  /// B ← QᵀB = B − V·Tᵀ·(Vᵀ·B), for the few columns that are left when the rows run out.
  private func applyReflectors(
    _ v: MatrixOperand<Element>, to b: MatrixOperand<Element>, _ rows: Int, _ rank: Int, columns: Int
  ) {
    let c = core.operand(leading: BandReduction.width)
    let vt = scaled.operand(leading: order)
    Element.multiply(1, v, triangle.operand(leading: BandReduction.width), plus: 0, into: vt, rows, rank, rank)
    Element.multiply(1, vt.transposed, b, plus: 0, into: c, rank, columns, rows)
    Element.multiply(-1, v, c, plus: 1, into: b, rows, columns, rank)
  }

  /// C ← A·B of the symmetric A, rows of C side by side: each reads its row of A left of the diagonal, and below it
  /// its column.
  private func multiplyBlock(
    _ a: MatrixOperand<Element>, _ b: MatrixOperand<Element>, into c: MatrixOperand<Element>, _ order: Int, _ rank: Int
  ) {
    let strips = Strips(order).ranges
    workers.forEach(strips.count) { index in
      let (first, end) = (strips[index].lowerBound, strips[index].upperBound)
      let target = c.at(first, 0)
      Element.multiply(1, a.at(first, 0), b, plus: 0, into: target, end - first, rank, first)
      Element.multiplySymmetric(a.at(first, first), b.at(first, 0), into: target, end - first, rank)
      guard end < order else { return }
      Element.multiply(
        1, a.at(end, first).transposed, b.at(end, 0), plus: 1, into: target, end - first, rank, order - end)
    }
  }

  /// A ← A − V·Wᵀ − W·Vᵀ, columns side by side: one product of [V W] and [W V]ᵀ each.
  private func update(
    _ a: MatrixOperand<Element>, left v: MatrixOperand<Element>, right w: MatrixOperand<Element>, _ order: Int,
    _ rank: Int
  ) {
    let strips = Strips(order).ranges
    workers.forEach(strips.count) { index in
      let (first, end) = (strips[index].lowerBound, strips[index].upperBound)
      // Only the lower triangle is of use: less and less of it is wasted in narrow blocks.
      Element.multiply(
        -1, v.at(first, 0), w.at(first, 0).transposed, plus: 1, into: a.at(first, first), order - first, end - first,
        2 * rank)
    }
  }
}
