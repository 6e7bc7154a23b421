import ModelReading

// Lists, tuples, sets, dictionaries: shared by reference, as node numbers.

extension PickleMachine {
  mutating func makeContainer() throws(ReadError) {
    switch opcode {
    case .emptyTuple: try push(.tuple([]))
    case .tuple1: try push(.tuple(pop(1)))
    case .tuple2: try push(.tuple(pop(2)))
    case .tuple3: try push(.tuple(pop(3)))
    case .tuple: try push(.tuple(popMark()))
    case .emptyList: try push(.list([]))
    case .list: try push(.list(popMark()))
    case .emptySet: try push(.set([]))
    case .frozenSet: try push(.set(popMark()))
    case .dictionary: try push(.dictionary(pairs()))
    default: try push(.dictionary([]))
    }
  }

  /// `APPEND`, `APPENDS`, `ADDITEMS`: elements for the list, set or object below them.
  mutating func addElements() throws(ReadError) {
    let values = try opcode == .append ? pop(1) : popMark()
    let target = try Int(top().index)
    switch container(target) {
    case .list where opcode != .addItems: grow(target, by: values, Pickle.Node.list)
    case .set where opcode == .addItems: grow(target, by: values, Pickle.Node.set)
    case .object(let index): objects[index].items += values
    default: throw error(.malformed, "\(opcode.name) adds elements to something that has none")
    }
  }

  /// `SETITEM`, `SETITEMS`: entries for the dictionary or object below them.
  mutating func setItems() throws(ReadError) {
    let values = try opcode == .setItem ? pop(2) : pairs()
    let target = try Int(top().index)
    switch container(target) {
    case .dictionary: grow(target, by: values, Pickle.Node.dictionary)
    case .object(let index): objects[index].entries += values
    default: throw error(.malformed, "\(opcode.name) sets entries of something that is no dictionary")
    }
  }

  private enum Container {
    case list, set, dictionary
    case object(Int)
    case none
  }

  // Two functions of their own: a `switch` keeps what it looks at until its end, and an array grows
  // without being copied only if nothing else refers to it.

  private func container(_ target: Int) -> Container {
    switch nodes[target] {
    case .list: .list
    case .set: .set
    case .dictionary: .dictionary
    case .object(let index): .object(index)
    default: .none
    }
  }

  /// The elements of a container, which has none afterwards.
  private mutating func takeElements(_ target: Int) -> [Pickle.ID] {
    switch nodes[target] {
    case .list(let elements), .set(let elements), .dictionary(let elements):
      nodes[target] = .none
      return elements
    default: return []
    }
  }

  private mutating func grow(_ target: Int, by values: [Pickle.ID], _ container: ([Pickle.ID]) -> Pickle.Node) {
    var elements = takeElements(target)
    elements += values
    nodes[target] = container(elements)
  }

  /// Everything above the mark: keys and values alternating.
  private mutating func pairs() throws(ReadError) -> [Pickle.ID] {
    let values = try popMark()
    guard values.count.isMultiple(of: 2) else {
      throw error(.malformed, "\(opcode.name) needs pairs, \(values.count) values are stacked")
    }
    return values
  }
}
