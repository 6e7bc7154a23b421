import CZlib
import ModelReading

/// A range of what a raw deflate stream decodes to.
///
/// - Parameters:
///   - range: within `0..<total`. If it reaches the end, the stream must end there too, with the checksum.
///   - total: the size that the archive declares.
///   - checksum: CRC-32 of all of it; 0 where the writer left it out.
/// - Throws: `.malformed` if the stream is broken, or decodes to another size or checksum; `.truncated` if it stops.
func inflate(
  _ compressed: ByteSource, _ range: Range<Int>, of total: Int, _ checksum: UInt32
) throws(ReadError) -> [UInt8] {
  var outcome = InflationOutcome.complete
  var result: [UInt8] = []
  if range.isEmpty && total > 0 { return [] }
  unsafe compressed.bytes.withUnsafeBytes { input in
    unsafe result = [UInt8](unsafeUninitializedCapacity: range.count) { output, count in
      var inflation = unsafe Inflation(input, UnsafeMutableRawBufferPointer(output), range, total, checksum)
      outcome = inflation.run()
      count = inflation.kept
    }
  }
  switch outcome {
  case .complete: return result
  case .short(let count):
    throw compressed.error(
      .truncated, "inflates to \(count) bytes of the \(total) declared", at: 0, hint: "the download may be incomplete")
  case .long: throw compressed.error(.malformed, "inflates to more than the \(total) bytes declared", at: 0)
  case .broken(let count):
    throw compressed.error(.malformed, "breaks off as a deflate stream after \(count) bytes", at: 0)
  case .checksum(let found):
    throw compressed.error(
      .malformed, "has the checksum \(hexadecimal(found)), not \(hexadecimal(checksum)) as declared", at: 0,
      hint: "the file is damaged; fetch it again")
  case .noMemory: throw compressed.error(.limitExceeded, "cannot be inflated: zlib finds no memory")
  }
}

private func hexadecimal(_ number: UInt32) -> String {
  let digits = String(number, radix: 16)
  return String(repeating: "0", count: 8 - digits.count) + digits
}

private enum InflationOutcome {
  case complete
  case short(Int)
  case long
  case broken(Int)
  case checksum(UInt32)
  case noMemory
}

/// One run of zlib over one member.
@safe
private struct Inflation {
  private let input: UnsafeRawBufferPointer
  private let output: UnsafeMutableRawBufferPointer
  private let range: Range<Int>
  private let total: Int
  private let declaredChecksum: UInt32
  private var produced = 0
  private var consumed = 0
  private var checksum: UInt = 0

  /// zlib counts in 32 bits; steps this long never overflow them.
  private static let step = 1 << 30
  private static let scratchByteCount = 1 << 16

  init(
    _ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer, _ range: Range<Int>, _ total: Int,
    _ checksum: UInt32
  ) {
    unsafe self.input = unsafe input
    unsafe self.output = unsafe output
    self.range = range
    self.total = total
    declaredChecksum = checksum
  }

  /// Bytes of the output that are filled.
  var kept: Int { min(max(produced, range.lowerBound), range.upperBound) - range.lowerBound }

  mutating func run() -> InflationOutcome {
    // On the heap: zlib's state keeps the address of the stream.
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: Inflation.scratchByteCount, alignment: 1)
    defer {
      unsafe stream.deallocate()
      unsafe scratch.deallocate()
    }
    unsafe stream.initialize(to: z_stream())
    guard unsafe CZlib_inflateInitRaw(stream) == Z_OK else { return .noMemory }
    defer { unsafe inflateEnd(stream) }
    while produced < range.upperBound || range.upperBound == total {
      let window = unsafe window(scratch)
      let status = unsafe advance(stream, window)
      if produced > total { return .long }
      if status == Z_STREAM_END { return atEnd }
      if status == Z_BUF_ERROR { return .short(produced) }
      if status == Z_MEM_ERROR { return .noMemory }
      guard status == Z_OK else { return .broken(produced) }
    }
    return .complete
  }

  private var atEnd: InflationOutcome {
    guard produced == total else { return .short(produced) }
    let found = UInt32(truncatingIfNeeded: checksum)
    return declaredChecksum == 0 || found == declaredChecksum ? .complete : .checksum(found)
  }

  /// Where the next bytes go: those before the range, and any after the last, into the scratch space.
  private func window(_ scratch: UnsafeMutableRawBufferPointer) -> UnsafeMutableRawBufferPointer {
    if produced < range.lowerBound {
      return unsafe UnsafeMutableRawBufferPointer(rebasing: scratch[..<min(scratch.count, range.lowerBound - produced)])
    }
    if produced < range.upperBound {
      let start = produced - range.lowerBound
      return unsafe UnsafeMutableRawBufferPointer(
        rebasing: output[start..<min(start + Inflation.step, output.count)])
    }
    return unsafe UnsafeMutableRawBufferPointer(rebasing: scratch[..<1])
  }

  private mutating func advance(
    _ stream: UnsafeMutablePointer<z_stream>, _ window: UnsafeMutableRawBufferPointer
  ) -> Int32 {
    let available = unsafe min(input.count - consumed, Inflation.step)
    let next = unsafe input.baseAddress.map { unsafe $0 + consumed }
    unsafe stream.pointee.next_in = UnsafeMutablePointer(
      mutating: next?.assumingMemoryBound(to: UInt8.self))
    unsafe stream.pointee.avail_in = UInt32(available)
    unsafe stream.pointee.next_out = window.baseAddress?.assumingMemoryBound(to: UInt8.self)
    unsafe stream.pointee.avail_out = UInt32(window.count)
    let status = unsafe CZlib.inflate(stream, Z_NO_FLUSH)
    consumed += unsafe available - Int(stream.pointee.avail_in)
    let count = unsafe window.count - Int(stream.pointee.avail_out)
    unsafe checksum = crc32_z(checksum, window.baseAddress?.assumingMemoryBound(to: UInt8.self), count)
    produced += count
    return status
  }
}
