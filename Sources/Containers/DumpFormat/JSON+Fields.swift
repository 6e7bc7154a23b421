import ModelReading
import StrictJSON

/// Values of the kinds that the schema asks for; anything else is an error at its place.
extension JSON {
  func member(_ key: String) throws(ReadError) -> JSON {
    guard let value = self[key] else { throw error(.malformed, "lacks \(key)") }
    return value
  }

  func text(_ maximumBytes: Int = .max) throws(ReadError) -> String {
    guard let bytes else { throw error(.malformed, "has a \(kind.rawValue) where text belongs") }
    guard bytes.bytes.count <= maximumBytes else {
      throw error(.limitExceeded, "has a name of \(bytes.bytes.count) bytes, the limit is \(maximumBytes)")
    }
    return bytes.description
  }

  func optionalText(_ key: String) throws(ReadError) -> String? {
    let value = try member(key)
    return value.isNull ? nil : try value.text()
  }

  func flag() throws(ReadError) -> Bool {
    guard let bool else { throw error(.malformed, "has a \(kind.rawValue) where true or false belongs") }
    return bool
  }

  /// A natural number.
  func extent() throws(ReadError) -> Int {
    guard let int, int >= 0 else { throw error(.malformed, "has no natural number where one belongs") }
    return int
  }

  func list(_ maximumCount: Int = .max, _ what: String = "") throws(ReadError) -> [JSON] {
    guard kind == .array else { throw error(.malformed, "has a \(kind.rawValue) where a list belongs") }
    guard count <= maximumCount else {
      throw error(.limitExceeded, "lists \(count) \(what), the limit is \(maximumCount)")
    }
    return elements
  }

  func extents() throws(ReadError) -> [Int] {
    try list().map { (element) throws(ReadError) in try element.extent() }
  }

  func texts() throws(ReadError) -> [String] {
    try list().map { (element) throws(ReadError) in try element.text() }
  }

  /// One of an enumeration's names.
  func choice<Choice: RawRepresentable>() throws(ReadError) -> Choice where Choice.RawValue == String {
    let name = try text()
    guard let choice = Choice(rawValue: name) else {
      throw error(.malformed, "has '\(name)', which is no \(Choice.self)")
    }
    return choice
  }
}
