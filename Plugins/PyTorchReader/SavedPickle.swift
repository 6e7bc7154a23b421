import ModelReading
import Pickle
import Zip

/// A pickle and the storages that lie beside it: what all containers come to.
struct SavedPickle {
  var pickle: Pickle
  var storages: StorageTable
  /// "zip", "legacy", "tar", "pickle", "torchscript".
  var variant: String
  /// Facts about the container for the report's header.
  var metadata: [(key: String, value: String)] = []
  var diagnostics: [Diagnostic] = []
  /// Further pickles of the same file, with the prefix of their tensors' names.
  var companions: [(prefix: String, pickle: Pickle, storages: StorageTable)] = []

  /// Opens whichever container the bytes are.
  /// - Throws: `.unrecognized` if they are none.
  static func open(_ source: ByteSource, limits: Limits) throws(ReadError) -> SavedPickle {
    let bytes = source.bytes
    if bytes.starts(with: "PK\u{3}\u{4}") || bytes.starts(with: "PK\u{5}\u{6}") {
      return try openArchive(source, limits: limits)
    }
    if bytes.starts(with: "PYTORCH1") {
      throw source.error(.unsupported, "is a preview of PyTorch 1.0's format, which no release of PyTorch reads", at: 0)
    }
    if bytes.starts(with: "PTMF", at: 4) {
      throw source.error(
        .unsupported, "is a flatbuffer for PyTorch Mobile", at: 0, hint: "give the model it was exported from")
    }
    if isTar(bytes) { return try openTar(source, limits: limits) }
    return try openPickles(source, limits: limits)
  }
}
