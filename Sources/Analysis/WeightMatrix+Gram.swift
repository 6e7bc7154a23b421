import LinearAlgebra
import MatrixSlicing
import ModelReading
import Synchronization

/// Why one layer has no spectrum; the other layers go on.
enum LayerFailure: Error {
  case read(ReadError)
  /// A reason in the present tense, for the row.
  case numeric(String)

  var reason: String {
    switch self {
    case .read(let error): error.message
    case .numeric(let reason): reason
    }
  }

  /// Whether the layer is beyond what is analysed, rather than broken.
  var isExpected: Bool {
    guard case .read(let error) = self else { return false }
    return error.code == .unsupported || error.code == .limitExceeded
  }
}

extension WeightMatrix {
  /// WᵀW, of which the eigenvalues are still to be computed.
  ///
  /// The matrix passes through in blocks of a few megabytes, in an order and
  /// with sizes that depend on its shape alone: the same numbers stored any
  /// other way, and any number of workers, give the same bits.
  ///
  /// - Parameter arithmetic: `.single` is for trying: where it is of no use the matrix comes in doubles, unless
  ///   `isBinding`.
  /// - Throws: `LayerFailure` for entries that are not finite.
  func gram(
    from data: TensorData, in arithmetic: Arithmetic, isBinding: Bool, workers: Workers, _ clock: StageClock
  ) throws(LayerFailure) -> any PendingSpectrum {
    if arithmetic == .single {
      if isBinding { return PendingGram(try gram(from: data, as: Float.self, workers, clock)) }
      if let pending = tried(data, workers, clock) { return pending }
    }
    return PendingGram(try gram(from: data, as: Double.self, workers, clock))
  }

  /// The spectra of matrices of one shape, some of whose steps are done to several at a time.
  ///
  /// - Throws: `LayerFailure` for entries that are not finite.
  static func spectra(
    of matrices: [WeightMatrix], from data: TensorData, _ clock: StageClock
  ) throws(LayerFailure) -> [MatrixSpectrum] {
    // One after the other in the same memory, which otherwise would be the system's in between.
    var batch = EigenvalueBatch(order: matrices[0].columns)
    var gram = GramMatrix<Double>(order: matrices[0].columns)
    var block = AlignedBuffer<Double>(unfilled: matrices[0].blockCount)
    for (index, matrix) in matrices.enumerated() {
      if index > 0 { gram.clear() }
      try matrix.addSquare(of: data, to: &gram, through: &block, Workers(1), clock)
      let start = ContinuousClock.now
      defer { clock.add(.eigenvalues, since: start) }
      batch.add(gram)
    }
    let start = ContinuousClock.now
    defer { clock.add(.eigenvalues, since: start) }
    do {
      return try batch.eigenvalues().map { MatrixSpectrum(eigenvalues: $0, arithmetic: .double) }
    } catch {
      throw .numeric(error.description)
    }
  }

  /// In floats, unless they are of no use: what overflows in them need not in doubles.
  private func tried(_ data: TensorData, _ workers: Workers, _ clock: StageClock) -> (any PendingSpectrum)? {
    do {
      let gram = try gram(from: data, as: Float.self, workers, clock)
      return SinglePrecision.isHopeless(gram, rows: rows) ? nil : PendingGram(gram)
    } catch {
      return nil
    }
  }

  private func gram<Element: MatrixElement & DecodedElement>(
    from data: TensorData, as _: Element.Type, _ workers: Workers, _ clock: StageClock
  ) throws(LayerFailure) -> GramMatrix<Element> {
    var gram = GramMatrix<Element>(order: columns)
    var block = AlignedBuffer<Element>(unfilled: blockCount)
    try addSquare(of: data, to: &gram, through: &block, workers, clock)
    return gram
  }

  private func addSquare<Element: MatrixElement & DecodedElement>(
    of data: TensorData, to gram: inout GramMatrix<Element>, through block: inout AlignedBuffer<Element>,
    _ workers: Workers, _ clock: StageClock
  ) throws(LayerFailure) {
    var check = EntryCheck()
    let isTransposed = isTransposed
    forEachBlock(of: data, through: &block, isChecked: true, workers, clock) { block, count, seen in
      check.add(seen)
      let start = ContinuousClock.now
      defer { clock.add(.gram, since: start) }
      if isTransposed {
        gram.add(transposedColumns: block, columnCount: count, workers: workers)
      } else {
        gram.add(rows: block, rowCount: count, workers: workers)
      }
    }
    try check.verify(as: Element.self)
  }

  /// Calls `body` with blocks of rows of the N×M matrix and their number: row-major, M × rows if it is transposed.
  ///
  /// - Parameters:
  ///   - block: `blockCount` numbers, for those of each block in turn.
  ///   - isChecked: whether entries are looked at.
  ///   - body: gets what that look says as well.
  func forEachBlock<Element: MatrixElement & DecodedElement>(
    of data: TensorData, through block: inout AlignedBuffer<Element>, isChecked: Bool, _ workers: Workers,
    _ clock: StageClock, _ body: (borrowing AlignedBuffer<Element>, Int, EntryCheck) -> Void
  ) {
    // The longer side is cut into blocks; the shorter one is always whole.
    let step = WeightMatrix.rowsPerBlock(rows: rows, columns: columns)
    var start = 0
    while start < rows {
      let range = start..<min(start + step, rows)
      let check = clock.measure(.decode) { decode(range, of: data, into: &block, isChecked: isChecked, workers) }
      body(block, range.count, check)
      start = range.upperBound
    }
  }

  /// Numbers of the largest block.
  var blockCount: Int { WeightMatrix.rowsPerBlock(rows: rows, columns: columns) * columns }

  /// Rows of the N×M matrix that are numbers at the same time.
  static func rowsPerBlock(rows: Int, columns: Int) -> Int { min(max(64, elementsPerBlock / columns), rows) }

  /// 16 MiB of doubles: larger than any cache, smaller than any layer worth the blocking.
  private static let elementsPerBlock = 1 << 21

  private func decode<Element: MatrixElement & DecodedElement>(
    _ range: Range<Int>, of data: TensorData, into block: inout AlignedBuffer<Element>, isChecked: Bool,
    _ workers: Workers
  ) -> EntryCheck {
    // The block's rows are outputs of the matrix, in parts of a whole number of them.
    let (blockRows, width) = isTransposed ? (columns, range.count) : (range.count, columns)
    let parts = blockRows * width < Self.elementsPerPart ? 1 : Self.partsPerBlock
    let rowsPerPart = (blockRows + parts - 1) / parts
    let checks = Mutex([EntryCheck](repeating: EntryCheck(), count: parts))
    block.fill(blockRows * width, runsOf: rowsPerPart * width, workers: workers) { part, span in
      let first = (isTransposed ? 0 : range.lowerBound) + part * rowsPerPart
      let outputs = first..<first + span.count / width
      decode(outputs: outputs, inputs: isTransposed ? range : 0..<columns, from: data, into: &span)
      guard isChecked else { return }
      var check = EntryCheck()
      check.add(span.span)
      checks.withLock { $0[part] = check }
    }
    return checks.withLock { $0.reduce(into: EntryCheck()) { $0.add($1) } }
  }

  /// Parts that threads decode side by side, and what makes them worth it.
  private static let partsPerBlock = 16
  private static let elementsPerPart = 1 << 16

  /// Bytes that `eigenvalues` needs beside the file, or `nil` if the number does not fit in `Int`.
  static func workingBytes(columns: Int) -> Int? {
    let (square, overflow) = columns.multipliedReportingOverflow(by: columns)
    let (bytes, tooLarge) = square.multipliedReportingOverflow(by: MemoryLayout<Double>.size)
    let (block, carry) = bytes.addingReportingOverflow(elementsPerBlock * MemoryLayout<Double>.size)
    // The square did not overflow, so neither does this.
    let (total, excess) = block.addingReportingOverflow(GramMatrix<Double>.workingBytes(order: columns))
    return overflow || tooLarge || carry || excess ? nil : total
  }
}

extension MatrixFactors {
  /// The eigenvalues of WᵀW for W = scale · left · right, ascending, as many as W's shorter side.
  ///
  /// Always in double precision: thin factors cost little.
  /// - Throws: `LayerFailure` for entries that are not finite.
  func eigenvalues(_ leftData: TensorData, _ rightData: TensorData) throws(LayerFailure) -> [Double] {
    let rank = left.inputCount
    let nonzero: [Double]
    let leftBlock = try checked(left, leftData)
    let rightBlock = try checked(right, rightData)
    do {
      nonzero = try lowRankEigenvalues(left: leftBlock, right: rightBlock, rank: rank, scale: scale)
    } catch {
      throw .numeric(error.description)
    }
    return [Double](repeating: 0, count: min(left.outputCount, right.inputCount) - rank) + nonzero
  }

  private func checked(
    _ matrix: WeightMatrix, _ data: TensorData
  ) throws(LayerFailure) -> AlignedBuffer<Double> {
    var block = AlignedBuffer<Double>(count: matrix.outputCount * matrix.inputCount)
    var span = block.mutableSpan
    matrix.decode(outputs: 0..<matrix.outputCount, inputs: 0..<matrix.inputCount, from: data, into: &span)
    var check = EntryCheck()
    check.add(block.span)
    try check.verify(as: Double.self)
    return block
  }

  /// Bytes that the factors take as numbers, or `nil` if the number does not fit in `Int`.
  var workingBytes: Int? {
    let (sides, overflow) = left.outputCount.addingReportingOverflow(right.inputCount)
    let (elements, tooLarge) = sides.multipliedReportingOverflow(by: left.inputCount)
    let (bytes, excess) = elements.multipliedReportingOverflow(by: MemoryLayout<Double>.size)
    return overflow || tooLarge || excess ? nil : bytes
  }
}

/// Looks for entries that no decomposition survives.
struct EntryCheck {
  /// Σw²: the squared Frobenius norm.
  private(set) var squares = 0.0
  private var nonFinite = 0
  private var hasNonzero = false

  /// Counts in what another has seen.
  mutating func add(_ other: EntryCheck) {
    squares += other.squares
    nonFinite += other.nonFinite
    hasNonzero = hasNonzero || other.hasNonzero
  }

  mutating func add<Element: MatrixElement>(_ values: Span<Element>) {
    let sum = EntryCheck.sumOfSquares(values)
    squares += Double(sum)
    // Looking at each entry is needed only where the sum says that one is bad.
    if !sum.isFinite { for i in values.indices where !values[i].isFinite { nonFinite += 1 } }
    if sum < EntryCheck.smallestSum(Element.self) {
      for i in values.indices where values[i] != 0 { hasNonzero = true }
    } else {
      hasNonzero = true
    }
  }

  /// Eight sums side by side: in one, each addition would wait for the one before.
  private static func sumOfSquares<Element: MatrixElement>(_ values: Span<Element>) -> Element {
    let lanes = SIMD8<Element>.scalarCount
    let whole = values.count / lanes * lanes
    var sums = SIMD8<Element>.zero
    for start in stride(from: 0, to: whole, by: lanes) {
      var eight = SIMD8<Element>.zero
      for lane in 0..<lanes { eight[lane] = values[start + lane] }
      sums += eight * eight
    }
    return (whole..<values.count).reduce(sums.sum()) { $0 + values[$1] * values[$1] }
  }

  /// Squares below this have lost digits to underflow.
  private static func smallestSum<Element: MatrixElement>(_: Element.Type) -> Element {
    Element.leastNormalMagnitude / Element.ulpOfOne
  }

  func verify<Element: MatrixElement>(as _: Element.Type) throws(LayerFailure) {
    guard nonFinite == 0 else { throw .numeric("\(nonFinite) entries are NaN or infinite") }
    guard squares.isFinite else { throw .numeric("the squares of the entries overflow") }
    guard !hasNonzero || squares >= Double(EntryCheck.smallestSum(Element.self)) else {
      throw .numeric("the squares of the entries underflow")
    }
  }
}
