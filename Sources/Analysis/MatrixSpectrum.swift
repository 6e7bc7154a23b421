import LinearAlgebra
import MatrixSlicing
import ModelReading

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
  /// The eigenvalues of WᵀW, ascending, M of them.
  ///
  /// The matrix passes through in blocks of a few megabytes, in an order and
  /// with sizes that depend on its shape alone: the same numbers stored any
  /// other way give the same bits.
  ///
  /// - Throws: `LayerFailure` for entries that are not finite.
  func eigenvalues(from data: TensorData, in precision: Precision) throws(LayerFailure) -> [Double] {
    switch precision {
    case .double: try eigenvalues(from: data, as: Double.self)
    case .single: try eigenvalues(from: data, as: Float.self)
    }
  }

  private func eigenvalues<Element: MatrixElement & DecodedElement>(
    from data: TensorData, as _: Element.Type
  ) throws(LayerFailure) -> [Double] {
    var gram = GramMatrix<Element>(order: columns)
    // The longer side is cut into blocks; the shorter one is always whole.
    let step = max(64, Self.elementsPerBlock / columns)
    var check = EntryCheck()
    var start = 0
    while start < rows {
      let range = start..<min(start + step, rows)
      add(range, of: data, to: &gram, &check)
      start = range.upperBound
    }
    try check.verify(as: Element.self)
    do {
      return try gram.eigenvalues()
    } catch {
      throw .numeric(error.description)
    }
  }

  /// 16 MiB of doubles: larger than any cache, smaller than any layer worth the blocking.
  private static let elementsPerBlock = 1 << 21

  private func add<Element: MatrixElement & DecodedElement>(
    _ range: Range<Int>, of data: TensorData, to gram: inout GramMatrix<Element>, _ check: inout EntryCheck
  ) {
    var block = AlignedBuffer<Element>(count: range.count * columns)
    var span = block.mutableSpan
    if isTransposed {
      decode(outputs: 0..<columns, inputs: range, from: data, into: &span)
    } else {
      decode(outputs: range, inputs: 0..<columns, from: data, into: &span)
    }
    check.add(block.span)
    if isTransposed {
      gram.add(transposedColumns: block, columnCount: range.count)
    } else {
      gram.add(rows: block, rowCount: range.count)
    }
  }

  /// Bytes that `eigenvalues` needs beside the file, or `nil` if the number does not fit in `Int`.
  static func workingBytes(columns: Int) -> Int? {
    let (square, overflow) = columns.multipliedReportingOverflow(by: columns)
    let (bytes, tooLarge) = square.multipliedReportingOverflow(by: MemoryLayout<Double>.size)
    let (total, carry) = bytes.addingReportingOverflow(elementsPerBlock * MemoryLayout<Double>.size)
    return overflow || tooLarge || carry ? nil : total
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
  private var squares = 0.0
  private var nonFinite = 0
  private var hasNonzero = false

  mutating func add<Element: MatrixElement>(_ values: Span<Element>) {
    var sum = Element.zero
    for i in values.indices { sum += values[i] * values[i] }
    squares += Double(sum)
    // Looking at each entry is needed only where the sum says that one is bad.
    if !sum.isFinite { for i in values.indices where !values[i].isFinite { nonFinite += 1 } }
    if sum < EntryCheck.smallestSum(Element.self) {
      for i in values.indices where values[i] != 0 { hasNonzero = true }
    } else {
      hasNonzero = true
    }
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
