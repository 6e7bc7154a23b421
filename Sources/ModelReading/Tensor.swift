/// A tensor's whereabouts: what it is and where its bytes are.
///
/// A descriptor only: cheap to copy, and no byte is touched before `load()`.
/// Views (`permuted`, `split`, `selected`) are tensors with other shapes and
/// strides over the same bytes.
///
/// Every tensor in existence is sound: the initialiser has checked that its
/// strides stay inside its bytes, with arithmetic that cannot overflow.
public struct Tensor: Sendable {
  public enum Storage: Sendable {
    /// Elements lie in these bytes, as they are.
    case bytes(ByteSource)
    /// Elements must first be produced: inflated, gathered from chunks, dequantised.
    case produced(ProducedBytes)
  }

  /// Name in the file: full path, unique there.
  public let name: String
  public let elementType: ElementType
  public let byteOrder: ByteOrder
  /// Extent of each axis, outermost first. Empty for a scalar.
  public let shape: [Int]
  /// Step between neighbours along each axis, in elements; 0 for an expanded axis.
  public let strides: [Int]
  /// Position of the first element in the storage, in elements.
  public let elementOffset: Int
  /// What each axis is; as many as `shape`.
  public private(set) var axes: [Axis]
  public let storage: Storage

  /// - Parameters:
  ///   - strides: in elements; `nil` for C order (last axis fastest).
  ///   - elementOffset: position of the first element, in elements from the start of the storage.
  ///   - axes: `nil` when the reader does not know: all `.other`.
  /// - Throws: `.malformed` if the numbers contradict each other, `.truncated`
  ///   if an element would lie outside the storage, `.limitExceeded` above the limits.
  public init(
    name: String, elementType: ElementType, byteOrder: ByteOrder = .little, shape: [Int], strides: [Int]? = nil,
    elementOffset: Int = 0, axes: [Axis]? = nil, storage: Storage, limits: Limits = Limits()
  ) throws(ReadError) {
    let place = storage.place
    func fail(_ code: ReadError.Code, _ message: String) -> ReadError {
      ReadError(code, message, file: place.label, offset: place.offset, subject: name)
    }
    guard shape.count <= limits.maximumRank else {
      throw fail(.limitExceeded, "has \(shape.count) axes, the limit is \(limits.maximumRank)")
    }
    guard shape.allSatisfy({ $0 >= 0 }) else { throw fail(.malformed, "has a negative extent in its shape \(shape)") }
    guard let rowMajor = Tensor.rowMajorStrides(shape), let elementCount = Tensor.elementCount(shape) else {
      throw fail(.malformed, "has the shape \(shape), whose element count overflows")
    }
    let strides = strides ?? rowMajor
    guard strides.count == shape.count, strides.allSatisfy({ $0 >= 0 }), elementOffset >= 0 else {
      throw fail(.malformed, "has strides \(strides) and offset \(elementOffset) for the shape \(shape)")
    }
    guard let needed = Tensor.extent(shape, strides, elementOffset) else {
      throw fail(.malformed, "reaches beyond any address with shape \(shape), strides \(strides)")
    }
    // An expanded axis (stride 0) describes more elements than there are bytes.
    let (size, tooLarge) = elementCount.multipliedReportingOverflow(by: elementType.byteWidth)
    guard !tooLarge, size <= max(storage.byteCount, limits.maximumExpandedBytes) else {
      throw fail(
        .limitExceeded,
        "describes \(shape) elements over \(storage.byteCount) bytes, the limit is \(limits.maximumExpandedBytes)")
    }
    let available = storage.byteCount / elementType.byteWidth
    guard needed <= available else {
      throw fail(.truncated, "needs \(needed) elements of \(elementType.rawValue), its storage holds \(available)")
    }
    // Steps that are never taken may be any number in a file; nothing adds them up after this.
    let isEmpty = shape.contains(0)
    let taken = zip(shape, zip(strides, rowMajor)).map { isEmpty || $0 <= 1 ? $1.1 : $1.0 }
    self.init(
      unchecked: name, elementType, byteOrder, shape, taken, isEmpty ? 0 : elementOffset,
      axes ?? [Axis](repeating: .other, count: shape.count), storage)
  }

  private init(
    unchecked name: String, _ elementType: ElementType, _ byteOrder: ByteOrder, _ shape: [Int], _ strides: [Int],
    _ elementOffset: Int, _ axes: [Axis], _ storage: Storage
  ) {
    precondition(axes.count == shape.count, "one axis role per extent")
    self.name = name
    self.elementType = elementType
    self.byteOrder = byteOrder
    self.shape = shape
    self.strides = strides
    self.elementOffset = elementOffset
    self.axes = axes
    self.storage = storage
  }

  public var rank: Int { shape.count }
  /// Number of elements of the view; 1 for a scalar.
  public var elementCount: Int { shape.reduce(1, *) }
  /// Size of the view's elements, in bytes.
  public var byteCount: Int { elementCount * elementType.byteWidth }

  /// Makes the bytes available: free for `.bytes`, the cost of production otherwise.
  /// - Throws: whatever production throws; `.truncated` if the file has shrunk.
  public func load() throws(ReadError) -> TensorData {
    switch storage {
    case .bytes(let source):
      try source.checkUnchanged()
      return TensorData(source: source)
    case .produced(let production): return TensorData(source: try production.bytes())
    }
  }
}

// MARK: - Views

extension Tensor {
  /// The same tensor with its axes named.
  /// - Precondition: as many roles as axes.
  public func labelled(_ axes: [Axis]) -> Tensor {
    precondition(axes.count == rank, "one role per axis")
    var copy = self
    copy.axes = axes
    return copy
  }

  /// The axes in another order: new axis `i` is old axis `order[i]`.
  public func permuted(_ order: [Int]) -> Tensor {
    precondition(order.sorted() == Array(0..<rank), "a permutation of the axes")
    return view(order.map { shape[$0] }, order.map { strides[$0] }, elementOffset, order.map { axes[$0] })
  }

  /// Axis `axis` as two nested axes: the slower of `parts` extents first.
  ///
  /// `nil` unless `parts` divides the extent exactly.
  public func split(axis: Int, into parts: Int, roles: (Axis, Axis)) -> Tensor? {
    guard parts > 0, shape[axis] % parts == 0 else { return nil }
    let inner = shape[axis] / parts
    // The extent times the stride is known not to overflow; so is a part of it.
    return view(
      replacing(shape, axis, [parts, inner]), replacing(strides, axis, [inner &* strides[axis], strides[axis]]),
      elementOffset, replacing(axes, axis, [roles.0, roles.1]))
  }

  /// The part of the tensor at one index of an axis, which disappears.
  public func selected(axis: Int, index: Int) -> Tensor {
    precondition(index >= 0 && index < shape[axis], "an index within the axis")
    return view(
      replacing(shape, axis, []), replacing(strides, axis, []), elementOffset + index * strides[axis],
      replacing(axes, axis, []))
  }

  /// A range of an axis.
  public func sliced(axis: Int, _ range: Range<Int>) -> Tensor {
    precondition(range.lowerBound >= 0 && range.upperBound <= shape[axis], "a range within the axis")
    return view(
      replacing(shape, axis, [range.count]), strides, elementOffset + range.lowerBound * strides[axis], axes)
  }

  /// The axes in canonical order: experts, directions, gates, groups, outputs, inputs, kernel positions.
  public var canonical: Tensor {
    let order = (0..<rank).sorted { (axes[$0].rank, $0) < (axes[$1].rank, $1) }
    return permuted(order)
  }

  /// The shape in canonical orientation, `[output, input, spatial…]`, as reports
  /// show it: axes that stack over the output are merged into it, experts stand first.
  public var canonicalShape: [Int] {
    guard axes.contains(where: { $0 == .output || $0 == .input || $0 == .vocabulary }) else { return shape }
    var experts: [Int] = []
    var output = 1
    var input = 1
    var spatial: [(dimension: Int, extent: Int)] = []
    var rest: [Int] = []
    for (axis, extent) in zip(axes, shape) {
      switch axis {
      case .expert: experts.append(extent)
      case .direction, .gate, .group, .output, .vocabulary: output *= extent
      case .input: input *= extent
      case .spatial(let dimension): spatial.append((dimension, extent))
      case .other: rest.append(extent)
      }
    }
    return experts + [output, input] + spatial.sorted { $0.dimension < $1.dimension }.map(\.extent) + rest
  }

  private func view(_ shape: [Int], _ strides: [Int], _ elementOffset: Int, _ axes: [Axis]) -> Tensor {
    Tensor(unchecked: name, elementType, byteOrder, shape, strides, elementOffset, axes, storage)
  }
}

private func replacing<Element>(_ array: [Element], _ index: Int, _ elements: [Element]) -> [Element] {
  var copy = array
  copy.replaceSubrange(index...index, with: elements)
  return copy
}

// MARK: - Checked arithmetic on extents

extension Tensor {
  /// Product of the extents, or `nil` if it does not fit in `Int`.
  public static func elementCount(_ shape: [Int]) -> Int? {
    if shape.contains(0) { return 0 }
    var product = 1
    for extent in shape {
      let (value, overflow) = product.multipliedReportingOverflow(by: extent)
      if overflow { return nil }
      product = value
    }
    return product
  }

  /// Strides of C order (last axis fastest), or `nil` on overflow.
  public static func rowMajorStrides(_ shape: [Int]) -> [Int]? {
    var strides = [Int](repeating: 1, count: shape.count)
    var step = 1
    for axis in shape.indices.reversed() {
      strides[axis] = step
      let (value, overflow) = step.multipliedReportingOverflow(by: max(shape[axis], 1))
      if overflow { return nil }
      step = value
    }
    return strides
  }

  /// Strides of Fortran order (first axis fastest), or `nil` on overflow.
  public static func columnMajorStrides(_ shape: [Int]) -> [Int]? {
    rowMajorStrides(shape.reversed()).map { $0.reversed() }
  }

  /// One more than the position of the last element, or `nil` on overflow.
  private static func extent(_ shape: [Int], _ strides: [Int], _ offset: Int) -> Int? {
    if shape.contains(0) { return 0 }
    var last = offset
    for (extent, stride) in zip(shape, strides) {
      let (reach, overflow) = (extent - 1).multipliedReportingOverflow(by: stride)
      let (sum, carry) = last.addingReportingOverflow(reach)
      if overflow || carry { return nil }
      last = sum
    }
    return last == Int.max ? nil : last + 1
  }
}
