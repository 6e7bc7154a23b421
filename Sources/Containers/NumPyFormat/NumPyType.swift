public import ModelReading

/// The type of an array's elements: what numpy calls a dtype.
public struct NumPyType: Sendable {
  public enum Content: Sendable {
    case element(ElementType, ByteOrder)
    /// Python objects: the array is a pickle.
    case object
    /// Named fields, one behind the other.
    case structure([Field])
    /// Text, dates and times: never weights.
    case text
    /// Numbers that are not read, and why.
    case unreadable(String)
  }

  /// One field of a structure.
  public struct Field: Sendable {
    public let name: String
    /// From the start of the structure, in bytes.
    public let offset: Int
    /// Extents of the array that the field is; empty for a single value.
    public let shape: [Int]
    public let type: NumPyType
  }

  public let content: Content
  /// Size of one element, in bytes.
  public let byteWidth: Int
  /// As numpy spells it.
  public let spelling: String

  init(_ content: Content, byteWidth: Int, spelling: String) {
    self.content = content
    self.byteWidth = byteWidth
    self.spelling = spelling
  }

  /// A type without fields, as in `<f4`: byte order, kind, and size in bytes (characters for `U`).
  /// `nil` if numpy knows no such type.
  public init?(_ spelling: String) {
    var rest = Array(spelling.utf8)[...]
    var order = ByteOrder.little
    if let first = rest.first, Array("<>|=".utf8).contains(first) {
      order = first == UInt8(ascii: ">") ? .big : .little
      rest.removeFirst()
    }
    guard let kind = rest.popFirst() else { return nil }
    let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    let unit = rest.dropFirst(digits.count)
    // Dates carry their unit: M8[ns].
    guard digits.count <= 9, unit.isEmpty || (unit.first == UInt8(ascii: "[") && unit.last == UInt8(ascii: "]")) else {
      return nil
    }
    let size = Int(String(decoding: digits, as: UTF8.self))
    guard let (content, width) = NumPyType.simple(kind, size, order) else { return nil }
    self.init(content, byteWidth: width, spelling: spelling)
  }

  /// What elements are that numpy itself knows by their size alone.
  private static func opaque(_ size: Int) -> String {
    switch size {
    case 1: "1 byte of unknown meaning: float8 in one of its forms, or int4"
    case 2: "2 bytes of unknown meaning: bfloat16, or something else of that size"
    default: "\(size) bytes of unknown meaning"
    }
  }

  /// What helps with elements that are not read.
  var hint: String? {
    guard case .unreadable = content, byteWidth <= 2 else { return nil }
    return "numpy keeps no name for such types: save the array as float32"
  }

  private static func simple(_ kind: UInt8, _ size: Int?, _ order: ByteOrder) -> (Content, Int)? {
    switch (kind, size) {
    case (UInt8(ascii: "O"), _): return (.object, 8)
    case (UInt8(ascii: "?"), nil): return (.element(.bool, .little), 1)
    case (UInt8(ascii: "S"), let size?), (UInt8(ascii: "a"), let size?): return (.text, size)
    case (UInt8(ascii: "U"), let size?): return (.text, size * 4)
    case (UInt8(ascii: "M"), 8), (UInt8(ascii: "m"), 8): return (.text, 8)
    case (UInt8(ascii: "V"), let size?):
      return (.unreadable(NumPyType.opaque(size)), size)
    case (UInt8(ascii: "f"), 12), (UInt8(ascii: "f"), 16), (UInt8(ascii: "c"), 24), (UInt8(ascii: "c"), 32):
      return (.unreadable("extended precision, whose layout depends on the machine"), size ?? 0)
    default:
      guard let element = elements.first(where: { $0.kind == kind && $0.type.byteWidth == size }) else { return nil }
      return (.element(element.type, order), element.type.byteWidth)
    }
  }

  private static let elements: [(kind: UInt8, type: ElementType)] =
    [(UInt8(ascii: "b"), .bool)]
    + [.int8, .int16, .int32, .int64].map { (UInt8(ascii: "i"), $0) }
    + [.uint8, .uint16, .uint32, .uint64].map { (UInt8(ascii: "u"), $0) }
    + [.float16, .float32, .float64].map { (UInt8(ascii: "f"), $0) }
    + [.complex64, .complex128].map { (UInt8(ascii: "c"), $0) }

  /// A type of the `ml_dtypes` package, which extends numpy.
  init?(extensionType name: String, _ order: ByteOrder) {
    let known: [String: ElementType] = [
      "bfloat16": .bfloat16, "float8_e4m3fn": .float8e4m3fn, "float8_e4m3fnuz": .float8e4m3fnuz,
      "float8_e5m2": .float8e5m2, "float8_e5m2fnuz": .float8e5m2fnuz, "float8_e8m0fnu": .float8e8m0fnu,
    ]
    guard let type = known[name] else { return nil }
    self.init(.element(type, order), byteWidth: type.byteWidth, spelling: name)
  }
}

// MARK: - Structures

extension NumPyType {
  /// The type that a header's `descr` spells: text, or a list of `(name, type[, shape])`.
  /// `nil` if numpy knows no such type.
  init?(_ descr: PythonLiteral) {
    switch descr {
    case .text(let spelling): self.init(spelling)
    case .sequence(let fields, isTuple: false): self.init(fields: fields)
    default: return nil
    }
  }

  private init?(fields literals: [PythonLiteral]) {
    var fields: [Field] = []
    var offset = 0
    for literal in literals {
      guard case .sequence(let parts, isTuple: true) = literal, (2...3).contains(parts.count),
        let name = NumPyType.fieldName(parts[0]), let type = NumPyType(parts[1]),
        let shape = parts.count == 3 ? NumPyType.extents(parts[2]) : [],
        let count = Tensor.elementCount(shape), let end = NumPyType.end(offset, count, type.byteWidth)
      else { return nil }
      fields.append(Field(name: name, offset: offset, shape: shape, type: type))
      offset = end
    }
    self.init(.structure(fields), byteWidth: offset, spelling: NumPyType.spelling(fields))
  }

  /// A name, or a title and a name.
  private static func fieldName(_ literal: PythonLiteral) -> String? {
    switch literal {
    case .text(let name): return name
    case .sequence(let parts, isTuple: true):
      guard parts.count == 2, case .text(let name) = parts[1] else { return nil }
      return name
    default: return nil
    }
  }

  /// A tuple of natural numbers, or one.
  private static func extents(_ literal: PythonLiteral) -> [Int]? {
    if case .integer(let extent) = literal, extent >= 0 { return [extent] }
    guard case .sequence(let parts, _) = literal else { return nil }
    var result: [Int] = []
    for part in parts {
      guard case .integer(let extent) = part, extent >= 0 else { return nil }
      result.append(extent)
    }
    return result
  }

  /// Fields at offsets of their own, as pickles have them.
  /// - Returns: `nil` if a field reaches beyond the structure.
  init?(fields: [Field], byteWidth: Int) {
    for field in fields {
      guard let count = Tensor.elementCount(field.shape),
        let end = NumPyType.end(field.offset, count, field.type.byteWidth),
        end <= byteWidth
      else { return nil }
    }
    self.init(.structure(fields), byteWidth: byteWidth, spelling: NumPyType.spelling(fields))
  }

  private static func spelling(_ fields: [Field]) -> String {
    "{" + fields.map { "'\($0.name)': \($0.type.spelling)" }.joined(separator: ", ") + "}"
  }

  private static func end(_ start: Int, _ count: Int, _ width: Int) -> Int? {
    let (size, overflow) = count.multipliedReportingOverflow(by: width)
    let (end, carry) = start.addingReportingOverflow(size)
    return overflow || carry ? nil : end
  }
}
