import HDF5
public import ModelReading
import Sharding

/// Reads models saved by Keras, any version: HDF5 files and `.keras` archives.
///
/// See KerasReader.md for the formats, what is read and what is refused.
public struct KerasReader: ModelReader {
  public static let format = Format(
    name: "keras",
    summary: "Keras 1, 2 and 3: .h5, .weights.h5, .weights.json, .keras; other HDF5 files as plain matrices",
    fileExtensions: ["h5", "hdf5", "keras"])
  public var format: Format { Self.format }

  public init() {}

  /// HDF5 files and indices of them are certain; a zip is if its first member is one of a `.keras` file's.
  public func probe(_ prefix: RawSpan) -> Match {
    if HDF5File.hasSignature(prefix) { return .certain }
    guard prefix.starts(with: "PK\u{3}\u{4}") else {
      return ShardIndex.probe(prefix, ofFiles: KerasContainer.shardSuffix)
    }
    return KerasContainer.isMember(prefix) ? .certain : .possible
  }

  public func probe(_ directory: ModelDirectory) -> Match { KerasContainer.probe(directory) }

  public func open(_ input: ModelInput, limits: Limits) throws(ReadError) -> LayerGraph {
    let container = try KerasContainer(input, limits: limits)
    let store =
      switch container.weights {
      case .hdf5(let source): try WeightStore(source, limits)
      case .shards(let index, let place): try WeightStore(index, in: place, limits)
      case .arrays(let source): try WeightStore(arraysOf: source, limits)
      }
    return try KerasModel(container, store, limits).graph()
  }
}

extension ModelReader where Self == KerasReader {
  /// Keras 1, 2 and 3: HDF5 files and `.keras` archives.
  public static var keras: KerasReader { KerasReader() }
}
