import ModelReading
import StrictJSON

/// What an external reader says of itself.
struct Capabilities: Sendable {
  /// The version of the protocol that this program speaks.
  static let schema = "heavytail.reader/1"
  private static let maximumSummaryBytes = 200
  private static let maximumExtensions = 32
  private static let maximumExtensionBytes = 32

  let format: Format

  /// - Parameter name: that of the executable, which the reader has to confirm.
  /// - Throws: `.unsupported` for another version of the protocol, `.malformed` for anything but capabilities.
  init(_ source: ByteSource, name: String, limits: Limits) throws(ReadError) {
    let root = try JSON.parse(source, limits: limits)
    guard let schema = root["schema"]?.string else {
      throw root.error(.malformed, "says nothing of itself: it prints no schema \(Self.schema)")
    }
    guard schema == Self.schema else {
      throw root.error(
        .unsupported, "speaks '\(schema)', this program \(Self.schema)", hint: "another version of the reader may fit")
    }
    guard let ownName = root["name"]?.string, ownName == name else {
      throw root.error(.malformed, "calls itself '\(root["name"]?.string ?? "")', its file '\(name)'")
    }
    guard let summary = root["summary"]?.string, !summary.isEmpty, summary.utf8.count <= Self.maximumSummaryBytes,
      printable(summary) == summary
    else { throw root.error(.malformed, "has no summary of one line, up to \(Self.maximumSummaryBytes) bytes") }
    guard let extensions = root["extensions"], extensions.kind == .array, extensions.count <= Self.maximumExtensions
    else { throw root.error(.malformed, "has no list of up to \(Self.maximumExtensions) extensions") }
    let names = extensions.elements.map { $0.string ?? "" }
    guard names.allSatisfy(Self.isExtension) else {
      throw extensions.error(.malformed, "has extensions other than lower-case letters and digits")
    }
    format = Format(name: name, summary: summary, fileExtensions: names)
  }

  private static func isExtension(_ name: String) -> Bool {
    !name.isEmpty && name.utf8.count <= maximumExtensionBytes
      && name.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) }
  }
}
