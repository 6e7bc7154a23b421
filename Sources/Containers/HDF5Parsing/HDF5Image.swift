import CHDF5
import HDF5
import ModelReading

/// An HDF5 file opened where its bytes lie: mapped, or inside an archive.
///
/// The library reads the bytes in place. It is given no file name, so that
/// nothing it does can reach another file by being next to this one.
///
/// A value of this type is only good inside the call that hands it out.
struct HDF5Image {
  let file: hid_t
  let source: ByteSource

  /// - Throws: `.unrecognized` without the signature, `.truncated` if the file
  ///   ends before its superblock says, `.malformed` if the library refuses it.
  static func withOpen<Result>(
    _ source: ByteSource, _ body: (HDF5Image) throws(ReadError) -> Result
  ) throws(ReadError) -> Result {
    try Superblock(source).check(source)
    try source.checkUnchanged()
    let identifier = unsafe source.bytes.withUnsafeBytes { unsafe CHDF5_openImage($0.baseAddress, $0.count) }
    guard identifier >= 0 else {
      throw source.error(.malformed, "is no HDF5 file that libhdf5 can open: \(HDF5Library.lastError())", at: 0)
    }
    defer { _ = H5Fclose(identifier) }
    return try body(HDF5Image(file: identifier, source: source))
  }
}
