import ModelReading

/// Names told apart by their bytes: one that is taken gets a number.
struct UniqueNames {
  private var taken: Set<ByteString>
  /// How often a name was asked for, so that the search goes on where it ended.
  private var counts: [ByteString: Int] = [:]

  init(reserved: [String] = []) { taken = Set(reserved.map { ByteString($0) }) }

  /// `wanted`, or `wanted~2`, `wanted~3`, … before `suffix`.
  mutating func next(_ wanted: String, suffix: String = "") -> String {
    var count = counts[ByteString(wanted), default: 0]
    var name: String
    repeat {
      count += 1
      name = (count == 1 ? wanted : "\(wanted)~\(count)") + suffix
    } while !taken.insert(ByteString(name)).inserted
    counts[ByteString(wanted)] = count
    return name
  }
}
