/// The readers a program was composed with, and the choice among them.
public struct ReaderRegistry: Sendable {
  public let readers: [any ModelReader]
  /// Readers that are costly to ask: a probe may start a program. They are asked about single files, and
  /// only those that none of `readers` is certain of.
  public let fallbacks: [any ModelReader]

  public init(_ readers: [any ModelReader], fallbacks: [any ModelReader] = []) {
    self.readers = readers
    self.fallbacks = fallbacks
  }

  public var formats: [Format] { (readers + fallbacks).map { $0.format } }

  /// Opens the file or directory at `path` with the reader surest of it.
  ///
  /// Readers that are equally sure are tried in turn, those whose extension
  /// fits first, until one does not answer `.unrecognized`.
  ///
  /// - Throws: `ReadError`; known impostors (an HTML page, a Git LFS pointer, an
  ///   empty file) are named as what they are.
  public func open(_ path: String, limits: Limits = Limits()) throws(ReadError) -> LayerGraph {
    if isDirectory(path) {
      let directory = try ModelDirectory(path: path)
      return try open(.directory(directory), candidates: candidates(for: directory), limits)
    }
    let file = try MappedFile(path: path)
    let prefix = file.bytes.extracting(first: Format.probeLength)
    var matches = matches(prefix, readers)
    if !matches.contains(where: { $0.match == .certain }) { matches += self.matches(prefix, fallbacks) }
    // A certain reader knows better: the length that begins a safetensors file can spell anything.
    if !matches.contains(where: { $0.match == .certain }), let error = Impostors.error(for: prefix, path: path) {
      throw error
    }
    return try open(.file(file), candidates: inOrder(matches, path), limits)
  }

  /// Whether `path` looks like a model, for walking folders: a reader is certain
  /// of its content, or it has an extension that nothing but models has. The latter may be
  /// damaged or something else; opening it says so. A fallback is asked only about what has one of its extensions.
  public func looksLikeModel(_ path: String) -> Bool {
    if isDirectory(path) {
      guard let directory = try? ModelDirectory(path: path) else { return false }
      return !candidates(for: directory).isEmpty
    }
    if hasKnownExtension(path) { return true }
    guard let file = try? MappedFile(path: path) else { return false }
    let prefix = file.bytes.extracting(first: Format.probeLength)
    let name = fileExtension(of: path)
    return matches(prefix, readers).contains { $0.match == .certain }
      || fallbacks.contains { $0.format.fileExtensions.contains(name) && $0.probe(prefix) == .certain }
  }

  private func hasKnownExtension(_ path: String) -> Bool {
    let name = fileExtension(of: path)
    return !ReaderRegistry.commonExtensions.contains(name) && formats.contains { $0.fileExtensions.contains(name) }
  }

  /// Extensions that other files have as well.
  private static let commonExtensions: Set = ["bin", "data", "json", "pb", "pickle", "pkl", "tar", "zip"]

  /// What each reader says of a file that begins so, those left out that say no.
  private func matches(
    _ prefix: RawSpan, _ readers: [any ModelReader]
  ) -> [(reader: any ModelReader, match: Match)] {
    var matches: [(reader: any ModelReader, match: Match)] = []
    for reader in readers {
      let match = reader.probe(prefix)
      if match != .no { matches.append((reader, match)) }
    }
    return matches
  }

  /// The surest reader first, extensions breaking ties.
  private func inOrder(_ matches: [(reader: any ModelReader, match: Match)], _ path: String) -> [any ModelReader] {
    let name = fileExtension(of: path)
    func order(_ reader: any ModelReader, _ match: Match) -> Int {
      match.rawValue * 2 + (reader.format.fileExtensions.contains(name) ? 1 : 0)
    }
    return matches.enumerated()
      .sorted {
        (order($0.element.reader, $0.element.match), -$0.offset)
          > (order($1.element.reader, $1.element.match), -$1.offset)
      }
      .map(\.element.reader)
  }

  private func candidates(for directory: ModelDirectory) -> [any ModelReader] {
    readers.filter { $0.probe(directory) == .certain } + readers.filter { $0.probe(directory) == .possible }
  }

  private func open(
    _ input: ModelInput, candidates: [any ModelReader], _ limits: Limits
  ) throws(ReadError) -> LayerGraph {
    var reasons: [String] = []
    var hint: String?
    for reader in candidates {
      do throws(ReadError) {
        return try reader.open(input, limits: limits).accountingForEveryTensor()
      } catch {
        guard error.code == .unrecognized, candidates.count > 1 else { throw error }
        reasons.append("\(reader.format.name): \(error.message)")
        hint = hint ?? error.hint
      }
    }
    let known = "known formats: " + formats.map(\.name).joined(separator: ", ")
    throw ReadError(
      .unrecognized, reasons.isEmpty ? "is in no format that a reader recognises" : reasons.joined(separator: "; "),
      file: input.path, hint: hint ?? known)
  }
}

/// The part after the last dot of the last component, in lower case.
private func fileExtension(of path: String) -> String {
  let name = path.split(separator: "/").last ?? ""
  guard let dot = name.lastIndex(of: ".") else { return "" }
  return name[name.index(after: dot)...].lowercased()
}
