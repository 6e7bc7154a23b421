import ModelReading

/// A tensor in blocks: its elements are computed when they are needed.
struct QuantizedTensor {
  let name: String
  let shape: [Int]
  let quantization: Quantization
  let order: ByteOrder
  /// As many blocks as the shape takes.
  let bytes: ByteSource

  /// The tensor as float32.
  /// - Throws: `.limitExceeded` if it takes more memory than allowed.
  func tensor(_ limits: Limits) throws(ReadError) -> Tensor {
    // Every block is there, and none has more than 8 elements in a byte.
    let count = blockCount * quantization.block.elementCount
    guard count <= limits.maximumDecodedBytes / 4 else {
      throw bytes.error(
        .limitExceeded, "decodes to \(count) elements of 4 bytes, the limit is \(limits.maximumDecodedBytes) bytes",
        subject: name)
    }
    let produced = ProducedBytes(byteCount: count * 4, workingByteCount: count * 8, label: bytes.label) {
      () throws(ReadError) in
      try bytes.checkUnchanged()
      return values().littleEndianBytes
    }
    return try Tensor(name: name, elementType: .float32, shape: shape, storage: .produced(produced), limits: limits)
  }

  private var blockCount: Int { bytes.byteCount / quantization.block.byteCount }

  /// The elements in C order.
  private func values() -> [Float] {
    let (elementCount, byteCount) = quantization.block
    var values = [Float](repeating: 0, count: blockCount * elementCount)
    var target = values.mutableSpan
    let source = bytes.bytes
    for index in 0..<blockCount {
      let block = Block(source.extracting(index * byteCount..<(index + 1) * byteCount), order)
      var part = target._mutatingExtracting(index * elementCount..<(index + 1) * elementCount)
      quantization.decode(block, into: &part)
    }
    return values
  }
}
