import ModelReading
import TestSupport

@testable import PyTorchReader

/// A zip archive of stored members, as PyTorch writes it, all in one folder.
func torchArchive(_ members: [(String, [UInt8])], folder: String = "archive/") -> [UInt8] {
  var file: [UInt8] = []
  var directory: [UInt8] = []
  for (name, contents) in members {
    let path = Array((folder + name).utf8)
    let offset = UInt32(file.count)
    let sizes = PickleWriter.littleEndian(UInt32(contents.count)) + PickleWriter.littleEndian(UInt32(contents.count))
    let common =
      [0, 0, 0, 0, 0, 0, 0, 0] + PickleWriter.littleEndian(checksum(contents)) + sizes
      + PickleWriter.littleEndian(UInt16(path.count)) + [0, 0]
    file += [0x50, 0x4B, 3, 4, 20, 0] + common + path + contents
    directory +=
      [0x50, 0x4B, 1, 2, 20, 0, 20, 0] + common + [UInt8](repeating: 0, count: 10) + PickleWriter.littleEndian(offset)
      + path
  }
  let count = PickleWriter.littleEndian(UInt16(members.count))
  let size = PickleWriter.littleEndian(UInt32(directory.count))
  let start = PickleWriter.littleEndian(UInt32(file.count))
  return file + directory + [0x50, 0x4B, 5, 6, 0, 0, 0, 0] + count + count + size + start + [0, 0]
}

/// A checkpoint in a zip archive: the pickle of `value` and its storages.
func torchFile(_ value: [UInt8], storages: [(String, [UInt8])] = [], more: [(String, [UInt8])] = []) -> [UInt8] {
  let members = [("data.pkl", PickleWriter.pickle(value))] + storages.map { ("data/" + $0.0, $0.1) }
  return torchArchive(members + [("version", Array("3\n".utf8))] + more)
}

/// A checkpoint of the legacy format.
/// - Parameter storages: key, number of elements, bytes.
func legacyFile(_ value: [UInt8], storages: [(String, Int, [UInt8])]) -> [UInt8] {
  let magic: [UInt8] = [0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E]
  let head = magic + PickleWriter.pickle(PickleWriter.integer(1001)) + PickleWriter.pickle(PickleWriter.dictionary([]))
  let keys = PickleWriter.pickle(PickleWriter.list(storages.map { PickleWriter.text($0.0) }))
  return head + PickleWriter.pickle(value) + keys
    + storages.flatMap { PickleWriter.littleEndian(Int64($0.1)) + $0.2 }
}

/// A member of a tar archive.
func tarMember(_ name: String, _ contents: [UInt8]) -> [UInt8] {
  var header = [UInt8](repeating: 0, count: 512)
  func put(_ text: String, at offset: Int) {
    header.replaceSubrange(offset..<offset + text.utf8.count, with: text.utf8)
  }
  put(name, at: 0)
  let size = String(contents.count, radix: 8)
  put(String(repeating: "0", count: 11 - size.count) + size, at: 124)
  put("0", at: 156)
  put("ustar", at: 257)
  return header + contents + [UInt8](repeating: 0, count: (512 - contents.count % 512) % 512)
}

/// The tensors of a checkpoint, layers or not.
func tensors(in bytes: [UInt8], limits: Limits = Limits()) throws(ReadError) -> CheckpointTensors {
  try OpenedModel(ByteSource(owned: bytes, label: "test.pt"), limits: limits).contents
}

/// The same, of a file.
func tensors(ofFile path: String) throws(ReadError) -> CheckpointTensors {
  try OpenedModel(ByteSource(try MappedFile(path: path)), limits: Limits()).contents
}

private func checksum(_ bytes: [UInt8]) -> UInt32 {
  let remainder = bytes.reduce(UInt32.max) { sum, byte in
    (0..<8).reduce(sum ^ UInt32(byte)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
  }
  return ~remainder
}
