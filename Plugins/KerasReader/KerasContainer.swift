import ModelReading
import Sharding
import Zip

/// The files that a Keras model consists of, wherever they are.
struct KerasContainer {
  /// Empty for a bare HDF5 file, which says more by its layout.
  private(set) var variant = ""
  private(set) var files: [String] = []
  let weights: Weights
  /// `config.json`, where it is a file of its own.
  private(set) var config: ByteSource?
  /// `metadata.json`, likewise.
  private(set) var metadata: ByteSource?
  private(set) var diagnostics: [Diagnostic] = []

  enum Weights {
    case hdf5(ByteSource)
    /// HDF5 files that an index lists.
    case shards(ShardIndex, ModelPlace)
    /// NumPy's archive of dictionaries.
    case arrays(ByteSource)
  }

  static let shardSuffix = ".weights.h5"
  private static let indexSuffix = ".weights.json"
  private static let hdf5Name = "model.weights.h5"
  private static let indexName = "model.weights.json"
  private static let arraysName = "model.weights.npz"
  private static let configName = "config.json"
  private static let metadataName = "metadata.json"

  /// Whether a zip archive whose first member has this name is one.
  static func isMember(_ prefix: RawSpan) -> Bool {
    ([metadataName, configName, hdf5Name, indexName, arraysName] as [String]).contains { name in
      prefix.byte(at: 26) == UInt8(name.utf8.count) && prefix.byte(at: 27) == 0
        && name.utf8.enumerated().allSatisfy { prefix.byte(at: 30 + $0.offset) == $0.element }
    }
  }

  static func probe(_ directory: ModelDirectory) -> Match {
    if directory.entries.contains(where: { $0.hasSuffix(indexSuffix) }) { return .certain }
    guard directory.contains(configName) else { return .no }
    return directory.contains(hdf5Name) || directory.contains(arraysName) ? .certain : .no
  }

  init(_ input: ModelInput, limits: Limits) throws(ReadError) {
    switch input {
    case .directory(let directory):
      try self.init(.folder(directory), variant: "directory", limits)
    case .file(let file):
      let source = ByteSource(file)
      if source.bytes.starts(with: "PK\u{3}\u{4}") {
        let archive = try ZipArchive(source, limits: limits)
        try self.init(.archive(archive, label: source.label), variant: "archive", limits)
        files = [source.label]
      } else if ShardIndex.probe(source.bytes, ofFiles: Self.shardSuffix) != .no {
        try self.init(source, in: .folder(input.folder()), limits)
      } else {
        self.init(.hdf5(source), source)
      }
    }
  }

  /// A `.keras` file, packed or not, whose weights have the name that Keras gives them; or sharded weights.
  private init(_ place: ModelPlace, variant: String, _ limits: Limits) throws(ReadError) {
    if let source = try place.file(Self.hdf5Name) {
      self.init(.hdf5(source), source)
    } else if let source = try place.file(Self.arraysName) {
      self.init(.arrays(source), source)
    } else {
      let indices = place.names.filter { $0.hasSuffix(Self.indexSuffix) }
      guard let name = indices.first(where: { $0 == Self.indexName }) ?? indices.first else {
        throw Self.withoutWeights(place)
      }
      try self.init(place.open(name, referredToBy: place.label), in: place, limits)
      diagnostics = indices.filter { $0 != name }.map {
        Diagnostic(.leftOut, $0, "is a second index, '\(name)' is read", hint: "give its path to read it")
      }
      return
    }
    self.variant = variant
    try takeDescription(place)
  }

  private static func withoutWeights(_ place: ModelPlace) -> ReadError {
    let isModel = place.contains(configName)
    return ReadError(
      isModel ? .unsupported : .unrecognized,
      "\(isModel ? "has a configuration and no weights" : "holds no Keras model"): "
        + "there is none of \(hdf5Name), \(indexName), \(arraysName)",
      file: place.label)
  }

  private init(_ weights: Weights, _ source: ByteSource) {
    self.weights = weights
    files = [source.label]
  }

  /// Sharded weights, by their index.
  private init(_ index: ByteSource, in place: ModelPlace, _ limits: Limits) throws(ReadError) {
    try self.init(.shards(ShardIndex(index, limits: limits, mayListFiles: true), place), index)
    variant = "sharded"
    try takeDescription(place)
  }

  private mutating func takeDescription(_ place: ModelPlace) throws(ReadError) {
    config = try place.file(Self.configName)
    metadata = try place.file(Self.metadataName)
    files += [config, metadata].compactMap { $0?.label }
  }
}
