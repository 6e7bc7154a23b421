import CHDF5
public import HDF5
public import ModelReading

extension HDF5Index {
  /// Reads the values of one dataset in this process, as stored: in the file's type and byte order.
  ///
  /// - Parameter byteCount: what the index says: shape times element width.
  /// - Throws: `.malformed` if the dataset is not as announced or cannot be
  ///   decoded, `.unsupported` for a filter that libhdf5 does not have.
  public static func values(
    of path: ByteString, byteCount: Int, in source: ByteSource
  ) throws(ReadError) -> [UInt8] {
    try HDF5Library.locked { () throws(ReadError) in
      try HDF5Image.withOpen(source) { image throws(ReadError) in
        try read(path, byteCount, image)
      }
    }
  }

  private static func read(
    _ path: ByteString, _ byteCount: Int, _ image: HDF5Image
  ) throws(ReadError) -> [UInt8] {
    func fail(_ code: ReadError.Code, _ message: String, hint: String? = nil) -> ReadError {
      image.source.error(code, message, subject: path.description, hint: hint)
    }
    guard
      let dataset = Handle(
        unsafe H5Dopen2(image.file, path.terminated, hid_t(H5P_DEFAULT)), { H5Dclose($0) }),
      let plan = StoragePlan(dataset.id), let type = Handle(H5Dget_type(dataset.id), { H5Tclose($0) })
    else { throw fail(.malformed, "cannot be read: \(HDF5Library.lastError())") }
    if let refusal = plan.refusal { throw fail(.unsafeContent, "is not read: \(refusal)") }
    guard H5Tget_class(type.id) != H5T_VLEN, H5Tis_variable_str(type.id) <= 0,
      let space = Handle(H5Dget_space(dataset.id), { H5Sclose($0) })
    else { throw fail(.unsupported, "has elements of varying length") }
    let count = Int(clamping: H5Sget_simple_extent_npoints(space.id))
    let (actual, overflow) = count.multipliedReportingOverflow(by: Int(clamping: H5Tget_size(type.id)))
    guard !overflow, actual == byteCount else {
      throw fail(.malformed, "has \(count) elements, its index says \(byteCount) bytes")
    }
    var bytes = [UInt8](repeating: 0, count: byteCount)
    let all = hid_t(H5S_ALL)
    let status = byteCount == 0 ? 0 : unsafe H5Dread(dataset.id, type.id, all, all, hid_t(H5P_DEFAULT), &bytes)
    guard status >= 0 else {
      let reason = HDF5Library.lastError()
      guard let filter = MissingFilter(of: dataset.id) else {
        throw fail(.malformed, "cannot be decoded: \(reason)")
      }
      throw fail(
        .unsupported, "is packed with the filter \(filter), which libhdf5 does not have",
        hint: "repack the file without it (h5repack -f NONE)")
    }
    return bytes
  }
}
