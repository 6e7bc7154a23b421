import ModelReading

// Where Python would import and call, this writes down what.

extension PickleMachine {
  /// Longest name of a module, class or function, in bytes.
  private static let maximumGlobalBytes = 1024

  mutating func pushGlobal() throws(ReadError) {
    if opcode == .global {
      let module = try shortLine()
      try push(.global(number(of: module, shortLine())))
    } else {
      let names = try pop(2)
      try push(.global(number(of: name(names[0]), name(names[1]))))
    }
  }

  mutating func makeObject() throws(ReadError) {
    switch opcode {
    case .newObjectWithKeywords:
      let parts = try pop(3)
      guard case .dictionary = nodes[Int(parts[2].index)] else {
        throw error(.malformed, "NEWOBJ_EX needs a dictionary of keyword arguments")
      }
      try push(object(parts[0], parts[1], keywords: parts[2], isInstance: true))
    case .instance:
      let module = try shortLine()
      let type = try add(.global(number(of: module, shortLine())))
      try push(object(type, add(.tuple(popMark())), isInstance: true))
    case .object:
      let parts = try popMark()
      guard let type = parts.first else { throw error(.malformed, "OBJ needs a class, there is none") }
      try push(object(type, add(.tuple(Array(parts.dropFirst()))), isInstance: true))
    default:
      let parts = try pop(2)
      try push(object(parts[0], parts[1], isInstance: opcode == .newObject))
    }
  }

  private mutating func object(
    _ callable: Pickle.ID, _ arguments: Pickle.ID, keywords: Pickle.ID? = nil, isInstance: Bool
  ) throws(ReadError) -> Pickle.Node {
    guard case .tuple = nodes[Int(arguments.index)] else {
      throw error(.malformed, "\(opcode.name) needs a tuple of arguments")
    }
    switch nodes[Int(callable.index)] {
    case .global, .object, .persistent: break
    default: throw error(.malformed, "\(opcode.name) calls something that is neither class nor function")
    }
    objects.append(
      Pickle.Object(callable: callable, arguments: arguments, keywords: keywords, isInstance: isInstance))
    return .object(objects.count - 1)
  }

  mutating func build() throws(ReadError) {
    let state = try pop()
    guard case .object(let index) = try nodes[Int(top().index)] else {
      throw error(.malformed, "BUILD sets the state of something that is no object")
    }
    objects[index].states.append(state)
  }

  mutating func pushPersistent() throws(ReadError) {
    let key = try opcode == .persistentID ? add(.text(.stored(line()))) : pop()
    persistentKeys.append(key)
    try push(.persistent(key))
  }

  /// Position of the global in `globals`, where it is put at its first mention.
  private mutating func number(of module: String, _ name: String) throws(ReadError) -> Int {
    guard !module.isEmpty, !name.isEmpty else { throw error(.malformed, "\(opcode.name) names nothing") }
    let global = Pickle.Global(currentName(ofModule: module), name)
    if let known = globalNumbers[global] { return known }
    globals.append(global)
    globalNumbers[global] = globals.count - 1
    return globals.count - 1
  }

  /// A name that was pushed as text.
  private func name(_ id: Pickle.ID) throws(ReadError) -> String {
    switch nodes[Int(id.index)] {
    case .text(let content), .string(let content):
      guard content.byteCount <= Self.maximumGlobalBytes else {
        throw error(
          .limitExceeded, "a global's name has \(content.byteCount) bytes, the limit is \(Self.maximumGlobalBytes)")
      }
      return try String(decoding: bytes(content), as: UTF8.self)
    default: throw error(.malformed, "STACK_GLOBAL needs two texts")
    }
  }

  private func bytes(_ content: Pickle.Content) throws(ReadError) -> [UInt8] {
    switch content {
    case .stored(let range): try source.slice(at: range.lowerBound, count: range.count, "a name").copy()
    case .decoded(let bytes): bytes
    }
  }
}

extension Pickle.Content {
  var byteCount: Int {
    switch self {
    case .stored(let range): range.count
    case .decoded(let bytes): bytes.count
    }
  }
}

/// What Python 3 and today's libraries call a module.
private func currentName(ofModule module: String) -> String {
  switch module {
  case "__builtin__": "builtins"
  case "copy_reg": "copyreg"
  case "torch.tensor": "torch._tensor"
  case "numpy.core": "numpy._core"
  case _ where module.hasPrefix("numpy.core."): "numpy._core." + module.dropFirst("numpy.core.".count)
  default: module
  }
}
