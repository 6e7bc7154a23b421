import ModelReading
import StrictJSON

extension JSON {
  /// As our own lines have it.
  var text: String {
    var writer = JSONWriter(indented: false)
    writer.copy(self)
    return writer.text
  }
}

extension JSONWriter {
  mutating func copy(_ json: JSON) {
    switch json.kind {
    case .null: null()
    case .bool: value(json.bool ?? false)
    case .number: if let integer = json.int { value(integer) } else { value(json.double) }
    case .string: value(json.string)
    case .array: array { for element in json.elements { $0.copy(element) } }
    case .object:
      object { writer in
        for (key, member) in json.members {
          writer.key(key.description)
          writer.copy(member)
        }
      }
    }
  }
}
