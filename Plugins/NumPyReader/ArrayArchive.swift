import ModelReading
import NumPyFormat
import Zip

/// An `.npz`: a zip archive whose members are `.npy` files.
struct ArrayArchive {
  let zip: ZipArchive
  /// The arrays, in the order of the archive.
  let arrays: [(name: String, entry: ZipArchive.Entry)]
  /// Members that are no arrays.
  let others: [ZipArchive.Entry]

  private static let suffix = Array(".npy".utf8)

  /// Whether this is the start of an archive whose first member is an array.
  static func matches(_ prefix: RawSpan) -> Bool {
    guard prefix.starts(with: "PK\u{3}\u{4}"), let low = prefix.byte(at: 26), let high = prefix.byte(at: 27) else {
      return false
    }
    let end = 30 + Int(low) + Int(high) << 8
    return end > 34 && prefix.starts(with: ".npy", at: end - 4)
  }

  /// - Throws: as `ZipArchive.init`; `.unrecognized` for an archive without arrays.
  init(_ source: ByteSource, _ limits: Limits) throws(ReadError) {
    // Python compares names as they are: 'W' and 'w' are two arrays.
    zip = try ZipArchive(source, limits: limits, names: .exact)
    arrays = zip.entries.filter { $0.name.bytes.hasSuffix(ArrayArchive.suffix) }
      .map { (String(decoding: $0.name.bytes.dropLast(4), as: UTF8.self), $0) }
    others = zip.entries.filter { !$0.name.bytes.hasSuffix(ArrayArchive.suffix) && $0.byteCount > 0 }
    guard !arrays.isEmpty || zip.entries.isEmpty else {
      throw source.error(.unrecognized, "is a zip archive without .npy members", at: 0)
    }
    guard arrays.count <= limits.maximumTensorCount else {
      throw source.error(
        .limitExceeded, "has \(arrays.count) arrays, the limit is \(limits.maximumTensorCount)", at: 0)
    }
  }

  /// The header of a member, without inflating more of it than that.
  func header(of entry: ZipArchive.Entry, _ limits: Limits) throws(ReadError) -> NPYHeader {
    let count = min(entry.byteCount, NPYHeader.prefixByteCount)
    return try NPYHeader(zip.contents(of: entry, in: 0..<count), limits: limits)
  }

  /// The elements of a member: a range of the file if it is stored, else inflated when they are asked for.
  func elements(of entry: ZipArchive.Entry, _ header: NPYHeader) throws(ReadError) -> Tensor.Storage {
    let count = header.layout.byteCount
    guard count <= entry.byteCount - header.dataOffset else {
      throw ReadError(
        .truncated, "needs \(count) bytes for its elements, \(entry.byteCount - header.dataOffset) remain",
        file: zip.label(of: entry))
    }
    let range = header.dataOffset..<header.dataOffset + count
    if entry.isStored { return .bytes(try zip.contents(of: entry, in: range)) }
    return .produced(
      ProducedBytes(byteCount: count, label: zip.label(of: entry)) { [zip] () throws(ReadError) in
        try zip.copy(of: entry, in: range)
      })
  }
}

extension [UInt8] {
  fileprivate func hasSuffix(_ suffix: [UInt8]) -> Bool { self.suffix(suffix.count).elementsEqual(suffix) }
}
