/// Writes pickles, opcode by opcode: what `torch.save` would, and what it never would.
enum PickleWriter {
  typealias Code = [UInt8]

  /// A whole pickle of protocol 2.
  static func pickle(_ value: Code) -> [UInt8] { [0x80, 2] + value + Array(".".utf8) }

  static func text(_ text: String) -> Code {
    Array("X".utf8) + littleEndian(UInt32(text.utf8.count)) + Array(text.utf8)
  }
  static func integer(_ value: Int) -> Code { [0x8A, 8] + littleEndian(UInt64(bitPattern: Int64(value))) }
  static func float(_ value: Double) -> Code { Array("F\(value)\n".utf8) }
  static let no: Code = [0x89]
  static let yes: Code = [0x88]
  static let none: Code = Array("N".utf8)
  static func bytes(_ bytes: [UInt8]) -> Code { Array("B".utf8) + littleEndian(UInt32(bytes.count)) + bytes }
  static func tuple(_ elements: [Code]) -> Code { Array("(".utf8) + elements.flatMap { $0 } + Array("t".utf8) }
  static func list(_ elements: [Code]) -> Code { Array("](".utf8) + elements.flatMap { $0 } + Array("e".utf8) }
  static func integers(_ values: [Int]) -> Code { tuple(values.map(integer)) }
  static func dictionary(_ entries: [(String, Code)]) -> Code {
    Array("}(".utf8) + entries.flatMap { text($0.0) + $0.1 } + Array("u".utf8)
  }
  static func global(_ module: String, _ name: String) -> Code { Array("c\(module)\n\(name)\n".utf8) }
  static func call(_ module: String, _ name: String, _ arguments: [Code]) -> Code {
    global(module, name) + tuple(arguments) + Array("R".utf8)
  }
  static func instance(_ module: String, _ name: String, state: Code) -> Code {
    global(module, name) + tuple([]) + [0x81] + state + Array("b".utf8)
  }
  static func persistent(_ key: Code) -> Code { key + Array("Q".utf8) }

  // MARK: What PyTorch writes

  static func storage(_ key: String, _ count: Int, type: String = "FloatStorage", view: Code? = nil) -> Code {
    persistent(
      tuple(
        [text("storage"), global("torch", type), text(key), text("cpu"), integer(count)] + (view.map { [$0] } ?? [])))
  }

  static func tensor(
    _ storage: Code, _ shape: [Int], strides: [Int]? = nil, offset: Int = 0, name: String = "_rebuild_tensor_v2",
    more: [Code] = []
  ) -> Code {
    var steps = [Int](repeating: 1, count: shape.count)
    for axis in shape.indices.dropLast().reversed() { steps[axis] = steps[axis + 1] * shape[axis + 1] }
    let hooks = call("collections", "OrderedDict", [])
    return call(
      "torch._utils", name, [storage, integer(offset), integers(shape), integers(strides ?? steps), no, hooks] + more)
  }

  static func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
    (0..<value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
  }

  static func floats(_ values: [Float]) -> [UInt8] { values.flatMap { littleEndian($0.bitPattern) } }
}
