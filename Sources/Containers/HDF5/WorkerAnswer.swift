package import ModelReading

/// What a worker writes: a byte that tells success, and the answer or the error.
package enum WorkerAnswer {
  package static func encode(_ answer: Result<[UInt8], ReadError>) -> [UInt8] {
    var writer = IndexWriter()
    switch answer {
    case .success(let bytes):
      writer.byte(0)
      return writer.bytes + bytes
    case .failure(let error):
      writer.byte(1)
      writer.text(error.code.rawValue)
      writer.text(error.message)
      writer.text(error.file)
      writer.count(error.offset ?? -1)
      writer.text(error.subject ?? "")
      writer.text(error.hint ?? "")
      return writer.bytes
    }
  }

  /// - Throws: the worker's error, or `.malformed` if there is no whole answer.
  static func decode(_ bytes: [UInt8], file: String) throws(ReadError) -> [UInt8] {
    if bytes.first == 0 { return Array(bytes.dropFirst()) }
    var reader = IndexReader(ByteSource(owned: bytes, label: file))
    guard try reader.byte() == 1, let code = ReadError.Code(rawValue: try reader.text()) else {
      throw ReadError(.malformed, "cannot be read: the process that reads it gives no answer", file: file)
    }
    let message = try reader.text()
    let origin = try reader.text()
    let offset = Int(truncatingIfNeeded: try reader.integer())
    let subject = try reader.text()
    let hint = try reader.text()
    throw ReadError(
      code, message, file: origin, offset: offset < 0 ? nil : offset, subject: subject.isEmpty ? nil : subject,
      hint: hint.isEmpty ? nil : hint)
  }
}
