public import ModelReading

// Each of these answers nil where the node is something else.

extension Pickle {
  /// Text, or a Python 2 string. Bytes that are not UTF-8 are read as Latin-1.
  public func text(_ id: ID) -> String? {
    switch self[id] {
    case .text(let content), .string(let content):
      return String(validating: decoded(content), as: UTF8.self)
        ?? String(String.UnicodeScalarView(decoded(content).map { Unicode.Scalar($0) }))
    default: return nil
    }
  }

  /// The bytes of `bytes`, of a Python 2 string, or of the ways in which older
  /// protocols spell bytes: `_codecs.encode(text, 'latin1')`, which is decoded into
  /// memory at each call, and `bytes()`.
  public func bytes(_ id: ID) -> ByteSource? {
    switch self[id] {
    case .bytes(let content), .string(let content): return source(content)
    case .object: return encodedBytes(id)
    default: return nil
    }
  }

  /// An integer that fits in 64 bits; a boolean is none.
  public func integer(_ id: ID) -> Int? {
    if case .integer(let value) = self[id] { value } else { nil }
  }

  public func boolean(_ id: ID) -> Bool? {
    if case .boolean(let value) = self[id] { value } else { nil }
  }

  /// A float or an integer.
  public func number(_ id: ID) -> Double? {
    switch self[id] {
    case .float(let value): value
    case .integer(let value): Double(value)
    default: nil
    }
  }

  public func isNone(_ id: ID) -> Bool {
    if case .none = self[id] { true } else { false }
  }

  /// The elements of a tuple.
  public func tuple(_ id: ID) -> [ID]? {
    if case .tuple(let elements) = self[id] { elements } else { nil }
  }

  /// The elements of a tuple or list, or of an instance of a subclass of list.
  public func elements(_ id: ID) -> [ID]? {
    switch self[id] {
    case .list(let elements), .tuple(let elements): elements
    case .object(let index) where !objects[index].items.isEmpty: objects[index].items
    default: nil
    }
  }

  /// The integers of a tuple or list that has nothing else.
  public func integers(_ id: ID) -> [Int]? {
    guard let elements = elements(id) else { return nil }
    let values = elements.compactMap(integer)
    return values.count == elements.count ? values : nil
  }

  /// The entries of a dictionary, or of an `OrderedDict`, `defaultdict`,
  /// `Counter` or any other object that had items set, in order of insertion.
  ///
  /// A repeated key occurs repeatedly; Python keeps the last value.
  public func entries(_ id: ID) -> [(key: ID, value: ID)]? {
    switch self[id] {
    case .dictionary(let flat): return pairs(flat)
    case .object(let index):
      let object = objects[index]
      let given = initialEntries(of: object)
      guard given != nil || !object.entries.isEmpty else { return nil }
      return (given ?? []) + pairs(object.entries)
    default: return nil
    }
  }

  /// The value of the last entry whose key is this text.
  public func value(in id: ID, forKey key: String) -> ID? {
    guard let entries = entries(id) else { return nil }
    let wanted = Array(key.utf8)
    return entries.last { entry in has(entry.key, text: wanted) }?.value
  }

  public func global(_ id: ID) -> Global? {
    if case .global(let index) = self[id] { globals[index] } else { nil }
  }

  public func object(_ id: ID) -> Object? {
    if case .object(let index) = self[id] { objects[index] } else { nil }
  }

  /// What a call calls or an instance is an instance of, if that is known by name.
  ///
  /// Sees through `copyreg._reconstructor` and `copyreg.__newobj__`, by which older
  /// protocols make instances.
  public func callable(of id: ID) -> Global? {
    guard let object = object(id), let global = global(object.callable) else { return nil }
    guard global.module == "copyreg", global.name == "_reconstructor" || global.name == "__newobj__",
      let type = tuple(object.arguments)?.first
    else { return global }
    return self.global(type) ?? global
  }

  /// The positional arguments of a call.
  public func arguments(of id: ID) -> [ID]? {
    guard let object = object(id) else { return nil }
    return tuple(object.arguments)
  }

  /// What `__setstate__` would receive: the last state where there are several.
  public func state(of id: ID) -> ID? { object(id)?.states.last }

  /// The bytes of a node's content; of a stored one, a slice of the source.
  public func source(_ content: Content) -> ByteSource {
    switch content {
    case .stored(let range):
      // The machine has checked that the range lies in the source.
      if let slice = try? source.slice(at: range.lowerBound, count: range.count, "content") { return slice }
      return ByteSource(owned: [], label: source.label)
    case .decoded(let bytes): return ByteSource(owned: bytes, label: source.label)
    }
  }
}

extension Pickle {
  func decoded(_ content: Content) -> [UInt8] {
    switch content {
    case .stored: source(content).copy()
    case .decoded(let bytes): bytes
    }
  }

  private func pairs(_ flat: [ID]) -> [(key: ID, value: ID)] {
    stride(from: 0, to: flat.count - 1, by: 2).map { (flat[$0], flat[$0 + 1]) }
  }

  /// `OrderedDict([(key, value), …])`, as Python 2 writes it; empty for a dictionary type with nothing given.
  private func initialEntries(of object: Object) -> [(key: ID, value: ID)]? {
    guard let type = global(object.callable), type.module == "collections" || type.module == "builtins",
      ["OrderedDict", "defaultdict", "Counter", "dict"].contains(type.name)
    else { return nil }
    guard let given = tuple(object.arguments)?.last else { return [] }
    if case .dictionary(let flat) = self[given] { return pairs(flat) }
    return (elements(given) ?? []).compactMap { pair in
      guard let both = elements(pair), both.count == 2 else { return nil }
      return (both[0], both[1])
    }
  }

  private func has(_ id: ID, text wanted: [UInt8]) -> Bool {
    switch self[id] {
    case .text(.decoded(let bytes)), .string(.decoded(let bytes)): bytes == wanted
    case .text(.stored(let range)), .string(.stored(let range)):
      range.count == wanted.count && decoded(.stored(range)) == wanted
    default: false
    }
  }

  private func encodedBytes(_ id: ID) -> ByteSource? {
    guard let function = callable(of: id), let arguments = arguments(of: id) else { return nil }
    switch function.description {
    case "builtins.bytes", "builtins.bytearray":
      guard let inner = arguments.first else { return ByteSource(owned: [], label: source.label) }
      // One level is all that pickles use; more would be a way to recurse.
      if case .bytes(let content) = self[inner] { return source(content) }
      return nil
    case "_codecs.encode":
      guard let inner = arguments.first, case .text(let content) = self[inner] else { return nil }
      return latin1(source(content)).map { ByteSource(owned: $0, label: source.label) }
    default: return nil
    }
  }
}

/// The Latin-1 encoding of UTF-8 text, or `nil` for text that has none.
private func latin1(_ text: ByteSource) -> [UInt8]? {
  let bytes = text.bytes
  var result: [UInt8] = []
  result.reserveCapacity(bytes.byteCount)
  var offset = 0
  while let byte = bytes.byte(at: offset) {
    if byte < 0x80 {
      result.append(byte)
      offset += 1
      continue
    }
    guard byte == 0xC2 || byte == 0xC3, let next = bytes.byte(at: offset + 1), next & 0xC0 == 0x80 else { return nil }
    result.append((byte & 0x03) << 6 | next & 0x3F)
    offset += 2
  }
  return result
}
