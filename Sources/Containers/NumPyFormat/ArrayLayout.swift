public import ModelReading

/// An array's type, extents and order, wherever its bytes are.
public struct ArrayLayout: Sendable {
  public let type: NumPyType
  public let shape: [Int]
  /// Whether the first axis is the fastest.
  public let isFortranOrder: Bool
  /// Size of all elements, in bytes.
  public let byteCount: Int

  /// `nil` if the extents are negative, or their product overflows.
  public init?(_ type: NumPyType, shape: [Int], isFortranOrder: Bool) {
    guard shape.allSatisfy({ $0 >= 0 }), let count = Tensor.elementCount(shape), Tensor.rowMajorStrides(shape) != nil
    else { return nil }
    let (bytes, overflow) = count.multipliedReportingOverflow(by: type.byteWidth)
    if overflow { return nil }
    self.type = type
    self.shape = shape
    self.isFortranOrder = isFortranOrder
    byteCount = bytes
  }

  /// What an array holds: tensors, and what cannot be one.
  public struct Contents: Sendable {
    public var tensors: [Tensor] = []
    public var inventory: [TensorRecord] = []
    public var diagnostics: [Diagnostic] = []
    public init() {}
  }

  /// The tensors in these bytes: one, or one per field of a structure.
  /// - Throws: as `Tensor.init`.
  public func contents(
    named name: String, in storage: Tensor.Storage, limits: Limits
  ) throws(ReadError) -> Contents {
    var contents = Contents()
    try addTensors(to: &contents, name, Placement(shape), type, storage, limits)
    return contents
  }

  /// Where the elements of a field lie: all steps in bytes.
  private struct Placement {
    var shape: [Int]
    /// `nil` outside a structure, where elements stand next to each other.
    var strides: [Int]?
    var offset = 0
    init(_ shape: [Int], _ strides: [Int]? = nil) { (self.shape, self.strides) = (shape, strides) }
  }

  private func addTensors(
    to contents: inout Contents, _ name: String, _ place: Placement, _ type: NumPyType, _ storage: Tensor.Storage,
    _ limits: Limits
  ) throws(ReadError) {
    switch type.content {
    case .element(let element, let order):
      let strides = elementStrides(place, element.byteWidth)
      let tensor = try Tensor(
        name: name, elementType: element, byteOrder: order, shape: place.shape, strides: strides,
        elementOffset: strides == nil ? 0 : place.offset / element.byteWidth,
        storage: strides == nil ? gathered(name, place, element.byteWidth, storage, limits) : storage, limits: limits)
      contents.tensors.append(tensor)
      contents.inventory.append(TensorRecord(tensor))
    case .structure(let fields):
      for field in fields where !field.name.isEmpty {
        guard let inner = self.place(field, in: place, type.byteWidth) else {
          contents.refuse("\(name).\(field.name)", field.type, place.shape, "reaches beyond any address")
          continue
        }
        try addTensors(to: &contents, "\(name).\(field.name)", inner, field.type, storage, limits)
      }
    case .unreadable(let reason): contents.refuse(name, type, place.shape, "has elements of \(reason)")
    case .object where place.shape.count >= 2:
      contents.refuse(name, type, place.shape, "has Python objects for elements")
    case .object, .text:
      contents.inventory.append(TensorRecord(name: name, elementType: type.spelling, shape: place.shape))
    }
  }

  /// The placement of a field: the array's axes, then the field's own. `nil` on overflow.
  private func place(_ field: NumPyType.Field, in place: Placement, _ width: Int) -> Placement? {
    guard let outer = place.strides ?? byteStrides(place.shape, width),
      let own = scaled(Tensor.rowMajorStrides(field.shape), by: field.type.byteWidth)
    else { return nil }
    let (offset, overflow) = place.offset.addingReportingOverflow(field.offset)
    if overflow { return nil }
    var inner = Placement(place.shape + field.shape, outer + own)
    inner.offset = offset
    return inner
  }

  private func byteStrides(_ shape: [Int], _ width: Int) -> [Int]? {
    scaled(isFortranOrder ? Tensor.columnMajorStrides(shape) : Tensor.rowMajorStrides(shape), by: width)
  }

  private func scaled(_ strides: [Int]?, by width: Int) -> [Int]? {
    guard let strides else { return nil }
    var result: [Int] = []
    for stride in strides {
      let (bytes, overflow) = stride.multipliedReportingOverflow(by: width)
      if overflow { return nil }
      result.append(bytes)
    }
    return result
  }

  /// The elements of a field that starts at no multiple of their width, one behind the other.
  private func gathered(
    _ name: String, _ place: Placement, _ width: Int, _ storage: Tensor.Storage, _ limits: Limits
  ) throws(ReadError) -> Tensor.Storage {
    let bytes = try Tensor(
      name: name, elementType: .uint8, shape: place.shape + [width], strides: (place.strides ?? []) + [1],
      elementOffset: place.offset, storage: storage, limits: limits)
    let production = ProducedBytes(byteCount: bytes.byteCount, label: storage.label) { () throws(ReadError) in
      try bytes.littleEndianBytes()
    }
    return .produced(production)
  }

  /// Strides in elements, or `nil` if some element does not start at a multiple of the width.
  private func elementStrides(_ place: Placement, _ width: Int) -> [Int]? {
    guard let strides = place.strides else {
      return isFortranOrder ? Tensor.columnMajorStrides(place.shape) : Tensor.rowMajorStrides(place.shape)
    }
    guard place.offset % width == 0, strides.allSatisfy({ $0 % width == 0 }) else { return nil }
    return strides.map { $0 / width }
  }
}

extension ArrayLayout.Contents {
  fileprivate mutating func refuse(_ name: String, _ type: NumPyType, _ shape: [Int], _ reason: String) {
    inventory.append(TensorRecord(name: name, elementType: type.spelling, shape: shape))
    diagnostics.append(
      Diagnostic(.unsupportedTensor, name, "\(reason) (numpy type \(type.spelling))", hint: type.hint))
  }

  /// Adds what another array holds.
  public mutating func append(_ other: ArrayLayout.Contents) {
    tensors += other.tensors
    inventory += other.inventory
    diagnostics += other.diagnostics
  }
}
