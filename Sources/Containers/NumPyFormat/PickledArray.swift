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
  /// Whether some elements may be masked out; they have values all the same.
  public private(set) var isMasked = false

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
    case "numpy.ma.core._mareconstruct":
      guard let state = pickle.state(of: id).flatMap(pickle.tuple), state.count == 7 else {
        throw pickle.malformed("has a masked numpy array without its 7 parts")
      }
      try self.init(pickle, type: state[2], shape: state[1], isFortranOrder: pickle.isTrue(state[3]), data: state[4])
      isMasked = true
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
    var contents = try layout.contents(named: name, in: .bytes(source), limits: limits)
    if isMasked { contents.diagnostics.append(Diagnostic(.inferred, name, "has a mask, which is not applied")) }
    return contents
  }
}

extension NumPyType {
  /// The type that a pickled `numpy.dtype` describes; `nil` if it is none, or not known.
  public init?(_ id: Pickle.ID, in pickle: Pickle) {
    var remaining = NumPyType.maximumFieldCount
    self.init(id, in: pickle, depth: 0, &remaining)
  }

  /// Fields in one type; structures may share parts, so that few bytes describe many.
  private static let maximumFieldCount = 1_000
  private static let maximumDepth = 8

  private init?(_ id: Pickle.ID, in pickle: Pickle, depth: Int, _ remaining: inout Int) {
    guard depth < NumPyType.maximumDepth, pickle.callable(of: id)?.description == "numpy.dtype",
      let first = pickle.arguments(of: id)?.first
    else { return nil }
    // (version, byte order, subtype, names, fields, size, …)
    let state = pickle.state(of: id).flatMap(pickle.tuple) ?? []
    let order = state.count > 1 ? pickle.text(state[1]) ?? "" : ""
    if state.count > 5, let names = pickle.tuple(state[3]) {
      guard let width = pickle.integer(state[5]), width >= 0,
        let fields = NumPyType.fields(names, state[4], pickle, depth, &remaining)
      else { return nil }
      self.init(fields: fields, byteWidth: width)
      return
    }
    if let global = pickle.global(first) {
      guard global.module == "ml_dtypes" || global.module.utf8.starts(with: "ml_dtypes.".utf8) else { return nil }
      self.init(extensionType: global.name, order == ">" ? .big : .little)
      return
    }
    guard let name = pickle.text(first) else { return nil }
    let isSpelledOut = name.utf8.first.map { Array("<>|=".utf8).contains($0) } ?? false
    self.init(isSpelledOut || !["<", ">"].contains(order) ? name : order + name)
  }

  /// The fields that a dictionary of `name: (type, offset)` describes, in the order of `names`.
  private static func fields(
    _ names: [Pickle.ID], _ dictionary: Pickle.ID, _ pickle: Pickle, _ depth: Int, _ remaining: inout Int
  ) -> [Field]? {
    remaining -= names.count
    guard remaining >= 0 else { return nil }
    var result: [Field] = []
    for name in names {
      guard let name = pickle.text(name), let entry = pickle.value(in: dictionary, forKey: name),
        let parts = pickle.tuple(entry), parts.count >= 2, let offset = pickle.integer(parts[1]), offset >= 0
      else { return nil }
      // A field that is an array has a type with the type of its elements inside.
      var (type, shape) = (parts[0], [Int]())
      if let state = pickle.state(of: type).flatMap(pickle.tuple), state.count > 2, let inner = pickle.tuple(state[2]),
        inner.count == 2
      {
        guard let extents = pickle.integers(inner[1]), extents.allSatisfy({ $0 >= 0 }) else { return nil }
        (type, shape) = (inner[0], extents)
      }
      guard let type = NumPyType(type, in: pickle, depth: depth + 1, &remaining) else { return nil }
      result.append(Field(name: name, offset: offset, shape: shape, type: type))
    }
    return result
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
