public import ModelReading
public import Pickle

/// A numpy array, or single number, inside a pickle.
///
/// Numpy pickles an array as a call that makes an empty one and a state that
/// fills it. Neither is executed: the state says all that there is to know.
public struct PickledArray: Sendable {
  public enum Elements: Sendable {
    /// Where they lie: in the file if the pickle holds them as bytes, else in memory.
    case bytes(ByteSource)
    /// Of an array of Python objects, in C order.
    case objects([Pickle.ID])
  }

  public let layout: ArrayLayout
  public let elements: Elements

  /// - Returns: `nil` if the node is no array.
  /// - Throws: `.malformed` or `.unsupported` for an array whose state makes no sense.
  public init?(_ id: Pickle.ID, in pickle: Pickle) throws(ReadError) {
    guard let callable = pickle.callable(of: id), let arguments = pickle.arguments(of: id) else { return nil }
    switch callable.description {
    case "numpy._core.multiarray._reconstruct", "numpy._core._internal._reconstruct":
      guard let state = pickle.state(of: id).flatMap(pickle.tuple) else { return nil }
      // Without a version in front, from before numpy 1.0.
      let fields = state.count == 5 ? Array(state.dropFirst()) : state
      guard fields.count == 4 else { throw pickle.malformed("has a numpy array with \(state.count) parts, not 5") }
      try self.init(
        pickle, type: fields[1], shape: fields[0], isFortranOrder: pickle.isTrue(fields[2]), data: fields[3])
    case "numpy._core.numeric._frombuffer":
      guard arguments.count == 4 else {
        throw pickle.malformed("has a numpy array with \(arguments.count) parts, not 4")
      }
      let isFortranOrder = pickle.text(arguments[3]) == "F"
      try self.init(
        pickle, type: arguments[1], shape: arguments[2], isFortranOrder: isFortranOrder, data: arguments[0])
    case "numpy._core.multiarray.scalar":
      guard arguments.count == 2 else { return nil }
      try self.init(pickle, type: arguments[0], shape: nil, isFortranOrder: false, data: arguments[1])
    default: return nil
    }
  }

  private init(
    _ pickle: Pickle, type typeID: Pickle.ID, shape shapeID: Pickle.ID?, isFortranOrder: Bool, data: Pickle.ID
  ) throws(ReadError) {
    guard let type = NumPyType(typeID, in: pickle) else {
      throw pickle.unsupported("has a numpy array of a type that is not known")
    }
    guard let shape = shapeID.map(pickle.integers) ?? [],
      let layout = ArrayLayout(type, shape: shape, isFortranOrder: isFortranOrder)
    else { throw pickle.malformed("has a numpy array whose shape is no tuple of natural numbers, or overflows") }
    self.layout = layout
    if case .object = type.content {
      let count = Tensor.elementCount(shape) ?? 0
      guard let items = pickle.elements(data), items.count == count else {
        throw pickle.malformed("has a numpy array of shape \(shape) without a list of \(count) objects")
      }
      elements = .objects(isFortranOrder ? inRowOrder(items, shape) : items)
      return
    }
    guard let bytes = pickle.bytes(data) else { throw pickle.malformed("has a numpy array without bytes") }
    guard bytes.byteCount == layout.byteCount else {
      throw bytes.error(
        .malformed, "has a numpy array of \(type.spelling) \(shape), \(layout.byteCount) bytes, in \(bytes.byteCount)",
        at: 0)
    }
    elements = .bytes(bytes)
  }

  /// The tensors of the array; none for an array of objects.
  /// - Throws: as `Tensor.init`.
  public func contents(named name: String, limits: Limits) throws(ReadError) -> ArrayLayout.Contents {
    guard case .bytes(let source) = elements else { return ArrayLayout.Contents() }
    return try layout.contents(named: name, in: .bytes(source), limits: limits)
  }
}

extension NumPyType {
  /// The type that a pickled `numpy.dtype` describes; `nil` if it is none, or not known.
  ///
  /// Structures are known by their size alone.
  public init?(_ id: Pickle.ID, in pickle: Pickle) {
    guard pickle.callable(of: id)?.description == "numpy.dtype", let first = pickle.arguments(of: id)?.first else {
      return nil
    }
    // (version, byte order, subtype, names, fields, …)
    let state = pickle.state(of: id).flatMap(pickle.tuple) ?? []
    let order = state.count > 1 ? pickle.text(state[1]) ?? "" : ""
    if let global = pickle.global(first) {
      guard global.module == "ml_dtypes" || global.module.utf8.starts(with: "ml_dtypes.".utf8) else { return nil }
      self.init(extensionType: global.name, order == ">" ? .big : .little)
      return
    }
    guard let name = pickle.text(first) else { return nil }
    let isSpelledOut = name.utf8.first.map { Array("<>|=".utf8).contains($0) } ?? false
    self.init(isSpelledOut || !["<", ">"].contains(order) ? name : order + name)
  }
}

extension Pickle {
  fileprivate func isTrue(_ id: ID) -> Bool { boolean(id) ?? (integer(id).map { $0 != 0 } ?? false) }

  fileprivate func malformed(_ message: String) -> ReadError { source.error(.malformed, message) }

  fileprivate func unsupported(_ message: String) -> ReadError { source.error(.unsupported, message) }
}

/// Elements listed with the first axis fastest, in C order.
private func inRowOrder(_ items: [Pickle.ID], _ shape: [Int]) -> [Pickle.ID] {
  guard shape.count >= 2, !items.isEmpty, let steps = Tensor.columnMajorStrides(shape) else { return items }
  var index = [Int](repeating: 0, count: shape.count)
  return items.indices.map { _ in
    let item = items[zip(index, steps).reduce(0) { $0 + $1.0 * $1.1 }]
    for axis in shape.indices.reversed() {
      index[axis] += 1
      if index[axis] < shape[axis] { break }
      index[axis] = 0
    }
    return item
  }
}
