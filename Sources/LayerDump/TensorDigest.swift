import Crypto
public import ModelReading

/// Digests of tensors, as dumps record them.
public enum TensorDigest {
  /// SHA-256 of the elements, little-endian and in C order, as 64 lower-case hexadecimal digits.
  /// - Throws: as `Tensor.load()`.
  public static func hexadecimal(of tensor: Tensor) throws(DumpError) -> String {
    let stored = StoredTensor(
      name: tensor.name, view: tensor, shape: tensor.shape, elementType: tensor.elementType, source: 0)
    var digest = SHA256()
    let data = try reading { () throws(ReadError) in try tensor.load() }
    try TensorStream(tensor: stored, data: data).forEachBlock { (block) throws(DumpError) in
      unsafe block.bytes.withUnsafeBytes { unsafe digest.update(bufferPointer: $0) }
      block.release()
    }
    return hexadecimal(digest.finalize())
  }

  static func hexadecimal(_ digest: SHA256Digest) -> String {
    digest.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
  }
}
