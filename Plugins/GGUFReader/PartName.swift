/// Numbers in names like `model-00002-of-00005.gguf`.
struct PartName: Hashable {
  let stem: String
  let part: Int
  let total: Int

  init(stem: String, part: Int, total: Int) {
    self.stem = stem
    self.part = part
    self.total = total
  }

  /// - Parameter name: of a file, without its folder.
  init?(_ name: String) {
    let bytes = Array(name.utf8)
    let suffix = Array("-00000-of-00000.gguf".utf8)
    guard bytes.count > suffix.count else { return nil }
    let end = Array(bytes[(bytes.count - suffix.count)...])
    for (byte, expected) in zip(end, suffix) {
      let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      guard expected == UInt8(ascii: "0") ? isDigit : byte == expected else { return nil }
    }
    stem = String(decoding: bytes.dropLast(suffix.count), as: UTF8.self)
    part = PartName.number(end[1..<6])
    total = PartName.number(end[10..<15])
  }

  private static func number(_ digits: ArraySlice<UInt8>) -> Int { digits.reduce(0) { $0 * 10 + Int($1) - 48 } }

  /// The file of another part.
  func file(_ part: Int) -> String { "\(stem)-\(PartName.digits(part))-of-\(PartName.digits(total)).gguf" }

  private static func digits(_ number: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, 5 - text.utf8.count)) + text
  }
}
