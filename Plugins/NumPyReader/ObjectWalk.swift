import ModelReading
import NumPyFormat
import Pickle

/// Finds the arrays in a pickled object, and names them by the way to them.
///
/// Old zoos keep `{layer: [kernel, bias]}` or `{layer: {'weights': …, 'biases': …}}`; anything that
/// nests dictionaries, lists and arrays is followed. Each container is visited once.
struct ObjectWalk {
  private(set) var contents = ArrayLayout.Contents()
  private(set) var aliases: [ByteString: [String]] = [:]
  /// `false` if a dictionary has Python 2 strings for keys: its order is that of their hashes.
  private(set) var isOrdered = true
  private let pickle: Pickle
  private let limits: Limits
  private var nameByArray: [Pickle.ID: String] = [:]
  private var visited: Set<Pickle.ID> = []
  private var usedNames: Set<ByteString> = []
  /// What each node is as an array, if it is one: decoding may cost a copy.
  private var arrays: [Pickle.ID: PickledArray?] = [:]
  /// Bytes in the names made so far. Paths through shared objects make many long names of few bytes.
  private var nameByteCount = 0

  private struct Step {
    var id: Pickle.ID
    var name: String
    var depth: Int
  }

  init(_ pickle: Pickle, _ limits: Limits) {
    self.pickle = pickle
    self.limits = limits
  }

  /// - Throws: for arrays that contradict themselves, and above the limits.
  mutating func collect(from root: Pickle.ID, named name: String) throws(ReadError) {
    var steps = [Step(id: root, name: name, depth: 0)]
    while let step = steps.popLast() {
      if let name = nameByArray[step.id] {
        aliases[ByteString(name), default: []].append(step.name)
        continue
      }
      guard step.depth <= limits.maximumNesting else {
        throw pickle.source.error(.limitExceeded, "nests objects deeper than \(limits.maximumNesting), the limit")
          .about(step.name)
      }
      nameByteCount += step.name.utf8.count
      guard step.name.utf8.count <= limits.maximumNameBytes, nameByteCount <= limits.maximumIndexBytes else {
        throw pickle.source.error(
          .limitExceeded,
          "has names of \(step.name.utf8.count) bytes, \(nameByteCount) together; the limits are \(limits.maximumNameBytes) and \(limits.maximumIndexBytes)"
        )
      }
      steps += try children(of: step).reversed()
    }
  }

  /// What a step leads to; adds it to the contents if it is an array of numbers.
  private mutating func children(of step: Step) throws(ReadError) -> [Step] {
    if let array = try array(step.id, step.name) {
      if case .objects(let items) = array.elements { return visit(step) ? try elements(items, of: step) : [] }
      try add(array, step)
      return []
    }
    if let entries = pickle.entries(step.id) {
      return visit(step) ? members(entries, of: step) : []
    }
    if let items = pickle.elements(step.id) {
      return visit(step) ? try elements(items, of: step) : []
    }
    return []
  }

  private mutating func visit(_ step: Step) -> Bool { visited.insert(step.id).inserted }

  private mutating func members(_ entries: [(key: Pickle.ID, value: Pickle.ID)], of step: Step) -> [Step] {
    var steps: [Step] = []
    for (number, entry) in entries.enumerated() {
      if case .string = pickle[entry.key] { isOrdered = false }
      let key = pickle.text(entry.key) ?? pickle.integer(entry.key).map(String.init) ?? "#\(number)"
      steps.append(Step(id: entry.value, name: joined(step.name, key), depth: step.depth + 1))
    }
    return steps
  }

  /// The elements of a list, by number; kernels followed by their biases share the kernel's number.
  private mutating func elements(_ items: [Pickle.ID], of step: Step) throws(ReadError) -> [Step] {
    var ranks: [Int?] = []
    for (number, item) in items.enumerated() { ranks.append(try rank(item, joined(step.name, String(number)))) }
    guard items.count != 1 || ranks[0] != nil else {
      return [Step(id: items[0], name: step.name, depth: step.depth + 1)]
    }
    var steps: [Step] = []
    for (number, item) in items.enumerated() {
      var name = joined(step.name, String(number))
      if (ranks[number] ?? 0) >= 2 {
        name = joined(items.count <= 2 ? step.name : name, "weights")
      } else if ranks[number] == 1, number > 0, (ranks[number - 1] ?? 0) >= 2 {
        name = joined(items.count <= 2 ? step.name : joined(step.name, String(number - 1)), "biases")
      }
      steps.append(Step(id: item, name: name, depth: step.depth + 1))
    }
    return steps
  }

  private func joined(_ path: String, _ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

  /// The number of axes of an array of numbers; `nil` for anything else.
  private mutating func rank(_ id: Pickle.ID, _ name: String) throws(ReadError) -> Int? {
    guard let array = try array(id, name), case .bytes = array.elements else { return nil }
    return array.layout.shape.count
  }

  /// The array that a node is; one of an unknown type becomes a diagnostic.
  private mutating func array(_ id: Pickle.ID, _ name: String) throws(ReadError) -> PickledArray? {
    if let known = arrays[id] { return known }
    var found: PickledArray?
    do throws(ReadError) {
      found = try PickledArray(id, in: pickle)
    } catch {
      guard error.code == .unsupported else { throw error.about(name) }
      contents.diagnostics.append(Diagnostic(.unreadableTensor, name, error.message, hint: error.hint))
    }
    arrays.updateValue(found, forKey: id)
    return found
  }

  private mutating func add(_ array: PickledArray, _ step: Step) throws(ReadError) {
    var name = step.name.isEmpty ? "array" : step.name
    var copies = 1
    while !usedNames.insert(ByteString(name)).inserted {
      copies += 1
      name = "\(step.name)#\(copies)"
    }
    nameByArray[step.id] = name
    contents.append(try array.contents(named: name, limits: limits))
    guard contents.inventory.count <= limits.maximumTensorCount else {
      throw pickle.source.error(.limitExceeded, "has more than \(limits.maximumTensorCount) arrays, the limit")
    }
  }
}

extension ObjectWalk {
  /// Whether Python's loader does nothing with a global but build numbers and containers.
  static func isHarmless(_ global: Pickle.Global) -> Bool { harmless.contains(global.description) }

  private static let harmless: Set<String> = [
    "numpy.ndarray", "numpy.dtype", "numpy.matrix", "numpy._core.multiarray._reconstruct",
    "numpy._core._internal._reconstruct", "numpy._core.multiarray.scalar", "numpy._core.numeric._frombuffer",
    "numpy.ma.core._mareconstruct", "numpy.ma.core.MaskedArray", "numpy.ma.MaskedArray", "numpy.record",
    "numpy.recarray", "numpy.rec.recarray", "numpy._core.records.recarray", "numpy._core.records.record",
    "numpy.matrixlib.defmatrix.matrix", "_codecs.encode", "collections.OrderedDict", "collections.defaultdict",
    "builtins.bytes", "builtins.bytearray", "builtins.dict", "builtins.list", "builtins.tuple", "builtins.set",
    "builtins.range", "builtins.xrange", "builtins.slice", "builtins.complex",
    "builtins.object", "copyreg._reconstructor", "ml_dtypes.bfloat16", "ml_dtypes.float8_e4m3fn",
    "ml_dtypes.float8_e4m3fnuz", "ml_dtypes.float8_e5m2", "ml_dtypes.float8_e5m2fnuz", "ml_dtypes.float8_e8m0fnu",
  ]
}
