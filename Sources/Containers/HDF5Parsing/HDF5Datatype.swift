import CHDF5
import ModelReading

/// A datatype of the library in this project's terms.
struct HDF5Datatype {
  /// `nil` for a type that has no counterpart.
  var elementType: ElementType?
  var byteOrder: ByteOrder = .little
  /// In words, for messages.
  var name: String
  /// Size of one element in the file, in bytes.
  var byteWidth: Int

  init(_ type: hid_t) {
    byteWidth = Int(clamping: H5Tget_size(type))
    name = ""
    switch H5Tget_class(type) {
    case H5T_INTEGER: integer(type)
    case H5T_FLOAT: float(type)
    case H5T_ENUM: enumeration(type)
    case H5T_COMPOUND: compound(type)
    case H5T_OPAQUE: name = "opaque of \(byteWidth) bytes"
    case H5T_STRING: name = H5Tis_variable_str(type) > 0 ? "string" : "string of \(byteWidth) bytes"
    case H5T_BITFIELD: name = "bit field of \(byteWidth) bytes"
    case H5T_REFERENCE: name = "reference"
    case H5T_VLEN: name = "variable-length sequence"
    case H5T_ARRAY: name = "array of \(byteWidth) bytes"
    case H5T_TIME: name = "time"
    default: name = "unknown type"
    }
  }

  /// What an opaque element is, if a `dtype` attribute as Keras writes it says so and the size agrees.
  func resolved(byAttribute dtype: String?) -> ElementType? {
    guard elementType == nil, let dtype, let named = Self.opaqueTypes[dtype], named.byteWidth == byteWidth,
      name.hasPrefix("opaque")
    else { return elementType }
    return named
  }

  private static let opaqueTypes: [String: ElementType] = [
    "bfloat16": .bfloat16, "float8_e4m3fn": .float8e4m3fn, "float8_e4m3fnuz": .float8e4m3fnuz,
    "float8_e5m2": .float8e5m2, "float8_e5m2fnuz": .float8e5m2fnuz, "float8_e8m0fnu": .float8e8m0fnu,
  ]

  private mutating func order(_ type: hid_t) -> Bool {
    switch H5Tget_order(type) {
    case H5T_ORDER_LE: byteOrder = .little
    case H5T_ORDER_BE: byteOrder = .big
    default: return byteWidth == 1
    }
    return true
  }

  private mutating func integer(_ type: hid_t) {
    let signed = H5Tget_sign(type) == H5T_SGN_2
    name = (signed ? "int" : "uint") + "\(byteWidth &* 8)"
    let precision = Int(clamping: H5Tget_precision(type))
    guard order(type), precision == byteWidth &* 8, H5Tget_offset(type) == 0 else {
      name += " of \(precision) significant bits"
      return
    }
    elementType = ElementType(rawValue: name)
  }

  private mutating func float(_ type: hid_t) {
    var sign = 0
    var exponentPosition = 0
    var exponentBits = 0
    var mantissaPosition = 0
    var mantissaBits = 0
    _ = unsafe H5Tget_fields(
      type, &sign, &exponentPosition, &exponentBits, &mantissaPosition, &mantissaBits)
    let bias = H5Tget_ebias(type)
    name = "float\(byteWidth &* 8) with \(exponentBits) exponent and \(mantissaBits) mantissa bits"
    let packed =
      sign == byteWidth &* 8 &- 1 && exponentPosition == mantissaBits && mantissaPosition == 0
      && 1 + exponentBits &+ mantissaBits == byteWidth &* 8
    guard order(type), packed else { return }
    switch (exponentBits, mantissaBits, bias) {
    case (5, 10, 15): elementType = .float16
    case (8, 7, 127): elementType = .bfloat16
    case (8, 23, 127): elementType = .float32
    case (11, 52, 1023): elementType = .float64
    case (4, 3, 7): elementType = .float8e4m3fn
    case (5, 2, 15): elementType = .float8e5m2
    default: return
    }
    name = elementType!.rawValue
  }

  /// h5py stores booleans as an enumeration of two names over one byte.
  private mutating func enumeration(_ type: hid_t) {
    guard let base = Handle(H5Tget_super(type), { H5Tclose($0) }) else {
      name = "enumeration"
      return
    }
    let inner = HDF5Datatype(base.id)
    elementType = inner.byteWidth == 1 && H5Tget_nmembers(type) == 2 ? .bool : inner.elementType
    byteOrder = inner.byteOrder
    name = elementType == .bool ? "bool" : "enumeration of \(inner.name)"
  }

  /// h5py stores complex numbers as a compound of `r` and `i`.
  private mutating func compound(_ type: hid_t) {
    let count = H5Tget_nmembers(type)
    name = "compound of \(count) members"
    guard count == 2, Self.memberName(type, 0) == "r", Self.memberName(type, 1) == "i",
      let real = Handle(H5Tget_member_type(type, 0), { H5Tclose($0) }),
      let imaginary = Handle(H5Tget_member_type(type, 1), { H5Tclose($0) })
    else { return }
    // The parts of a complex number are no compounds themselves: this does not recurse.
    guard H5Tget_class(real.id) == H5T_FLOAT, H5Tget_class(imaginary.id) == H5T_FLOAT else { return }
    let (first, second) = (HDF5Datatype(real.id), HDF5Datatype(imaginary.id))
    guard first.elementType == second.elementType, first.byteOrder == second.byteOrder,
      H5Tget_member_offset(type, 0) == 0, H5Tget_member_offset(type, 1) == first.byteWidth,
      byteWidth == 2 &* first.byteWidth
    else { return }
    byteOrder = first.byteOrder
    switch first.elementType {
    case .float32: elementType = .complex64
    case .float64: elementType = .complex128
    default: return
    }
    name = elementType!.rawValue
  }

  private static func memberName(_ type: hid_t, _ index: UInt32) -> String? {
    guard let text = unsafe H5Tget_member_name(type, index) else { return nil }
    defer { _ = unsafe H5free_memory(text) }
    return unsafe String(cString: text)
  }
}
