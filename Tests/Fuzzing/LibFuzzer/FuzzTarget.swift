import FuzzingSupport
import HDF5
import ModelReading
import NumPyFormat
import Pickle
import Sharding
import StrictJSON
import Zip

/// What is fuzzed: every reader, and every container by itself.
enum FuzzTarget: String, CaseIterable {
  case safetensors, pytorch, keras, onnx, gguf, numpy, dump
  case zip, pickle, json, npy
  case shardIndex = "shard-index"
  /// What a worker process says about an HDF5 file: it may have been taken over by one.
  case hdf5Index = "hdf5-index"

  /// Reads the bytes as far as they go; anything but a result or a `ReadError` is a bug.
  func parse(_ bytes: [UInt8]) throws {
    var limits = Limits()
    limits.maximumDecodedBytes = 64 << 20
    let source = ByteSource(owned: bytes, label: "input")
    switch self {
    case .safetensors, .pytorch, .keras, .onnx, .gguf, .numpy, .dump:
      guard let reader = allReaders.first(where: { $0.format.name == rawValue }) else { return }
      _ = try exercise(reader, memoryFile(bytes), limits)
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
