public import ModelReading

extension ByteSource {
  /// The numbers of an array of float64, little-endian, with one axis; `nil` for any other npy file.
  public func vectorOfDoubles() -> [Double]? {
    let bytes = copy()
    guard bytes.starts(with: [0x93] + Array("NUMPY".utf8) + [1, 0]) else { return nil }
    let start = 10 + Int(bytes[8]) + Int(bytes[9]) << 8
    let values = stride(from: start, to: bytes.count, by: 8).map { position in
      Double(bitPattern: (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[position + $1]) << (8 * UInt64($1)) })
    }
    let header = String(decoding: bytes[10..<start], as: UTF8.self)
    return header.hasPrefix("{'descr': '<f8', 'fortran_order': False, 'shape': (\(values.count),), }") ? values : nil
  }
}
