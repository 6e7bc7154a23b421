import ModelReading
import SafetensorsFormat

/// The `__metadata__` of a file: names and values, both text.
typealias Metadata = SafetensorsHeader.Metadata

/// One file: its tensors, and what cannot be one.
struct Shard {
  let path: String
  let metadata: Metadata
  /// In the order of their bytes.
  var tensors: [Tensor] = []
  var inventory: [TensorRecord] = []
  var diagnostics: [Diagnostic] = []

  init(_ source: ByteSource, _ limits: Limits) throws(ReadError) {
    let header = try SafetensorsHeader(source, limits)
    path = source.label
    metadata = header.metadata
    for record in header.records { try append(record, source, header.dataStart, limits) }
    reinterpretPaddle()
  }

  private mutating func append(
    _ record: SafetensorsHeader.Record, _ source: ByteSource, _ dataStart: Int, _ limits: Limits
  ) throws(ReadError) {
    let bytes = try source.slice(at: dataStart + record.range.lowerBound, count: record.range.count, "tensor")
    if let elementType = record.type.elementType {
      let tensor = try Tensor(
        name: record.name, elementType: elementType, shape: record.shape, storage: .bytes(bytes), limits: limits)
      tensors.append(tensor)
      inventory.append(TensorRecord(tensor))
      return
    }
    inventory.append(TensorRecord(name: record.name, elementType: record.type.name, shape: record.shape))
    if record.type.bits == 4 {
      tensors.append(try FourBitFloat.tensor(record.name, record.shape, bytes, limits))
    } else {
      diagnostics.append(
        Diagnostic(
          .unsupportedTensor, record.name,
          "has elements of \(record.type.bits) bits (\(record.type.name)), and the format does not define how they "
            + "lie in bytes"))
    }
  }

  /// Paddle's writers had no name for bfloat16, and called it `U16`.
  private mutating func reinterpretPaddle() {
    guard metadata.contains(where: { $0.key == "format" && $0.value == "paddle" }) else { return }
    let count = tensors.count { $0.elementType == .uint16 }
    guard count > 0 else { return }
    tensors = tensors.map { $0.elementType == .uint16 ? $0.reinterpreted(as: .bfloat16) : $0 }
    diagnostics.append(
      Diagnostic(
        .inferred, path, "is by Paddle, which calls bfloat16 U16: \(count) tensors of U16 are taken for bfloat16"))
  }

  /// Takes out the tensors whose names `keep` refuses, and returns their records.
  mutating func removeTensors(unless keep: (ByteString) -> Bool) -> [TensorRecord] {
    let removed = inventory.filter { !keep(ByteString($0.name)) }
    guard !removed.isEmpty else { return [] }
    tensors.removeAll { !keep(ByteString($0.name)) }
    inventory.removeAll { !keep(ByteString($0.name)) }
    diagnostics.removeAll { !keep(ByteString($0.subject)) }
    return removed
  }
}
