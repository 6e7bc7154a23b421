import ModelReading
import Pickle

/// What a storage's elements are, as PyTorch names it.
enum StorageType: Sendable, Hashable {
  case elements(ElementType)
  /// Plain bytes: each tensor over them says what they are.
  case untyped
  /// An element type that is not read, by PyTorch's name.
  case unsupported(String)

  /// From the class of a storage or tensor, such as `torch.FloatStorage` or `torch.cuda.HalfTensor`.
  init?(_ type: Pickle.Global, suffix: String = "Storage") {
    guard type.module == "torch" || type.module.hasPrefix("torch."), type.name.hasSuffix(suffix) else { return nil }
    let name = String(type.name.dropLast(suffix.count))
    guard let known = Self.storages[name] else {
      if name == "Untyped" || name == "Typed" || name.isEmpty {
        self = .untyped
        return
      }
      self = .unsupported(name.lowercased())
      return
    }
    self = .elements(known)
  }

  /// From a dtype, such as `torch.bfloat16`.
  init?(dtype: Pickle.Global) {
    guard dtype.module == "torch" else { return nil }
    if let known = Self.dtypes[dtype.name] { self = .elements(known) } else { self = .unsupported(dtype.name) }
  }

  /// Width of an element, in bytes; 1 where the storage has none.
  var byteWidth: Int {
    if case .elements(let type) = self { type.byteWidth } else { 1 }
  }

  var label: String {
    switch self {
    case .elements(let type): type.rawValue
    case .untyped: "bytes"
    case .unsupported(let name): name
    }
  }

  private static let storages: [String: ElementType] = [
    "Double": .float64, "Float": .float32, "Half": .float16, "BFloat16": .bfloat16, "Long": .int64, "Int": .int32,
    "Short": .int16, "Char": .int8, "Byte": .uint8, "Bool": .bool, "ComplexFloat": .complex64,
    "ComplexDouble": .complex128, "QInt8": .int8, "QUInt8": .uint8, "QInt32": .int32,
  ]

  private static let dtypes: [String: ElementType] = [
    "float64": .float64, "double": .float64, "float32": .float32, "float": .float32, "float16": .float16,
    "half": .float16, "bfloat16": .bfloat16, "int64": .int64, "long": .int64, "int32": .int32, "int": .int32,
    "int16": .int16, "short": .int16, "int8": .int8, "uint8": .uint8, "uint16": .uint16, "uint32": .uint32,
    "uint64": .uint64, "bool": .bool, "complex64": .complex64, "cfloat": .complex64, "complex128": .complex128,
    "cdouble": .complex128, "qint8": .int8, "quint8": .uint8, "qint32": .int32, "float8_e4m3fn": .float8e4m3fn,
    "float8_e4m3fnuz": .float8e4m3fnuz, "float8_e5m2": .float8e5m2, "float8_e5m2fnuz": .float8e5m2fnuz,
    "float8_e8m0fnu": .float8e8m0fnu,
  ]
}
