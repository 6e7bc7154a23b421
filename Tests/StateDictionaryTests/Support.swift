import ModelReading
import StateDictionary

/// A tensor that is nothing but a name and a shape.
func tensor(_ name: String, _ shape: [Int], _ elementType: ElementType = .float32) throws -> Tensor {
  let count = Tensor.elementCount(shape)! * elementType.byteWidth
  return try Tensor(
    name: name, elementType: elementType, shape: shape,
    storage: .produced(
      ProducedBytes(byteCount: count, label: "test") { () throws(ReadError) in [UInt8](repeating: 0, count: count) }))
}

typealias Entry = (name: String, shape: [Int])

func layers(
  _ entries: [Entry], _ convention: StateDictionary.Convention = .pytorch, order: StateDictionary.Order = .given
) throws -> [Layer] { try result(entries, convention, order: order).layers }

func result(
  _ entries: [Entry], _ convention: StateDictionary.Convention = .pytorch, order: StateDictionary.Order = .given
) throws -> StateDictionary.Result {
  StateDictionary.layers(
    from: try entries.map { try tensor($0.name, $0.shape) }, convention: convention, order: order)
}

extension Layer {
  /// `name kind [canonical shape]`, with `/groups` where there is more than one.
  var line: String {
    "\(name) \(kind.label) \(parameters[0].tensor.canonicalShape)" + (groups > 1 ? " /\(groups)" : "")
  }
}

func lines(
  _ entries: [Entry], _ convention: StateDictionary.Convention = .pytorch, order: StateDictionary.Order = .given
) throws -> [String] { try layers(entries, convention, order: order).map(\.line) }
