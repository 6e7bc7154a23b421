import HDF5
public import ModelReading
import StrictJSON

/// Reads models saved by Keras, any version: HDF5 files and `.keras` archives.
///
/// See KerasReader.md for the formats, what is read and what is refused.
public struct KerasReader: ModelReader {
  public static let format = Format(
    name: "keras", summary: "Keras 1, 2 and 3: .h5, .weights.h5, .keras; other HDF5 files as plain matrices",
    fileExtensions: ["h5", "hdf5", "keras"])

  public init() {}

  /// HDF5 files are certain; a zip is if its first member is one of a `.keras` file's.
  public func probe(_ prefix: RawSpan) -> Match {
    if HDF5File.hasSignature(prefix) { return .certain }
    guard prefix.starts(with: "PK\u{3}\u{4}") else { return .no }
    for name: StaticString in ["metadata.json", "config.json", "model.weights.h5"]
    where prefix.starts(with: name, at: 30) && prefix.byte(at: 26) == UInt8(name.utf8CodeUnitCount) {
      return .certain
    }
    return .possible
  }

  public func probe(_ directory: ModelDirectory) -> Match {
    directory.contains(KerasContainer.weightsName) && directory.contains(KerasContainer.configName) ? .certain : .no
  }

  public func open(_ input: ModelInput, limits: Limits) throws(ReadError) -> LayerGraph {
    let container = try KerasContainer(input, limits: limits)
    let file = try HDF5File(container.weights, limits: limits)
    let count = file.index.datasets.count
    guard count <= limits.maximumTensorCount else {
      throw container.weights.error(
        .limitExceeded, "has \(count) arrays, the limit is \(limits.maximumTensorCount)")
    }
    return try KerasModel(container, file, limits).graph()
  }
}

extension ModelReader where Self == KerasReader {
  /// Keras 1, 2 and 3: HDF5 files and `.keras` archives.
  public static var keras: KerasReader { KerasReader() }
}
