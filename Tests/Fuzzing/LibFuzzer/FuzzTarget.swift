import FuzzingSupport
import HDF5
import ModelReaders
import ModelReading
import NumPyFormat
import Pickle
import Sharding
import StrictJSON
import Zip

/// What is fuzzed: a reader, by the name of its format, or a container by itself.
enum FuzzTarget {
  case reader(any ModelReader)
  case container(Container)

  enum Container: String, CaseIterable {
    case zip, pickle, json, npy
    case shardIndex = "shard-index"
    /// What a worker process says about an HDF5 file: it may have been taken over by one.
    case hdf5Index = "hdf5-index"
  }

  static let names = ReaderRegistry.builtIn.formats.map(\.name) + Container.allCases.map(\.rawValue)

  init?(name: String) {
    if let reader = ReaderRegistry.reader(named: name) {
      self = .reader(reader)
    } else if let container = Container(rawValue: name) {
      self = .container(container)
    } else {
      return nil
    }
  }

  /// Reads the bytes as far as they go; anything but a result or a `ReadError` is a bug.
  func parse(_ bytes: [UInt8]) throws {
    var limits = Limits()
    limits.maximumDecodedBytes = 64 << 20
    switch self {
    case .reader(let reader): _ = try exercise(reader, memoryFile(bytes), limits)
    case .container(let container): try container.parse(ByteSource(owned: bytes, label: "input"), limits)
    }
  }
}

extension FuzzTarget.Container {
  fileprivate func parse(_ source: ByteSource, _ limits: Limits) throws {
    switch self {
    case .zip:
      let archive = try ZipArchive(source, limits: limits)
      for entry in archive.entries { _ = try? archive.contents(of: entry).byteCount }
    case .pickle: _ = try Pickle(source, limits: limits)
    case .json: _ = try JSON.parse(source, limits: limits)
    case .npy: _ = try NPYHeader(source, limits: limits)
    case .shardIndex: _ = try ShardIndex(source, limits: limits)
    case .hdf5Index: _ = try HDF5Index(decoding: source).encoded()
    }
  }
}
