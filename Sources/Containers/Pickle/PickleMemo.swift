/// The values that a pickle has numbered for later use.
///
/// Picklers count up from 0 or 1, so an array does for them; a program that
/// uses numbers far apart is served by a dictionary, and neither grows with the
/// number itself.
struct PickleMemo {
  static let maximumCount = 10_000_000
  private static let maximumGap = 16

  private var dense: [Int32] = []
  private var sparse: [Int: Int32] = [:]
  /// How many numbers are in use: the next one that `MEMOIZE` gives.
  private(set) var count = 0

  subscript(key: Int) -> Pickle.ID? {
    if key < dense.count, dense[key] >= 0 { return Pickle.ID(Int(dense[key])) }
    return sparse[key].map { Pickle.ID(Int($0)) }
  }

  /// - Returns: whether there was room.
  mutating func set(_ key: Int, _ id: Pickle.ID) -> Bool {
    let isNew = self[key] == nil
    guard !isNew || count < Self.maximumCount else { return false }
    if isNew { count += 1 }
    if key < dense.count + Self.maximumGap, key < Self.maximumCount {
      while dense.count <= key { dense.append(-1) }
      dense[key] = id.index
      sparse[key] = nil
    } else {
      sparse[key] = id.index
    }
    return true
  }
}
