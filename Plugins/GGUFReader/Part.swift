import ModelReading

/// One file: its tensors, and what cannot be one.
struct Part {
  let path: String
  let header: Header
  /// In the order of the file, which is that of their bytes.
  private(set) var tensors: [Tensor] = []
  private(set) var inventory: [TensorRecord] = []
  private(set) var diagnostics: [Diagnostic] = []
  /// How the tensors of these names were quantised.
  private(set) var quantizations: [ByteString: Quantization] = [:]

  /// - Throws: as `Header.init`; `.malformed` where a tensor does not lie behind the one before it.
  init(_ source: ByteSource, _ limits: Limits) throws(ReadError) {
    header = try Header(source, limits)
    path = source.label
    var places = Places(header, source)
    for record in header.records { try append(record, places.bytes(of: record), limits) }
  }

  private mutating func append(
    _ record: Header.Record, _ bytes: ByteSource?, _ limits: Limits
  ) throws(ReadError) {
    inventory.append(TensorRecord(name: record.name, elementType: record.type.name, shape: record.shape))
    guard let bytes else { return leaveOut(record, "has elements of \(record.type.name), which are not known here") }
    switch record.type {
    case .plain(let type):
      tensors.append(
        try Tensor(
          name: record.name, elementType: type, byteOrder: header.format.order, shape: record.shape,
          storage: .bytes(bytes), limits: limits))
    case .quantized(let quantization):
      guard header.format.order == .little || quantization.isDefinedInBigEndian else {
        return leaveOut(record, "is \(quantization.name) in big-endian order, which the format does not define")
      }
      append(
        QuantizedTensor(
          name: record.name, shape: record.shape, quantization: quantization, order: header.format.order, bytes: bytes),
        limits)
    case .unknown: break
    }
  }

  private mutating func append(_ quantized: QuantizedTensor, _ limits: Limits) {
    do throws(ReadError) {
      tensors.append(try quantized.tensor(limits))
      quantizations[ByteString(quantized.name)] = quantized.quantization
    } catch {
      diagnostics.append(Diagnostic(.unsupportedTensor, quantized.name, error.message, hint: error.hint))
    }
  }

  private mutating func leaveOut(_ record: Header.Record, _ message: String) {
    diagnostics.append(Diagnostic(.unsupportedTensor, record.name, message))
  }
}

/// Where tensors lie: each behind the one before it, at the next multiple of the alignment.
private struct Places {
  private let header: Header
  private let source: ByteSource
  /// Where the next tensor has to lie; where it can lie at the earliest, behind one of unknown size.
  private var next = 0
  private var isExact = true

  init(_ header: Header, _ source: ByteSource) {
    self.header = header
    self.source = source
  }

  /// The bytes of the next tensor; `nil` if their number is not known.
  mutating func bytes(of record: Header.Record) throws(ReadError) -> ByteSource? {
    guard isExact ? record.start == next : record.start >= next && record.start % header.alignment == 0 else {
      throw source.error(
        .malformed,
        "has a tensor at byte \(record.start) of its data, where \(isExact ? "" : "at the earliest ")\(next)"
          + " is next", at: record.offset, subject: record.name)
    }
    guard let size = try byteCount(of: record) else {
      (next, isExact) = (record.start, false)
      return nil
    }
    let (start, overflow) = header.dataStart.addingReportingOverflow(record.start)
    let bytes: ByteSource
    do throws(ReadError) {
      bytes = try source.slice(at: overflow ? .max : start, count: size, "tensor")
    } catch {
      throw error.about(record.name)
    }
    // The end is inside the file; the padding behind it need not be.
    let (end, beyond) = (record.start + size).addingReportingOverflow(header.alignment - 1)
    guard !beyond else {
      throw source.error(
        .malformed,
        "has a tensor that ends at \(record.start + size), beyond any address when aligned to "
          + "\(header.alignment)", at: record.offset, subject: record.name)
    }
    (next, isExact) = (end & ~(header.alignment - 1), true)
    return bytes
  }

  /// Rows consist of whole blocks.
  private func byteCount(of record: Header.Record) throws(ReadError) -> Int? {
    guard let block = record.type.block else { return nil }
    let row = record.shape.last ?? 1
    guard row % block.elementCount == 0 else {
      throw source.error(
        .malformed, "has rows of \(row) elements, blocks of \(record.type.name) have \(block.elementCount)",
        at: record.offset, subject: record.name)
    }
    // The header has checked that the product of the extents fits.
    let count = record.shape.reduce(1, *) / block.elementCount
    let (size, overflow) = count.multipliedReportingOverflow(by: block.byteCount)
    guard !overflow else {
      throw source.error(
        .malformed, "has \(count) blocks of \(block.byteCount) bytes, more than any file holds", at: record.offset,
        subject: record.name)
    }
    return size
  }
}
