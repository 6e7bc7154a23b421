import ModelReading

/// The bytes of a stored tensor, little-endian and in C order, a block at a time.
struct TensorStream {
  /// Bytes of a block: enough for few calls, and little beside a tensor.
  private static let blockByteCount = 4 << 20

  let tensor: StoredTensor
  let data: TensorData

  /// Whoever gets a block may keep it, and releases it when it is done.
  ///
  /// - Throws: what `body` throws; `.write` where a number does not fit the type that is asked for.
  func forEachBlock(_ body: (ByteSource) throws(DumpError) -> Void) throws(DumpError) {
    guard tensor.view.elementCount > 0 else { return }
    isAsStored ? try forEachStoredBlock(body) : try forEachGatheredBlock(body)
  }

  /// Whether the bytes can be written as they lie in the file.
  private var isAsStored: Bool {
    let view = tensor.view
    let isLittleEndian = view.byteOrder == .little || view.elementType.componentWidth == 1
    return isLittleEndian && view.elementType == tensor.elementType
      && view.strides == Tensor.rowMajorStrides(view.shape)
  }

  private func forEachStoredBlock(_ body: (ByteSource) throws(DumpError) -> Void) throws(DumpError) {
    let start = tensor.view.elementOffset * tensor.elementType.byteWidth
    for offset in stride(from: 0, to: tensor.byteCount, by: TensorStream.blockByteCount) {
      let count = min(TensorStream.blockByteCount, tensor.byteCount - offset)
      try body(
        reading { () throws(ReadError) in
          try data.source.checkUnchanged()
          return try data.source.slice(at: start + offset, count: count, "tensor")
        })
    }
  }

  private func forEachGatheredBlock(_ body: (ByteSource) throws(DumpError) -> Void) throws(DumpError) {
    let view = tensor.view
    let conversion =
      view.elementType == tensor.elementType
      ? nil : Conversion(source: view.elementType, target: tensor.elementType)
    for part in view.blocks(of: TensorStream.blockByteCount) {
      try reading { () throws(ReadError) in try data.source.checkUnchanged() }
      var buffer = [UInt8](repeating: 0, count: part.byteCount)
      Gathering(part).copy(data.bytes, from: part.elementOffset, into: &buffer)
      if view.byteOrder == .big { swapBytes(&buffer, of: view.elementType.componentWidth) }
      guard let conversion else {
        try body(ByteSource(owned: buffer, label: tensor.name))
        continue
      }
      guard let converted = unsafe conversion.convert(buffer.span.bytes) else {
        throw .write(
          WriteError(
            "'\(printable(tensor.name))' holds numbers too large for \(tensor.elementType.rawValue); "
              + "export it in its own type, \(view.elementType.rawValue)"))
      }
      try body(ByteSource(owned: converted, label: tensor.name))
    }
    view.release()
  }
}

/// Reverses the bytes of each component.
private func swapBytes(_ bytes: inout [UInt8], of width: Int) {
  guard width > 1 else { return }
  for start in stride(from: 0, to: bytes.count, by: width) { bytes[start..<start + width].reverse() }
}

extension ElementType {
  /// Bytes whose order the byte order tells: those of one real number.
  fileprivate var componentWidth: Int { isComplex ? byteWidth / 2 : byteWidth }
}

extension Tensor {
  /// Views that follow each other in C order, each of at most so many bytes, or of one element.
  fileprivate func blocks(of byteCount: Int) -> [Tensor] {
    var inner = elementType.byteWidth
    var axis = rank
    while axis > 0, inner * shape[axis - 1] <= byteCount {
      axis -= 1
      inner *= shape[axis]
    }
    guard axis > 0 else { return [self] }
    let length = max(1, byteCount / inner)
    var result: [Tensor] = []
    forEachIndex(of: Array(shape[..<(axis - 1)])) { index in
      let outer = index.reduce(self) { $0.selected(axis: 0, index: $1) }
      for start in stride(from: 0, to: outer.shape[0], by: length) {
        result.append(outer.sliced(axis: 0, start..<min(start + length, outer.shape[0])))
      }
    }
    return result
  }
}
