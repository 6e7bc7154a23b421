import ModelReading
import Pickle

/// How a pickle says that a sparse tensor is to be rebuilt.
struct SparseForm {
  var layout: SparseLayout
  /// (indices, values) of the coordinate layout, (starts, indices, values) of the others.
  var parts: [Pickle.ID]
  var shape: [Int]
}

/// The ways in which PyTorch lists the elements that are not zero, by its names.
enum SparseLayout: String, Sendable {
  case coordinates = "sparse_coo"
  case rows = "sparse_csr"
  case columns = "sparse_csc"
  case blockRows = "sparse_bsr"
  case blockColumns = "sparse_bsc"

  var partCount: Int { self == .coordinates ? 2 : 3 }
  var isByRows: Bool { self == .rows || self == .blockRows }
  var hasBlocks: Bool { self == .blockRows || self == .blockColumns }
}

/// The elements of a tensor that are not zero, and where they stand.
///
/// What stands at one place adds up, as in `Tensor.to_dense`: in `float64` if that is
/// the type of the elements, in `float32` otherwise.
struct SparseTensor: Sendable {
  private let name: String
  private let layout: SparseLayout
  private let indices: [Tensor]
  private let values: Tensor
  private let shape: [Int]
  /// The compressed layouts list one matrix for each index of the axes before the last two (and those within an element).
  private let batchRank: Int
  private let block: (rows: Int, columns: Int)

  /// - Parameter parts: as many as the layout has, the values last.
  /// - Throws: `.malformed` if the shapes of the parts contradict each other, `.unsupported`
  ///   for elements that are no floating-point numbers.
  init(_ name: String, _ layout: SparseLayout, parts: [Tensor], shape: [Int]) throws(ReadError) {
    precondition(parts.count == layout.partCount, "the parts of the layout")
    self.name = name
    self.layout = layout
    self.shape = shape
    values = parts[parts.count - 1]
    indices = Array(parts.dropLast())
    batchRank = layout == .coordinates ? 0 : max(indices[0].rank - 1, 0)
    let hasBlocks = layout.hasBlocks && values.rank >= batchRank + 3
    block = hasBlocks ? (values.shape[batchRank + 1], values.shape[batchRank + 2]) : (1, 1)
    guard values.elementType.isFloatingPoint else {
      throw error(.unsupported, "is sparse and has elements of \(values.elementType.rawValue)")
    }
    guard layout == .coordinates ? coordinatesFit : layout.hasBlocks == hasBlocks && compressionFits else {
      throw error(
        .malformed, "is \(layout.rawValue) \(shape) in parts of the shapes \(parts.map { "\($0.shape)" }.joined())")
    }
  }

  /// Indices `[sparse axes, count]`, values `[count, other axes…]`.
  private var coordinatesFit: Bool {
    let places = indices[0].shape
    return places.count == 2 && places[0] <= shape.count && values.shape == [places[1]] + shape[places[0]...]
  }

  /// Starts `[batch…, groups + 1]`, indices `[batch…, count]`, values `[batch…, count, block…, other axes…]`.
  private var compressionFits: Bool {
    guard shape.count >= batchRank + 2, indices[0].rank > 0, indices[1].rank == batchRank + 1, block.rows > 0,
      block.columns > 0, rowCount % block.rows == 0, columnCount % block.columns == 0
    else { return false }
    let batch = shape[..<batchRank]
    let count = indices[1].shape[batchRank]
    let size = layout.hasBlocks ? [block.rows, block.columns] : []
    return indices[0].shape == batch + [groupCount &+ 1] && indices[1].shape == batch + [count]
      && values.shape == batch + [count] + size + shape[(batchRank + 2)...]
  }

  private var rowCount: Int { shape[batchRank] }
  private var columnCount: Int { shape[batchRank + 1] }
  /// Rows or columns, in blocks, that the starts divide the list into.
  private var groupCount: Int { layout.isByRows ? rowCount / block.rows : columnCount / block.columns }
  private var neighbourCount: Int { layout.isByRows ? columnCount / block.columns : rowCount / block.rows }

  /// The dense tensor, computed when its bytes are asked for.
  /// - Throws: `.limitExceeded` if it is larger than tensors may be expanded to.
  func dense(_ limits: Limits) throws(ReadError) -> Tensor {
    let type: ElementType = values.elementType == .float64 ? .float64 : .float32
    let (byteCount, overflow) = (Tensor.elementCount(shape) ?? Int.max).multipliedReportingOverflow(by: type.byteWidth)
    guard shape.allSatisfy({ $0 >= 0 }), !overflow, byteCount <= limits.maximumExpandedBytes else {
      throw error(.limitExceeded, "is sparse \(shape), the limit of the dense tensor is \(limits.maximumExpandedBytes)")
    }
    let storage = ProducedBytes(byteCount: byteCount, label: values.storage.label) { () throws(ReadError) -> [UInt8] in
      type == .float64
        ? try elements(Double.self).flatMap { value in
          (0..<8).map { UInt8(truncatingIfNeeded: value.bitPattern >> ($0 * 8)) }
        }
        : try elements(Float.self).littleEndianBytes
    }
    return try Tensor(name: name, elementType: type, shape: shape, storage: .produced(storage), limits: limits)
  }

  private func elements<Value: DecodedElement>(_: Value.Type) throws(ReadError) -> [Value] {
    guard !shape.contains(0) else { return [] }
    var result = [Value](repeating: 0, count: shape.reduce(1, *))
    let values = try values.values(as: Value.self)
    let length = shape[(layout == .coordinates ? indices[0].shape[0] : batchRank + 2)...].reduce(1, *)
    let add = { (target: Int, source: Int) in
      for offset in 0..<length { result[target * length + offset] += values[source * length + offset] }
    }
    if layout == .coordinates { try forEachCoordinate(add) } else { try forEachCompressed(add) }
    return result
  }

  /// Calls `body` with the places of each element: in the dense tensor and in the values, counted
  /// in runs of the axes that are not sparse.
  private func forEachCoordinate(_ body: (Int, Int) -> Void) throws(ReadError) {
    let places = try integers(indices[0])
    let (axes, count) = (indices[0].shape[0], indices[0].shape[1])
    for element in 0..<count {
      var target = 0
      for axis in 0..<axes {
        target = try target * shape[axis] + checked(places[axis * count + element], below: shape[axis])
      }
      body(target, element)
    }
  }

  private func forEachCompressed(_ body: (Int, Int) -> Void) throws(ReadError) {
    let starts = try integers(indices[0])
    let neighbours = try integers(indices[1])
    let count = indices[1].shape[batchRank]
    for batch in 0..<shape[..<batchRank].reduce(1, *) {
      var element = 0
      for group in 0..<groupCount {
        let end = starts[batch * (groupCount + 1) + group + 1]
        guard starts[batch * (groupCount + 1) + group] == element, end >= element, end <= count else {
          throw error(.malformed, "lists elements \(element)..<\(end) of \(count) for one row or column")
        }
        while element < end {
          let place = batch * count + element
          let neighbour = try checked(neighbours[place], below: neighbourCount)
          let (row, column) = layout.isByRows ? (group, neighbour) : (neighbour, group)
          forEachOfBlock(batch, row * block.rows, column * block.columns, place, body)
          element += 1
        }
      }
    }
  }

  private func forEachOfBlock(_ batch: Int, _ row: Int, _ column: Int, _ place: Int, _ body: (Int, Int) -> Void) {
    for i in 0..<block.rows {
      for j in 0..<block.columns {
        body(
          (batch * rowCount + row + i) * columnCount + column + j, (place * block.rows + i) * block.columns + j)
      }
    }
  }

  private func checked(_ index: Int, below limit: Int) throws(ReadError) -> Int {
    guard index >= 0, index < limit else {
      throw error(.malformed, "has an element at index \(index) of an axis of \(limit)")
    }
    return index
  }

  private func integers(_ tensor: Tensor) throws(ReadError) -> [Int] {
    let values: [Double] = try tensor.values()
    return try values.map { value throws(ReadError) in
      guard let index = Int(exactly: value) else { throw error(.malformed, "has an element at index \(value)") }
      return index
    }
  }

  private func error(_ code: ReadError.Code, _ message: String) -> ReadError {
    ReadError(code, message, file: values.storage.label, subject: name)
  }
}
