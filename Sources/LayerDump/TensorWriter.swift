import Crypto
import Dispatch
import ModelReading

/// Writes the values of stored tensors into files, and takes their digests on the way.
struct TensorWriter {
  /// Called with the bytes that have just been written.
  let progress: (Int) -> Void
  /// For a few blocks that are written and not digested yet: what is mapped stays little.
  private let room = DispatchSemaphore(value: 8)
  /// What was loaded last: the matrices of one weight that must be decoded follow each other.
  private var loaded: (source: Int, data: TensorData)?

  init(progress: @escaping (Int) -> Void) { self.progress = progress }

  /// - Returns: SHA-256 of the values, which may be still on its way while the next tensor is written.
  mutating func write(_ tensor: StoredTensor, to file: borrowing AtomicFile) throws(DumpError) -> BackgroundDigest {
    let digest = BackgroundDigest(room)
    let stream = TensorStream(tensor: tensor, data: try data(of: tensor))
    try stream.forEachBlock { (block) throws(DumpError) in
      let shared = SharedBlock(block)
      defer { withExtendedLifetime(shared) {} }
      digest.add(shared)
      try writing { () throws(WriteError) in try file.append(block.bytes) }
      progress(block.byteCount)
    }
    return digest
  }

  private mutating func data(of tensor: StoredTensor) throws(DumpError) -> TensorData {
    if let loaded, loaded.source == tensor.source { return loaded.data }
    // The old values go before the new ones come.
    loaded = nil
    let data = try reading { () throws(ReadError) in try tensor.view.load() }
    if case .produced = tensor.view.storage { loaded = (tensor.source, data) }
    return data
  }
}

/// A block that is written and digested, in whichever order; its memory goes back once both are done.
private final class SharedBlock: Sendable {
  let bytes: ByteSource

  init(_ bytes: ByteSource) { self.bytes = bytes }

  deinit { bytes.release() }
}

/// SHA-256 of blocks that another thread takes in while they are written.
final class BackgroundDigest: @unchecked Sendable {
  /// Only the queue looks at it.
  private var digest = SHA256()
  private let queue = DispatchQueue(label: "digest")
  private let room: DispatchSemaphore

  /// - Parameter room: for blocks that wait, those of other digests as well.
  fileprivate init(_ room: DispatchSemaphore) { self.room = room }

  fileprivate func add(_ block: SharedBlock) {
    guard block.bytes.byteCount >= BackgroundDigest.smallestSharedBlock else { return queue.sync { take(block) } }
    room.wait()
    queue.async {
      self.take(block)
      self.room.signal()
    }
  }

  /// Waits for the last block; as 64 lower-case digits.
  func hexadecimal() -> String { queue.sync { TensorDigest.hexadecimal(digest.finalize()) } }

  private func take(_ block: SharedBlock) {
    unsafe block.bytes.bytes.withUnsafeBytes { unsafe digest.update(bufferPointer: $0) }
  }

  /// Below this a second thread costs more than it saves.
  private static let smallestSharedBlock = 64 << 10
}
