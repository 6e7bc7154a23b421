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
    switch nodes[target] {
    case .list where opcode != .addItems, .set where opcode == .addItems: grow(target, by: values)
    case .object(let index): objects[index].items += values
    default: throw error(.malformed, "\(opcode.name) adds elements to something that has none")
    }
  }

  /// `SETITEM`, `SETITEMS`: entries for the dictionary or object below them.
  mutating func setItems() throws(ReadError) {
    let values = try opcode == .setItem ? pop(2) : pairs()
    let target = try Int(top().index)
    switch nodes[target] {
    case .dictionary: grow(target, by: values)
    case .object(let index): objects[index].entries += values
    default: throw error(.malformed, "\(opcode.name) sets entries of something that is no dictionary")
    }
  }

  private mutating func grow(_ target: Int, by values: [Pickle.ID]) {
    // The node is taken out while its array grows, so that the array is not copied.
    switch nodes[target] {
    case .list(var elements):
      nodes[target] = .none
      elements += values
      nodes[target] = .list(elements)
    case .set(var elements):
      nodes[target] = .none
      elements += values
      nodes[target] = .set(elements)
    case .dictionary(var entries):
      nodes[target] = .none
      entries += values
      nodes[target] = .dictionary(entries)
    default: break
    }
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
