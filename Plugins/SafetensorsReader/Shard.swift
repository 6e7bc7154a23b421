import ModelReading

/// One file: its tensors, and what cannot be one.
struct Shard {
  let path: String
  let metadata: Metadata
  /// In the order of their bytes.
  var tensors: [Tensor] = []
  var inventory: [TensorRecord] = []
  var diagnostics: [Diagnostic] = []

  init(_ source: ByteSource, _ limits: Limits) throws(ReadError) {
    let header = try Header(source, limits)
    path = source.label
    metadata = header.metadata
    for record in header.records {
      guard let elementType = record.type.elementType else {
        inventory.append(TensorRecord(name: record.name, elementType: record.type.name, shape: record.shape))
        diagnostics.append(
          Diagnostic(
            .unsupportedTensor, record.name,
            "has elements of \(record.type.bits) bits (\(record.type.name)), which are not read"))
        continue
      }
      let bytes = try source.slice(
        at: header.dataStart + record.range.lowerBound, count: record.range.count, "tensor")
      let tensor = try Tensor(
        name: record.name, elementType: elementType, shape: record.shape, storage: .bytes(bytes), limits: limits)
      tensors.append(tensor)
      inventory.append(TensorRecord(tensor))
    }
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
