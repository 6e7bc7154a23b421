import ModelReading
import Pickle
import Zip

/// A pickle and the storages that lie beside it: what all containers come to.
struct SavedPickle {
  var pickle: Pickle
  var storages: StorageTable
  /// "zip", "legacy", "tar", "pickle", "torchscript", "package", "export".
  var variant: String
  /// What stands before the names of its tensors.
  var prefix = ""
  /// Names in place of those that tensors would have.
  var names: [String: String] = [:]
  /// Facts about the container for the report's header.
  var metadata: [(key: String, value: String)] = []
  var diagnostics: [Diagnostic] = []
  /// Further pickles of the same file, with the prefix of their tensors' names.
  var companions: [(prefix: String, pickle: Pickle, storages: StorageTable)] = []

  /// Opens whichever container the bytes are.
  /// - Parameter depth: how many containers lie around this one.
  /// - Throws: `.unrecognized` if they are none, `.limitExceeded` if they lie too deep.
  static func open(_ source: ByteSource, limits: Limits, depth: Int = 0) throws(ReadError) -> SavedPickle {
    guard depth <= limits.maximumContainerDepth else {
      throw source.error(.limitExceeded, "files lie in each other more than \(limits.maximumContainerDepth) deep")
    }
    let bytes = source.bytes
    if bytes.starts(with: "PK\u{3}\u{4}") || bytes.starts(with: "PK\u{5}\u{6}") {
      return try openArchive(source, limits: limits, depth: depth)
    }
    if bytes.starts(with: "PYTORCH1") {
      throw source.error(.unsupported, "is a preview of PyTorch 1.0's format, which no release of PyTorch reads", at: 0)
    }
    if isTar(bytes) { return try openTar(source, limits: limits) }
    return try openPickles(source, limits: limits)
  }

  /// The tensor that is all there is in a file of `torch.save` within another.
  /// - Throws: `.unsafeContent` if it names other code than tensors need.
  static func tensor(
    in source: ByteSource, named name: String, limits: Limits, depth: Int
  ) throws(ReadError) -> BuiltTensor {
    let saved = try open(source, limits: limits, depth: depth)
    if let call = saved.pickle.globals.first(where: { !GlobalReport.isExpected($0) }) {
      throw saved.pickle.source.error(.unsafeContent, "is a pickle that names \(call)", at: 0, subject: name)
    }
    var builder = TensorBuilder(saved.pickle, saved.storages, limits: limits, depth: depth)
    guard let form = builder.forms.form(of: saved.pickle.root) else {
      throw saved.pickle.source.error(.malformed, "is no tensor", subject: name)
    }
    return try builder.tensor(form, named: name)
  }
}
