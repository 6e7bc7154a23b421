/// A symmetric matrix of which nothing is known but its products with others.
public protocol SymmetricOperator: Sendable {
  /// Rows and columns.
  var order: Int { get }

  /// Y ← A·X, both `order` × `columns`. The numbers do not depend on how many workers there are.
  func multiply(_ x: MatrixOperand<Double>, columns: Int, into y: MatrixOperand<Double>, workers: Workers)
}

/// Y = WᵀW·X for an N×M matrix W that comes block by block, and X of few columns.
///
/// Cost: 4·N·M operations for each column of X; neither W nor WᵀW is ever in memory as a whole.
public struct GramProduct: ~Copyable {
  private let x: MatrixOperand<Double>
  private let y: MatrixOperand<Double>
  private let order: Int
  private let columns: Int
  /// The block's product with each strip of X, one after the other.
  private var parts = AlignedBuffer<Double>(count: 0)

  /// How many products of a block with parts of X there are at the same time, each as many rows as the block.
  public static func partCount(order: Int) -> Int { Strips(order).ranges.count }

  /// Begins with Y = 0.
  /// - Parameters:
  ///   - x: M × `columns`.
  ///   - y: M × `columns`.
  public init(of x: MatrixOperand<Double>, order: Int, columns: Int, into y: MatrixOperand<Double>) {
    self.x = x
    self.y = y
    self.order = order
    self.columns = columns
    for column in 0..<columns {
      for row in 0..<order { y[row, column] = 0 }
    }
  }

  /// Adds BᵀB·X for a block of rows of W.
  /// - Parameter block: `rowCount` × M, row-major.
  public mutating func add(rows block: borrowing AlignedBuffer<Double>, rowCount: Int, workers: Workers) {
    precondition(rowCount * order <= block.count, "the block holds its rows")
    add(block.operand(leading: order), rowCount, workers)
  }

  /// Adds BBᵀ·X for a block of columns of Wᵀ, for a matrix that is stored with its short side first.
  /// - Parameter block: M × `columnCount`, row-major.
  public mutating func add(transposedColumns block: borrowing AlignedBuffer<Double>, columnCount: Int, workers: Workers)
  {
    precondition(columnCount * order <= block.count, "the block holds its columns")
    add(block.operand(leading: columnCount).transposed, columnCount, workers)
  }

  /// Adds A·AᵀX, A being M×k.
  private mutating func add(_ a: MatrixOperand<Double>, _ k: Int, _ workers: Workers) {
    guard k > 0, order > 0, columns > 0 else { return }
    let strips = Strips(order).ranges
    if parts.count < strips.count * k * columns { parts = AlignedBuffer(count: strips.count * k * columns) }
    let parts = parts.operand(leading: k)
    let (x, y, columns) = (x, y, columns)
    workers.forEach(strips.count) { index in
      let first = strips[index].lowerBound
      Double.multiply(
        1, a.at(first, 0).transposed, x.at(first, 0), plus: 0, into: parts.at(0, index * columns), k, columns,
        strips[index].count)
    }
    for index in strips.indices.dropFirst() {
      for column in 0..<columns {
        for row in 0..<k { parts[row, column] += parts[row, index * columns + column] }
      }
    }
    workers.forEach(strips.count) { index in
      let first = strips[index].lowerBound
      Double.multiply(1, a.at(first, 0), parts, plus: 1, into: y.at(first, 0), strips[index].count, columns, k)
    }
  }
}
