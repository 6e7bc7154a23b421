/// Calls `body` with every index of an array of these extents, last axis fastest.
public func forEachIndex(of extents: [Int], _ body: ([Int]) -> Void) {
  var index = [Int](repeating: 0, count: extents.count)
  while true {
    body(index)
    var axis = extents.count - 1
    while axis >= 0 {
      index[axis] += 1
      if index[axis] < extents[axis] { break }
      index[axis] = 0
      axis -= 1
    }
    if axis < 0 { return }
  }
}
