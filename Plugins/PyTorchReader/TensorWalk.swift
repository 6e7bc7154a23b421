import ModelReading
import Pickle

/// A tensor where the pickle has it.
struct FoundTensor {
  /// Keys and attribute names from the root.
  var path: [String]
  /// How many of the path's first components are keys of plain dictionaries or
  /// lists, in contrast to attributes of objects.
  var containerDepth: Int
  var form: TensorForm
  /// Whether it belongs to an optimizer.
  var isOptimizerState: Bool
}

/// Walks the graph of a pickle for its tensors, in the order in which they stand.
///
/// Each container is entered once, so cycles end and shared parts are found
/// under their first name; a tensor is found under each of its names.
struct TensorWalk {
  private struct Place {
    var id: Pickle.ID
    /// Path of what contains it: one array for all its neighbours.
    var parent: [String] = []
    /// `nil` for the root.
    var name: String?
    var containerDepth: Int
    var isOptimizerState: Bool

    var path: [String] { name.map { parent + [$0] } ?? parent }
  }

  private let pickle: Pickle
  private let forms: TensorForms
  private let limits: Limits
  private var stack: [Place] = []
  private var visited: Set<Pickle.ID> = []
  private var nameByteCount = 0
  /// Elements and entries looked at: shared parts count each time.
  private var stepCount = 0
  private var found: [FoundTensor] = []

  /// - Throws: `.limitExceeded` above the limits on tensors, names and nesting.
  static func tensors(
    in pickle: Pickle, _ forms: TensorForms, limits: Limits
  ) throws(ReadError) -> [FoundTensor] {
    var walk = TensorWalk(pickle, forms, limits)
    walk.stack = [Place(id: pickle.root, containerDepth: 0, isOptimizerState: false)]
    while let place = walk.stack.popLast() { try walk.visit(place) }
    return walk.found
  }

  private init(_ pickle: Pickle, _ forms: TensorForms, _ limits: Limits) {
    self.pickle = pickle
    self.forms = forms
    self.limits = limits
  }

  private mutating func visit(_ place: Place) throws(ReadError) {
    if let form = forms.form(of: place.id) {
      try add(form, place)
      if case .wrapper = form { try visitParts(of: place) }
      return
    }
    switch pickle[place.id] {
    case .list(let elements), .tuple(let elements), .set(let elements):
      guard visited.insert(place.id).inserted else { return }
      try count(elements.count)
      try push(elements.enumerated().map { ("\($0.offset)", $0.element) }, below: place, isContainer: true)
    case .dictionary: try visitDictionary(place)
    case .object: try visitObject(place)
    default: return
    }
  }

  private mutating func add(_ form: TensorForm, _ place: Place) throws(ReadError) {
    guard found.count < limits.maximumTensorCount else {
      throw pickle.source.error(.limitExceeded, "has more than \(limits.maximumTensorCount) tensors")
    }
    let path = place.path
    let length = path.reduce(path.count) { $0 + $1.utf8.count }
    nameByteCount += length + path.count * MemoryLayout<String>.stride
    guard length <= limits.maximumNameBytes, nameByteCount <= limits.maximumIndexBytes else {
      throw pickle.source.error(
        .limitExceeded, "has a tensor's name of \(length) bytes, the limit is \(limits.maximumNameBytes)",
        hint: "the limit for all names together is \(limits.maximumIndexBytes)")
    }
    found.append(
      FoundTensor(
        path: path, containerDepth: place.containerDepth, form: form, isOptimizerState: place.isOptimizerState))
  }

  private mutating func visitDictionary(_ place: Place) throws(ReadError) {
    guard visited.insert(place.id).inserted, let entries = pickle.entries(place.id) else { return }
    try count(entries.count)
    var inner = place
    inner.isOptimizerState = place.isOptimizerState || isOptimizer(place.id)
    try push(named(entries), below: inner, isContainer: true)
  }

  /// An object: its items as a dictionary's or list's, and its attributes.
  private mutating func visitObject(_ place: Place) throws(ReadError) {
    guard visited.insert(place.id).inserted, let object = pickle.object(place.id) else { return }
    let entries = pickle.entries(place.id)
    let isDictionary = entries != nil
    try count((entries?.count ?? 0) + object.items.count)
    var children = entries.map(named) ?? []
    children += object.items.enumerated().map { ("\($0.offset)", $0.element) }
    // A dictionary's own attributes (`_metadata`) are no part of it.
    if children.isEmpty, let state = object.states.last { children = try attributes(state) }
    try push(children, below: place, isContainer: isDictionary)
  }

  /// The tensors that a wrapper consists of: `weight.int_data`.
  private mutating func visitParts(of place: Place) throws(ReadError) {
    guard visited.insert(place.id).inserted, let arguments = pickle.arguments(of: place.id),
      let state = arguments.last, let entries = pickle.entries(state)
    else { return }
    try count(entries.count)
    try push(named(entries), below: place, isContainer: false)
  }

  /// The attributes of an object; of a module, its parameters, buffers and submodules in their place.
  private mutating func attributes(_ state: Pickle.ID) throws(ReadError) -> [(name: String, id: Pickle.ID)] {
    var dictionary = state
    // (dictionary, slots)
    let parts = pickle.tuple(state) ?? []
    if parts.count == 2 { dictionary = parts[0] }
    guard let entries = pickle.entries(dictionary) else {
      // Or a weight and a bias among other things: so quantised layers are kept.
      try count(parts.count)
      return zip(stateNames(count: parts.count), parts).map { ($0, $1) }
    }
    try count(entries.count)
    let all = named(entries)
    guard all.contains(where: { $0.name == "_parameters" }) else { return all }
    var result: [(name: String, id: Pickle.ID)] = []
    for name in ["_parameters", "_buffers", "_modules"] {
      guard let inner = all.last(where: { $0.name == name }), let entries = pickle.entries(inner.id) else { continue }
      try count(entries.count)
      result += named(entries)
    }
    // A quantised layer keeps its weight and bias in `_packed_params`.
    return result + all.filter { !$0.name.hasPrefix("_") || $0.name == "_packed_params" }
  }

  /// Entries with their keys as text; of a repeated key the last value, in the first's place.
  private func named(_ entries: [(key: Pickle.ID, value: Pickle.ID)]) -> [(name: String, id: Pickle.ID)] {
    var positions: [ByteString: Int] = [:]
    var result: [(name: String, id: Pickle.ID)] = []
    for (index, entry) in entries.enumerated() where !isScalar(entry.value) {
      let name = pickle.text(entry.key) ?? pickle.integer(entry.key).map { "\($0)" } ?? "[\(index)]"
      if let position = positions[ByteString(name)] {
        result[position].id = entry.value
      } else {
        positions[ByteString(name)] = result.count
        result.append((name, entry.value))
      }
    }
    return result
  }

  private func isScalar(_ id: Pickle.ID) -> Bool {
    switch pickle[id] {
    case .none, .boolean, .integer, .bigInteger, .float, .text, .string, .bytes, .global: true
    default: false
    }
  }

  /// `{"state": …, "param_groups": …}`: what `Optimizer.state_dict()` returns.
  private func isOptimizer(_ id: Pickle.ID) -> Bool {
    pickle.value(in: id, forKey: "param_groups") != nil && pickle.value(in: id, forKey: "state") != nil
  }

  /// Spends steps: parts that many objects share would otherwise make few bytes a long walk.
  private mutating func count(_ steps: Int) throws(ReadError) {
    stepCount += steps
    guard stepCount <= Self.minimumSteps + 8 * pickle.count else {
      throw pickle.source.error(
        .limitExceeded, "has \(pickle.count) objects, which share so much that \(stepCount) steps do not visit them all"
      )
    }
  }

  private static let minimumSteps = 100_000

  private mutating func push(
    _ children: [(name: String, id: Pickle.ID)], below place: Place, isContainer: Bool
  ) throws(ReadError) {
    let path = place.path
    guard path.count < limits.maximumNesting else {
      throw pickle.source.error(.limitExceeded, "nests objects more than \(limits.maximumNesting) deep")
    }
    let depth =
      isContainer && place.containerDepth == path.count ? place.containerDepth + 1 : place.containerDepth
    for child in children.reversed() where !isScalar(child.id) {
      stack.append(
        Place(
          id: child.id, parent: path, name: child.name, containerDepth: depth,
          isOptimizerState: place.isOptimizerState))
    }
  }
}
