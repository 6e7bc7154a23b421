import ModelReading

/// Values that go into the dump: a view of a tensor, and what becomes of it.
struct StoredTensor {
  /// Unique in the dump.
  let name: String
  /// Its elements in C order are what is written.
  let view: Tensor
  /// The view's extents, those merged that are one axis in the dump.
  let shape: [Int]
  /// What the elements are written as.
  let elementType: ElementType
  /// The same number for views of what is loaded as one.
  let source: Int

  var byteCount: Int { view.elementCount * elementType.byteWidth }
}

/// What two stored tensors with the same bytes have in common.
struct StoredPlace: Hashable {
  private let file: ObjectIdentifier
  private let range: Range<Int>
  private let offset: Int
  private let strides: [Int]
  private let extents: [Int]
  private let shape: [Int]
  private let types: [ElementType]
  private let order: ByteOrder

  /// `nil` for values that must be produced.
  init?(_ view: Tensor, _ shape: [Int], _ elementType: ElementType) {
    guard let (file, range) = view.storage.fileRange else { return nil }
    self.file = ObjectIdentifier(file)
    self.range = range
    self.shape = shape
    offset = view.elementOffset
    strides = view.strides
    extents = view.shape
    types = [view.elementType, elementType]
    order = view.byteOrder
  }
}
