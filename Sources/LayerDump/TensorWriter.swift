import Crypto
import Dispatch
import ModelReading

/// Writes the values of stored tensors into files, and takes their digests on the way.
struct TensorWriter {
  /// Called with the bytes that have just been written.
  let progress: (Int) -> Void
  /// What was loaded last: the matrices of one weight that must be decoded follow each other.
  private var loaded: (source: Int, data: TensorData)?

  init(progress: @escaping (Int) -> Void) { self.progress = progress }

  /// - Returns: SHA-256 of the values, as hexadecimal digits.
  mutating func write(_ tensor: StoredTensor, to file: borrowing AtomicFile) throws(DumpError) -> String {
    var digest = SHA256()
    let stream = TensorStream(tensor: tensor, data: try data(of: tensor))
    try stream.forEachBlock { (block) throws(DumpError) in
      try append(block, to: file, &digest)
      progress(block.byteCount)
    }
    return TensorDigest.hexadecimal(digest.finalize())
  }

  private mutating func data(of tensor: StoredTensor) throws(DumpError) -> TensorData {
    if let loaded, loaded.source == tensor.source { return loaded.data }
    // The old values go before the new ones come.
    loaded = nil
    let data = try reading { () throws(ReadError) in try tensor.view.load() }
    if case .produced = tensor.view.storage { loaded = (tensor.source, data) }
    return data
  }

  /// Writes a block while a second thread takes its digest.
  private func append(
    _ block: RawSpan, to file: borrowing AtomicFile, _ digest: inout SHA256
  ) throws(DumpError) {
    guard block.byteCount >= TensorWriter.smallestSharedBlock else {
      unsafe block.withUnsafeBytes { unsafe digest.update(bufferPointer: $0) }
      return try writing { () throws(WriteError) in try file.append(block) }
    }
    let hashing = DispatchGroup()
    let job = unsafe block.withUnsafeBytes { unsafe DigestJob(digest, $0) }
    DispatchQueue.global().async(group: hashing) { job.run() }
    // The block is borrowed until both are done, whatever the writing throws.
    defer {
      hashing.wait()
      digest = job.digest
    }
    try writing { () throws(WriteError) in try file.append(block) }
  }

  /// Below this a second thread costs more than it saves.
  private static let smallestSharedBlock = 64 << 10
}

/// A digest that takes in one block on another thread. Nobody else looks at it until that is done.
@safe
private final class DigestJob: @unchecked Sendable {
  private(set) var digest: SHA256
  private let bytes: UnsafeRawBufferPointer

  init(_ digest: SHA256, _ bytes: UnsafeRawBufferPointer) {
    self.digest = digest
    unsafe self.bytes = bytes
  }

  func run() { unsafe digest.update(bufferPointer: bytes) }
}
