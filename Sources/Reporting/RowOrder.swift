import Analysis

extension [LayerRecord] {
  /// Numbers by size, words by their letters; rows that are equal stay in their order, those without a value come last.
  mutating func sort(by column: Column, descending: Bool) {
    let keyed = map { (row: $0, value: column.value($0)) }
    let known = keyed.filter { $0.value != .null }.enumerated().sorted { first, second in
      if isBefore(first.element.value, second.element.value) { return !descending }
      if isBefore(second.element.value, first.element.value) { return descending }
      return first.offset < second.offset
    }
    self = known.map(\.element.row) + keyed.filter { $0.value == .null }.map(\.row)
  }
}

private func isBefore(_ first: Column.Value, _ second: Column.Value) -> Bool {
  switch (first, second) {
  case (.integer(let a), .integer(let b)): a < b
  case (.number(let a), .number(let b)): a < b
  case (.text(let a), .text(let b)): a.utf8.lexicographicallyPrecedes(b.utf8)
  case (.integers(let a), .integers(let b)): a.lexicographicallyPrecedes(b)
  case (.numbers(let a), .numbers(let b)): a.lexicographicallyPrecedes(b)
  default: false
  }
}
