import ModelReading
import StrictJSON

extension ReadError {
  /// What a reader prints about a file that it cannot read, schema `heavytail.error/1`.
  /// - Throws: `.malformed` for anything else.
  init(refusal source: ByteSource, of file: String, limits: Limits) throws(ReadError) {
    let root = try JSON.parse(source, limits: limits)
    guard root["schema"]?.string == "heavytail.error/1", let code = root["code"]?.string.flatMap(Code.init),
      let message = root["message"]?.string
    else { throw root.error(.malformed, "ends with status 1 and prints no heavytail.error/1") }
    self.init(
      code, message, file: file, offset: root["offset"]?.int, subject: root["subject"]?.string,
      hint: root["hint"]?.string)
  }
}
