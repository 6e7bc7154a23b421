import ModelReading

/// The files beside a model that hold its weights, each opened once.
struct ExternalFiles {
  private let input: ModelInput
  private let limits: Limits
  private var folder: ModelDirectory?
  private var opened: [ByteString: ByteSource] = [:]
  /// Paths of the opened files, in the order of their first use.
  private(set) var paths: [String] = []

  init(_ input: ModelInput, limits: Limits) {
    self.input = input
    self.limits = limits
  }

  /// The bytes of the file that a tensor calls `location`.
  /// - Throws: `.unsafeContent` for a location outside the model's folder, `.io` if there is no such
  ///   file, `.limitExceeded` when the model refers to too many.
  mutating func file(_ location: String) throws(ReadError) -> ByteSource {
    // "./name" is what some exporters write for a plain name.
    let name = location.hasPrefix("./") ? String(location.dropFirst(2)) : location
    let key = ByteString(name)
    if let source = opened[key] { return source }
    guard opened.count < limits.maximumExternalFiles else {
      throw ReadError(
        .limitExceeded, "refers to more files than the limit of \(limits.maximumExternalFiles)", file: input.path)
    }
    let directory = try directory()
    let source = ByteSource(try directory.open(name, referredToBy: input.path))
    opened[key] = source
    paths.append(source.label)
    return source
  }

  /// The model's folder, listed once.
  private mutating func directory() throws(ReadError) -> ModelDirectory {
    if let folder { return folder }
    let directory = try input.folder()
    folder = directory
    return directory
  }
}

/// Where a tensor says its data are.
struct ExternalLocation {
  var location: String
  /// In bytes from the start of that file.
  var offset: Int
  /// In bytes; `nil` when the shape decides.
  var length: Int?

  /// - Throws: `.malformed` if the location is missing, or a number is none.
  init(_ entries: [(key: String, value: String)], of name: String, file: String) throws(ReadError) {
    func number(_ key: String) throws(ReadError) -> Int? {
      guard let entry = entries.last(where: { $0.key == key }) else { return nil }
      guard let value = Int(entry.value), value >= 0 else {
        throw ReadError(
          .malformed, "gives '\(entry.value)' as the \(key) of its external data", file: file, subject: name)
      }
      return value
    }
    guard let location = entries.last(where: { $0.key == "location" })?.value else {
      throw ReadError(.malformed, "has external data without a location", file: file, subject: name)
    }
    self.location = location
    offset = try number("offset") ?? 0
    length = try number("length")
  }
}
