import ModelReading
import StrictJSON

// Members that must be there.

extension JSON {
  func text(_ key: String) throws(ReadError) -> String { try required(self[key]?.string, key, "a string") }
  func integer(_ key: String) throws(ReadError) -> Int { try required(self[key]?.int, key, "an integer") }
  func number(_ key: String) throws(ReadError) -> Double { try required(self[key]?.double, key, "a number") }
  func object(_ key: String) throws(ReadError) -> JSON {
    try required(self[key].flatMap { $0.kind == .object ? $0 : nil }, key, "an object")
  }
  func list(_ key: String) throws(ReadError) -> [JSON] {
    try required(self[key].flatMap { $0.kind == .array ? $0.elements : nil }, key, "a list")
  }

  private func required<Value>(_ value: Value?, _ key: String, _ kind: String) throws(ReadError) -> Value {
    guard let value else { throw error(.malformed, "has no '\(key)' that is \(kind)") }
    return value
  }

  /// A line of a file of ours, whose `schema` must be one of those given.
  static func line(_ bytes: [UInt8], schemas: [String], _ label: String) throws(ReadError) -> JSON {
    let json = try JSON.parse(ByteSource(owned: bytes, label: label), limits: Limits())
    let found = json["schema"]?.string
    guard let found, schemas.contains(found) else {
      throw json.error(.unsupported, "has the schema '\(found ?? "none")' where '\(schemas[0])' is due")
    }
    return json
  }
}
