import ModelReading

/// The machine that executes a pickle's opcodes on symbols.
///
/// Its stack holds node numbers; the marks are a second stack of positions in
/// the first, below which no opcode may reach.
struct PickleMachine {
  /// Position of the next byte, from the start of the source.
  var offset: Int
  private(set) var version = 0
  var nodes: [Pickle.Node] = [.none, .boolean(false), .boolean(true)]
  var objects: [Pickle.Object] = []
  var globals: [Pickle.Global] = []
  var persistentKeys: [Pickle.ID] = []

  let source: ByteSource
  let limits: Limits
  /// Position of the opcode being executed: where errors point.
  private(set) var opcodeOffset: Int
  private(set) var opcode = PickleOpcode.none
  private var stack: [Pickle.ID] = []
  private var marks: [Int] = []
  private var memo = PickleMemo()
  var globalNumbers: [Pickle.Global: Int] = [:]
  /// Bytes copied out of the source so far.
  var decodedByteCount = 0

  static let maximumStackDepth = 1 << 24

  init(_ source: ByteSource, at offset: Int, limits: Limits) {
    self.source = source
    self.offset = offset
    self.limits = limits
    opcodeOffset = offset
  }

  /// Executes opcodes up to `STOP`.
  /// - Returns: the node left on the stack.
  mutating func run() throws(ReadError) -> Pickle.ID {
    var executed = 0
    while true {
      opcodeOffset = offset
      opcode = try nextOpcode()
      if opcode == .stop { return try pop() }
      executed += 1
      guard executed <= limits.maximumPickleOpcodes else {
        throw error(.limitExceeded, "the pickle has more than \(limits.maximumPickleOpcodes) opcodes")
      }
      try execute()
    }
  }

  private mutating func nextOpcode() throws(ReadError) -> PickleOpcode {
    guard let byte = source.bytes.byte(at: offset) else {
      throw error(
        .truncated, "the pickle ends at \(offset) without its STOP opcode", hint: "the download may be incomplete")
    }
    offset += 1
    guard let opcode = PickleOpcode(rawValue: byte) else {
      throw error(.malformed, "0x\(String(byte, radix: 16)) is no pickle opcode")
    }
    return opcode
  }

  private mutating func execute() throws(ReadError) {
    switch opcode {
    case .none, .newTrue, .newFalse: try pushConstant()
    case .integer, .binaryInteger, .binaryInteger1, .binaryInteger2, .long, .long1, .long4, .float, .binaryFloat:
      try push(number(opcode))
    case .string, .binaryString, .shortBinaryString, .unicode, .binaryUnicode, .shortBinaryUnicode, .binaryUnicode8,
      .binaryBytes, .shortBinaryBytes, .binaryBytes8, .byteArray8:
      try push(string(opcode))
    case .mark, .pop, .popMark, .dup: try rearrange()
    case .emptyTuple, .tuple, .tuple1, .tuple2, .tuple3, .emptyList, .list, .emptyDictionary, .dictionary, .emptySet,
      .frozenSet:
      try makeContainer()
    case .append, .appends, .addItems: try addElements()
    case .setItem, .setItems: try setItems()
    case .get, .binaryGet, .longBinaryGet, .put, .binaryPut, .longBinaryPut, .memoize: try useMemo()
    case .global, .stackGlobal: try pushGlobal()
    case .reduce, .newObject, .newObjectWithKeywords, .object, .instance: try makeObject()
    case .build: try build()
    case .persistentID, .binaryPersistentID: try pushPersistent()
    case .version: version = max(version, try unsigned(1))
    case .frame: try checkFrame()
    case .extension1, .extension2, .extension4:
      throw error(.unsupported, "the pickle uses the extension registry of the program that wrote it")
    case .nextBuffer, .readOnlyBuffer:
      throw error(.unsupported, "the pickle refers to buffers stored outside it")
    case .stop: break
    }
  }

  func error(_ code: ReadError.Code, _ message: String, hint: String? = nil) -> ReadError {
    source.error(code, message, at: opcodeOffset, hint: hint)
  }
}

// MARK: - The stack

extension PickleMachine {
  mutating func push(_ node: Pickle.Node) throws(ReadError) { try push(add(node)) }

  mutating func push(_ id: Pickle.ID) throws(ReadError) {
    guard stack.count < Self.maximumStackDepth else {
      throw error(.limitExceeded, "the pickle stacks more than \(Self.maximumStackDepth) values")
    }
    stack.append(id)
  }

  mutating func add(_ node: Pickle.Node) throws(ReadError) -> Pickle.ID {
    // An object costs as much memory as three nodes.
    guard nodes.count + 2 * objects.count < min(limits.maximumPickleObjects, Int(Int32.max)) else {
      throw error(.limitExceeded, "the pickle makes more than \(limits.maximumPickleObjects) objects")
    }
    nodes.append(node)
    return Pickle.ID(nodes.count - 1)
  }

  mutating func pop() throws(ReadError) -> Pickle.ID {
    guard stack.count > marks.last ?? 0, let top = stack.popLast() else {
      throw error(.malformed, "\(opcode.name) needs a value, the stack is empty")
    }
    return top
  }

  func top() throws(ReadError) -> Pickle.ID {
    guard stack.count > marks.last ?? 0, let top = stack.last else {
      throw error(.malformed, "\(opcode.name) needs a value, the stack is empty")
    }
    return top
  }

  /// Removes the last mark and everything above it.
  mutating func popMark() throws(ReadError) -> [Pickle.ID] {
    guard let mark = marks.popLast() else { throw error(.malformed, "\(opcode.name) needs a MARK, there is none") }
    let values = Array(stack[mark...])
    stack.removeSubrange(mark...)
    return values
  }

  mutating func pop(_ count: Int) throws(ReadError) -> [Pickle.ID] {
    guard stack.count - (marks.last ?? 0) >= count else {
      throw error(.malformed, "\(opcode.name) needs \(count) values, the stack has \(stack.count - (marks.last ?? 0))")
    }
    let values = Array(stack.suffix(count))
    stack.removeLast(count)
    return values
  }

  private mutating func pushConstant() throws(ReadError) {
    switch opcode {
    case .newFalse: try push(Pickle.ID(1))
    case .newTrue: try push(Pickle.ID(2))
    default: try push(Pickle.ID(0))
    }
  }

  private mutating func rearrange() throws(ReadError) {
    switch opcode {
    case .mark:
      guard marks.count < Self.maximumStackDepth else {
        throw error(.limitExceeded, "the pickle stacks more than \(Self.maximumStackDepth) marks")
      }
      marks.append(stack.count)
    case .pop where stack.count == marks.last: marks.removeLast()
    case .pop: _ = try pop()
    case .popMark: _ = try popMark()
    default: try push(top())
    }
  }

  private mutating func useMemo() throws(ReadError) {
    switch opcode {
    case .memoize:
      guard memo.set(memo.count, try top()) else { throw memoOverflow() }
    case .put, .binaryPut, .longBinaryPut:
      let key = try memoKey()
      guard memo.set(key, try top()) else { throw memoOverflow() }
    default:
      let key = try memoKey()
      guard let id = memo[key] else { throw error(.malformed, "GET recalls memo \(key), which was never PUT") }
      try push(id)
    }
  }

  private mutating func memoKey() throws(ReadError) -> Int {
    switch opcode {
    case .binaryGet, .binaryPut: return try unsigned(1)
    case .longBinaryGet, .longBinaryPut: return try unsigned(4)
    default:
      let text = try shortLine()
      guard let key = Int(text), key >= 0 else { throw error(.malformed, "'\(text)' is no memo number") }
      return key
    }
  }

  private func memoOverflow() -> ReadError {
    error(.limitExceeded, "the pickle memoizes more than \(PickleMemo.maximumCount) values")
  }
}
