import DumpFormat
import ModelReading
import NumPyFormat

/// One file in numpy's format for each tensor.
struct ArraysLayout {
  private let tensors: [StoredTensor]
  /// Names of the tensors whose files are called `.weight.npy`.
  private let marked: Set<ByteString>

  init(_ tensors: [StoredTensor], marked: Set<ByteString> = []) {
    self.tensors = tensors
    self.marked = marked
  }

  /// Writes the files, and puts their names and the digests into the document.
  func write(
    to folder: String, _ writer: inout TensorWriter, _ document: inout DumpDocument
  ) throws(DumpError) {
    var names = UniqueNames()
    for (index, tensor) in tensors.enumerated() {
      let suffix = marked.contains(ByteString(tensor.name)) ? ".weight.npy" : ".npy"
      let name = names.next(fileName(tensor.name), suffix: suffix)
      guard let header = NPYHeader.bytes(elementType: tensor.elementType, shape: tensor.shape) else {
        throw .write(
          WriteError("numpy has no \(tensor.elementType.rawValue), the type of '\(printable(tensor.name))'"))
      }
      let file = try writing { () throws(WriteError) in try AtomicFile(path: folder + "/" + name) }
      try writing { () throws(WriteError) in try unsafe file.append(header.span.bytes) }
      document.tensors[index].sha256 = try writer.write(tensor, to: file).hexadecimal()
      document.tensors[index].file = name
      document.files.append(name)
      do throws(WriteError) { try file.commit(replacing: false) } catch { throw .write(error) }
    }
  }

  /// A tensor's name as a file may be called: no folder, not hidden, not too long, no character that systems refuse.
  private func fileName(_ name: String) -> String {
    var result = ""
    for scalar in name.unicodeScalars {
      if result.utf8.count >= ArraysLayout.maximumNameBytes { break }
      let isRefused = scalar.value < 0x20 || scalar.value == 0x7F || ArraysLayout.refused.contains(scalar)
      result.unicodeScalars.append(isRefused || (scalar == "." && result.isEmpty) ? "_" : scalar)
    }
    return result
  }

  /// Leaves room for a number, the suffix and that of a temporary name.
  private static let maximumNameBytes = 200
  private static let refused: Set<Unicode.Scalar> = ["/", "\\", ":", "*", "?", "\"", "<", ">", "|"]
}
