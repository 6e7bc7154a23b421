extension [Float] {
  /// The values as files hold them: four bytes each, the lowest first.
  public var littleEndianBytes: [UInt8] {
    let patterns = map { $0.bitPattern.littleEndian }
    return unsafe patterns.span.bytes.copy()
  }
}

extension [Double] {
  /// The values as files hold them: eight bytes each, the lowest first.
  public var littleEndianBytes: [UInt8] {
    let patterns = map { $0.bitPattern.littleEndian }
    return unsafe patterns.span.bytes.copy()
  }
}
