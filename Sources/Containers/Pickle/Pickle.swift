public import ModelReading

/// A Python pickle, evaluated symbolically: a graph of what it *describes*.
///
/// Nothing is imported, called or constructed. Where Python would call
/// `module.name(arguments)`, this holds an object that says so. A global is a
/// pair of names.
///
///     let pickle = try Pickle(source, limits: limits)
///     let weights = pickle.value(in: pickle.root, forKey: "state_dict")
///
/// The nodes live in one array and refer to each other by index, so that shared
/// and cyclic objects are what they are in Python, and freeing a deep nest is
/// no recursion. Walk the graph with a visited set or a budget: a few hundred
/// bytes of pickle can describe 2¹⁰⁰ paths.
///
/// Strings and bytes stay in the file. All opcodes of protocols 0 to 5 are
/// known; the extension registry (`EXT1`, `EXT2`, `EXT4`) and out-of-band
/// buffers are refused.
public struct Pickle: Sendable {
  /// A node of this pickle.
  public struct ID: Sendable, Hashable {
    let index: Int32
    init(_ index: Int) { self.index = Int32(truncatingIfNeeded: index) }
  }

  /// What a node is.
  public enum Node: Sendable {
    case none
    case boolean(Bool)
    case integer(Int)
    /// An integer beyond 64 bits: two's complement, little-endian.
    case bigInteger(Content)
    case float(Double)
    /// Unicode text, as UTF-8.
    case text(Content)
    /// A Python 2 `str`: bytes that usually are text.
    case string(Content)
    /// `bytes` or `bytearray`.
    case bytes(Content)
    case list([ID])
    case tuple([ID])
    /// A `set` or `frozenset`.
    case set([ID])
    /// Keys and values alternating, in order of insertion; a repeated key is not merged.
    case dictionary([ID])
    /// A class or function, by its position in `globals`.
    case global(Int)
    /// The result of a call, by its position in `objects`.
    case object(Int)
    /// Something stored outside the pickle, under this key.
    case persistent(ID)
  }

  /// Bytes of a node: in the source, or decoded from it.
  public enum Content: Sendable, Hashable {
    /// Position relative to the start of the source, in bytes.
    case stored(Range<Int>)
    case decoded([UInt8])
  }

  /// A class or function by name.
  public struct Global: Sendable, Hashable, CustomStringConvertible {
    /// Today's name of the module: `__builtin__` is `builtins`, `numpy.core` is `numpy._core`.
    public let module: String
    /// May contain dots: an attribute of a class.
    public let name: String
    public var description: String { module + "." + name }

    public init(_ module: String, _ name: String) {
      self.module = module
      self.name = name
    }
  }

  /// What Python would have made by calling something.
  public struct Object: Sendable {
    /// What would have been called: usually a global.
    public let callable: ID
    /// A tuple, usually.
    public let arguments: ID
    /// Keyword arguments of `NEWOBJ_EX`: a dictionary.
    public let keywords: ID?
    /// Whether the class was instantiated (`NEWOBJ`, `INST`, `OBJ`) and not called as a function (`REDUCE`).
    public let isInstance: Bool
    /// What was handed to `__setstate__`, or merged into `__dict__`, in order.
    public internal(set) var states: [ID] = []
    /// Appended or added afterwards, as to a list or set.
    public internal(set) var items: [ID] = []
    /// Keys and values alternating, set afterwards as in a dictionary.
    public internal(set) var entries: [ID] = []
  }

  /// What the pickle evaluates to.
  public let root: ID
  /// Position after the `STOP` opcode, in bytes from the start of the source.
  public let endOffset: Int
  /// The highest protocol that the opcodes announce: 0 where there is no `PROTO`.
  public let version: Int
  /// Every class and function named, each once, in order of appearance.
  public let globals: [Global]
  public let objects: [Object]
  /// The key of every persistent reference, in order of appearance, repeated as they are.
  public let persistentKeys: [ID]
  /// Where the pickle came from.
  public let source: ByteSource
  let nodes: [Node]

  /// Evaluates one pickle.
  ///
  /// - Parameters:
  ///   - offset: of its first opcode, in bytes from the start of the source.
  ///     Several pickles may stand in a row: the next begins at `endOffset`.
  /// - Throws: `.truncated` where it ends before `STOP`; `.malformed` for a program
  ///   that no unpickler accepts; `.limitExceeded`; `.unsupported` for the extension registry.
  public init(_ source: ByteSource, at offset: Int = 0, limits: Limits) throws(ReadError) {
    var machine = PickleMachine(source, at: offset, limits: limits)
    root = try machine.run()
    endOffset = machine.offset
    version = machine.version
    globals = machine.globals
    objects = machine.objects
    persistentKeys = machine.persistentKeys
    nodes = machine.nodes
    self.source = source
  }

  /// Number of nodes, the budget for a walk that visits each once.
  public var count: Int { nodes.count }

  public subscript(id: ID) -> Node { nodes[Int(id.index)] }
}
