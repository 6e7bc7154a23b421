import HDF5
import ModelReading
import StrictJSON
import Zip

/// The files that a Keras model consists of, wherever they are.
struct KerasContainer {
  var variant: String
  var files: [String]
  /// The HDF5 file with the weights.
  var weights: ByteSource
  /// `config.json`, where it is a file of its own.
  var config: ByteSource?
  /// `metadata.json`, likewise.
  var metadata: ByteSource?

  static let weightsName = "model.weights.h5"
  static let configName = "config.json"
  static let metadataName = "metadata.json"

  init(_ input: ModelInput, limits: Limits) throws(ReadError) {
    switch input {
    case .directory(let directory): try self.init(directory)
    case .file(let file):
      let source = ByteSource(file)
      if source.bytes.starts(with: "PK\u{3}\u{4}") {
        try self.init(archive: source, limits)
      } else {
        self.init(variant: "", files: [file.path], weights: source)
      }
    }
  }

  private init(variant: String, files: [String], weights: ByteSource) {
    self.variant = variant
    self.files = files
    self.weights = weights
  }

  /// A `.keras` file: a zip whose members are usually stored, so that the weights are read where they lie.
  private init(archive source: ByteSource, _ limits: Limits) throws(ReadError) {
    let archive = try ZipArchive(source, limits: limits)
    func member(_ name: String) throws(ReadError) -> ByteSource? {
      guard let entry = archive.entry(named: name) else { return nil }
      return try archive.contents(of: entry)
    }
    guard let weights = try member(Self.weightsName) else {
      guard archive.entry(named: Self.configName) != nil else {
        throw source.error(.unrecognized, "is a zip archive without \(Self.weightsName)")
      }
      let other = archive.entries.first { $0.name.description.hasPrefix("model.weights") }
      throw source.error(
        .unsupported, "is a Keras archive whose weights are \(other.map { "in \($0.name)" } ?? "missing")",
        hint: "save the model again with model.save('name.keras')")
    }
    self.init(variant: "archive", files: [source.label], weights: weights)
    config = try member(Self.configName)
    metadata = try member(Self.metadataName)
  }

  /// An unpacked `.keras` file.
  private init(_ directory: ModelDirectory) throws(ReadError) {
    func open(_ name: String) throws(ReadError) -> ByteSource? {
      directory.contains(name) ? ByteSource(try directory.open(name, referredToBy: directory.path)) : nil
    }
    guard let weights = try open(Self.weightsName) else {
      throw ReadError(.unrecognized, "is a folder without \(Self.weightsName)", file: directory.path)
    }
    self.init(variant: "directory", files: [weights.label], weights: weights)
    config = try open(Self.configName)
    metadata = try open(Self.metadataName)
    files += [config, metadata].compactMap { $0?.label }
  }
}
