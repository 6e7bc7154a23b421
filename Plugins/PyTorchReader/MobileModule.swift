import ModelReading

/// A module of PyTorch Mobile in a flatbuffer: values that refer to each other by number, storages, names of attributes.
struct MobileModule {
  static let variant = "mobile"
  private(set) var listed = ListedTensors()

  private let source: ByteSource
  private let limits: Limits
  private let module: FlatTable
  private let valueCount: Int
  private var visited: Set<Int> = []
  private var stepCount = 0
  private var nameByteCount = 0

  /// Positions in the tables of offsets.
  private enum Slot {
    static let (state, values, storages, types) = (10, 12, 16, 18)
    static let (valueKind, value) = (4, 6)
    static let (objectType, objectState, objectAttributes) = (4, 6, 8)
    static let attributeNames = 8
    static let (storage, elementType, offset, shape, strides, quantization) = (4, 6, 8, 10, 12, 16)
  }

  /// The kinds of values that can lead to tensors.
  private enum Kind {
    static let (tensor, text, list, tuple, dictionary, object) = (5, 6, 7, 8, 9, 10)
  }

  static func isOne(_ bytes: RawSpan) -> Bool { bytes.starts(with: "PTMF", at: 4) }

  /// - Throws: `.truncated` or `.malformed` for a flatbuffer that points outside itself, `.limitExceeded` above the limits.
  init(_ source: ByteSource, limits: Limits) throws(ReadError) {
    self.source = source
    self.limits = limits
    module = try FlatTable(source)
    valueCount = try module.count(Slot.values)
    var stack = [(value: try module.integer(Slot.state, UInt32.self), path: "")]
    while let (value, path) = stack.popLast() { stack += try children(of: value, path).reversed() }
    // Those of frozen modules belong to functions, and have no names.
    for value in 0..<valueCount where !visited.contains(value) {
      if try kind(of: value) == Kind.tensor { try add(value, ConstantNames.prefix + "\(value)") }
    }
  }

  private func kind(of value: Int) throws(ReadError) -> Int {
    try module.table(Slot.values, at: value).integer(Slot.valueKind, UInt8.self)
  }

  /// What a value consists of, with names below `path`. A tensor is added instead.
  private mutating func children(of value: Int, _ path: String) throws(ReadError) -> [(value: Int, path: String)] {
    let kind = try kind(of: value)
    if kind == Kind.tensor {
      try add(value, path)
      return []
    }
    guard visited.insert(value).inserted, let table = try module.table(Slot.values, at: value).table(Slot.value) else {
      return []
    }
    switch kind {
    case Kind.list: return try named(table, 4, path, nil)
    case Kind.tuple: return try named(table, 4, path, stateNames(count: table.count(4)))
    case Kind.dictionary:
      try spend(table.count(4))
      var names: [String] = []
      for (index, key) in try table.integers(4).enumerated() { names.append(try text(key) ?? "\(index)") }
      return try named(table, 6, path, names)
    case Kind.object:
      let type = try table.integer(Slot.objectType, UInt32.self)
      guard try table.count(Slot.objectAttributes) > 0 else {
        let state = try table.integer(Slot.objectState, UInt32.self)
        return state == 0 ? [] : [(state, path)]
      }
      let names = try module.table(Slot.types, at: type)
      let count = try names.count(Slot.attributeNames)
      try spend(count)
      return try named(
        table, Slot.objectAttributes, path,
        (0..<count).map { index throws(ReadError) in try names.text(Slot.attributeNames, at: index) })
    default: return []
    }
  }

  private func text(_ value: Int) throws(ReadError) -> String? {
    guard try kind(of: value) == Kind.text else { return nil }
    return try module.table(Slot.values, at: value).table(Slot.value)?.text(4)
  }

  /// Spends steps: parts that many values share would otherwise make few bytes a long walk.
  private mutating func spend(_ steps: Int) throws(ReadError) {
    stepCount += steps
    guard stepCount <= 100_000 + 8 * valueCount else {
      throw source.error(.limitExceeded, "has \(valueCount) values, which \(stepCount) steps do not visit")
    }
  }

  /// - Parameter names: in the order of the vector in the slot; numbers if there are none.
  private mutating func named(
    _ table: FlatTable, _ slot: Int, _ path: String, _ names: [String]?
  ) throws(ReadError) -> [(value: Int, path: String)] {
    try spend(table.count(slot))
    var result: [(value: Int, path: String)] = []
    for (index, value) in try table.integers(slot).enumerated() {
      if let names, !names.indices.contains(index) {
        throw source.error(.malformed, "has \(names.count) names for more attributes")
      }
      let last = names?[index] ?? "\(index)"
      let full = unpacked(path.isEmpty ? last : path + "." + last)
      nameByteCount += full.utf8.count
      guard full.utf8.count <= limits.maximumNameBytes, nameByteCount <= limits.maximumIndexBytes else {
        throw source.error(
          .limitExceeded, "has names of \(nameByteCount) bytes, the limit is \(limits.maximumIndexBytes)",
          hint: "the limit for one is \(limits.maximumNameBytes)")
      }
      result.append((value, full))
    }
    return result
  }

  private mutating func add(_ value: Int, _ name: String) throws(ReadError) {
    visited.insert(value)
    guard listed.tensors.count + listed.records.count < limits.maximumTensorCount else {
      throw source.error(.limitExceeded, "has more than \(limits.maximumTensorCount) tensors")
    }
    guard let table = try module.table(Slot.values, at: value).table(Slot.value) else { return }
    let result = Result { () throws(ReadError) in try tensor(table, named: name) }
    listed.add(name, shape: (try? table.integers(Slot.shape)) ?? [], result)
  }

  private func tensor(_ table: FlatTable, named name: String) throws(ReadError) -> BuiltTensor {
    let number = try table.integer(Slot.elementType, Int8.self)
    guard let type = Self.elementTypes[number] else {
      throw source.error(.unsupported, "has elements of type \(number), which is not read", subject: name)
    }
    let index = try table.integer(Slot.storage, UInt32.self)
    let storage = TensorStorage(
      identity: "storage \(index)", rootOffset: 0, type: .elements(type),
      bytes: .bytes(try module.table(Slot.storages, at: index).bytes(4)), byteOrder: .little)
    let view = StoredView(
      storage: .key("\(index)"), elementOffset: try table.integer(Slot.offset, Int32.self),
      shape: try table.integers(Slot.shape), strides: try table.integers(Slot.strides))
    let built = try BuiltTensor(view: view, type, of: storage, named: name, limits: limits)
    guard let quantizer = try table.table(Slot.quantization) else { return built }
    return BuiltTensor(tensor: try scale(quantizer, of: built.tensor).dequantized(built.tensor, limits))
  }

  /// (scheme, scale, zero point, scales, zero points, axis)
  private func scale(_ quantizer: FlatTable, of stored: Tensor) throws(ReadError) -> QuantizationScale {
    let scheme = try quantizer.integer(4, Int8.self)
    switch scheme {
    case 0, 2:
      return .tensor(scale: Float(try quantizer.double(6)), zeroPoint: Float(try quantizer.integer(8, Int32.self)))
    case 1, 3, 4:
      guard let scales = try quantizer.table(10), let zeroPoints = try quantizer.table(12),
        try scales.table(Slot.quantization) == nil, try zeroPoints.table(Slot.quantization) == nil
      else { throw source.error(.malformed, "is quantized by channel without scales", subject: stored.name) }
      return try QuantizationScale(
        scales: tensor(scales, named: stored.name).tensor, zeroPoints: tensor(zeroPoints, named: stored.name).tensor,
        axis: quantizer.integer(14, Int32.self), of: stored)
    default: throw source.error(.unsupported, "is quantized by scheme \(scheme)", subject: stored.name)
    }
  }

  /// PyTorch's numbers of element types.
  private static let elementTypes: [Int: ElementType] = [
    0: .uint8, 1: .int8, 2: .int16, 3: .int32, 4: .int64, 5: .float16, 6: .float32, 7: .float64, 9: .complex64,
    10: .complex128, 11: .bool, 12: .int8, 13: .uint8, 14: .int32, 15: .bfloat16,
  ]
}
