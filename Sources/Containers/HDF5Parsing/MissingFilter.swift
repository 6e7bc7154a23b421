import CHDF5

/// A filter that a dataset is packed with and the library lacks; programs are never loaded to get one.
struct MissingFilter: CustomStringConvertible {
  let description: String

  /// `nil` if the library has all filters of the dataset.
  init?(of dataset: hid_t) {
    guard let plan = Handle(H5Dget_create_plist(dataset), { H5Pclose($0) }) else { return nil }
    for index in 0..<max(H5Pget_nfilters(plan.id), 0) {
      var flags: UInt32 = 0
      var count = 0
      var configuration: UInt32 = 0
      let filter = unsafe H5Pget_filter2(plan.id, UInt32(index), &flags, &count, nil, 0, nil, &configuration)
      guard filter >= 0, H5Zfilter_avail(filter) <= 0 else { continue }
      description = Self.names[filter].map { "\($0) (\(filter))" } ?? "\(filter)"
      return
    }
    return nil
  }

  /// Those that zoos contain, by the numbers that the HDF Group registered.
  private static let names: [H5Z_filter_t: String] = [
    4: "szip", 305: "lzo", 307: "bzip2", 32000: "lzf", 32001: "blosc", 32004: "lz4", 32008: "bitshuffle",
    32013: "zfp", 32015: "zstd", 32026: "blosc2",
  ]
}
