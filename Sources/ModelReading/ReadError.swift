/// Why a model could not be read, and where.
///
/// `code` says whose fault it is; `message` what was found, with both sides of
/// the comparison that failed; `hint` what the person reading it can do.
public struct ReadError: Error, Sendable, Equatable {
  public enum Code: String, Sendable, CaseIterable {
    /// The operating system refused: no such file, no permission, a failing disk.
    case io
    /// The bytes are in no format that a reader knows, or not in the one expected.
    case unrecognized
    /// The file ends before what it announces.
    case truncated
    /// The file contradicts its own format.
    case malformed
    /// The file is valid, and uses something that is not read.
    case unsupported
    /// The file asks for more than `Limits` allows.
    case limitExceeded
    /// The file tries to reach outside itself or to have code run.
    case unsafeContent
  }

  public var code: Code
  /// What was found: present tense, both numbers, no full stop.
  public var message: String
  /// Path of the file, with `!member` appended for a member of an archive.
  public var file: String
  /// Distance from the start of `file`, in bytes.
  public var offset: Int?
  /// The tensor, layer or member being read.
  public var subject: String?
  /// What the reader of this message can do about it.
  public var hint: String?

  public init(
    _ code: Code, _ message: String, file: String, offset: Int? = nil, subject: String? = nil, hint: String? = nil
  ) {
    self.code = code
    self.message = message
    self.file = file
    self.offset = offset
    self.subject = subject
    self.hint = hint
  }

  /// The same error, naming the tensor or layer it happened in.
  public func about(_ subject: String) -> ReadError {
    var copy = self
    copy.subject = copy.subject ?? subject
    return copy
  }
}

extension ReadError: CustomStringConvertible {
  /// `file:offset: message in 'subject'`, then the hint on a line of its own.
  public var description: String {
    var text = printable(file)
    if let offset { text += ":\(offset)" }
    text += ": \(printable(message))"
    if let subject { text += " in '\(printable(subject))'" }
    if let hint { text += "\n  hint: \(printable(hint))" }
    return text
  }
}

/// `text` with control characters escaped, so that a name from a file cannot
/// drive the terminal it is printed on.
public func printable(_ text: String) -> String {
  if text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) { return text }
  var result = ""
  for scalar in text.unicodeScalars {
    if scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) {
      result += "\\u{\(String(scalar.value, radix: 16))}"
    } else {
      result.unicodeScalars.append(scalar)
    }
  }
  return result
}
