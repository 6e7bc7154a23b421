/// Writes protobuf messages for tests: any field, in any order, right or wrong.
struct Proto {
  var bytes: [UInt8] = []

  static func varint(_ value: UInt64) -> [UInt8] {
    var result: [UInt8] = []
    var rest = value
    while rest >= 0x80 {
      result.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    return result + [UInt8(rest)]
  }

  func tag(_ field: Int, _ wire: Int) -> Proto { raw(Proto.varint(UInt64(field << 3 | wire))) }
  func raw(_ more: [UInt8]) -> Proto { Proto(bytes: bytes + more) }
  func int(_ field: Int, _ value: Int) -> Proto {
    tag(field, 0).raw(Proto.varint(UInt64(bitPattern: Int64(value))))
  }
  func data(_ field: Int, _ value: [UInt8]) -> Proto {
    tag(field, 2).raw(Proto.varint(UInt64(value.count))).raw(value)
  }
  func text(_ field: Int, _ value: String) -> Proto { data(field, Array(value.utf8)) }
  func message(_ field: Int, _ value: Proto) -> Proto { data(field, value.bytes) }
  func messages(_ field: Int, _ values: [Proto]) -> Proto { values.reduce(self) { $0.message(field, $1) } }
  func texts(_ field: Int, _ values: [String]) -> Proto { values.reduce(self) { $0.text(field, $1) } }
  func ints(_ field: Int, _ values: [Int]) -> Proto { values.reduce(self) { $0.int(field, $1) } }
  func packed(_ field: Int, _ values: [Int]) -> Proto {
    data(field, values.flatMap { Proto.varint(UInt64(bitPattern: Int64($0))) })
  }
}

func floatBytes(_ values: [Float]) -> [UInt8] {
  values.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> UInt32(8 * $0)) } }
}

func int64Bytes(_ values: [Int]) -> [UInt8] {
  values.flatMap { value in (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
}

/// Tensors, nodes and models as ONNX has them.
enum Onnx {
  static let float = 1

  static func tensor(_ name: String, _ shape: [Int], type: Int = Onnx.float) -> Proto {
    Proto().ints(1, shape).int(2, type).text(8, name)
  }

  /// Floats 0, 1, 2 … in `raw_data`.
  static func raw(_ name: String, _ shape: [Int]) -> Proto {
    tensor(name, shape).data(9, floatBytes((0..<shape.reduce(1, *)).map { Float($0) }))
  }

  static func integers(_ name: String, _ values: [Int]) -> Proto {
    tensor(name, [values.count], type: 7).data(9, int64Bytes(values))
  }

  static func node(
    _ operation: String, _ inputs: [String], to outputs: [String] = ["y"], name: String = "", domain: String = "",
    _ attributes: [Proto] = []
  ) -> Proto {
    Proto().texts(1, inputs).texts(2, outputs).text(3, name).text(4, operation).messages(5, attributes)
      .text(7, domain)
  }

  static func attribute(_ name: String, _ value: Int) -> Proto { Proto().text(1, name).int(3, value).int(20, 2) }
  static func attribute(_ name: String, _ values: [Int]) -> Proto {
    Proto().text(1, name).ints(8, values).int(20, 7)
  }
  static func attribute(_ name: String, _ value: String) -> Proto {
    Proto().text(1, name).text(4, value).int(20, 3)
  }
  static func attribute(_ name: String, tensor: Proto) -> Proto {
    Proto().text(1, name).message(5, tensor).int(20, 4)
  }
  static func attribute(_ name: String, graph: Proto) -> Proto {
    Proto().text(1, name).message(6, graph).int(20, 5)
  }

  static func graph(_ nodes: [Proto], _ initializers: [Proto] = [], outputs: [String] = []) -> Proto {
    Proto().messages(1, nodes).text(2, "g").messages(5, initializers)
      .messages(12, outputs.map { Proto().text(1, $0) })
  }

  static func model(_ graph: Proto, functions: [Proto] = []) -> Proto {
    Proto().int(1, 8).text(2, "tests").text(3, "1.0").message(7, graph).message(8, Proto().text(1, "").int(2, 17))
      .messages(25, functions)
  }

  static func model(_ nodes: [Proto], _ initializers: [Proto]) -> [UInt8] { model(graph(nodes, initializers)).bytes }
}
