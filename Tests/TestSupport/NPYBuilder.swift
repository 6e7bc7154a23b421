/// Builds files in numpy's array format, with whatever is wrong about them that a test wants.
public enum NPYBuilder {
  /// An array file from the three values of its header, as Python spells them.
  public static func array(
    _ descr: String, _ shape: String, _ data: [UInt8], fortran: String = "False", major: UInt8 = 1
  ) -> [UInt8] {
    file("{'descr': \(descr), 'fortran_order': \(fortran), 'shape': \(shape), }", data, major: major)
  }

  /// An array file with any header text, padded so that the data are aligned as numpy aligns them.
  public static func file(_ header: String, _ data: [UInt8], major: UInt8 = 1, length: Int? = nil) -> [UInt8] {
    let width = major == 1 ? 2 : 4
    let used = 8 + width + header.utf8.count + 1
    let text = Array(header.utf8) + [UInt8](repeating: 0x20, count: (64 - used % 64) % 64) + [0x0A]
    let count = length ?? text.count
    return [0x93] + Array("NUMPY".utf8) + [major, 0]
      + (0..<width).map { UInt8(truncatingIfNeeded: count >> ($0 * 8)) } + text + data
  }

  /// The little-endian bytes of floats.
  public static func bytes(_ values: [Float]) -> [UInt8] {
    values.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> ($0 * 8)) } }
  }
}
