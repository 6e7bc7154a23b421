/// Files that are found in place of models, and what they really are.
enum Impostors {
  private static let signatures: [(prefix: StaticString, name: String, hint: String)] = [
    (
      "version https://git-lfs", "a Git LFS pointer, not the file it stands for",
      "fetch the file itself: git lfs pull"
    ),
    ("<!DOCTYPE", "an HTML page", webHint), ("<!doctype", "an HTML page", webHint),
    ("<html", "an HTML page", webHint), ("<HTML", "an HTML page", webHint),
    ("<?xml", "an XML document", webHint),
    ("Entry not found", "an error message of a download", webHint),
    ("Repository not found", "an error message of a download", webHint),
    ("Invalid username or password", "an error message of a download", webHint),
    ("\u{7F}ELF", "an executable", "give the model, not a program"),
    ("%PDF", "a PDF document", "give the model, not its paper"),
    ("#!", "a script", "give the model, not the program that makes it"),
    ("import ", "Python source code", "give the saved model, not the program that makes it"),
    ("Rar!", "a RAR archive", "unpack it first"),
    ("BZh", "a bzip2 archive", "unpack it first"),
    ("ir_version:", "an ONNX model in protobuf's text format", onnxHint),
    ("saved_model_schema_version:", "a TensorFlow SavedModel in text form", ProtobufImpostors.tensorFlowHint),
    ("node {", "a TensorFlow graph in text form", ProtobufImpostors.tensorFlowHint),
  ]
  private static let onnxHint = "load it with the onnx package and save it as .onnx"
  private static let webHint = "the download saved a web page; fetch the file again"

  private static let binarySignatures: [(bytes: [UInt8], offset: Int, name: String, hint: String)] = [
    ([0x89, 0x50, 0x4E, 0x47], 0, "a PNG picture", "give the model"),
    ([0xFF, 0xD8, 0xFF], 0, "a JPEG picture", "give the model"),
    ([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], 0, "a 7-Zip archive", "unpack it first"),
    ([0x1F, 0x8B], 0, "a gzip archive", "unpack it first: gunzip"),
    ([0xFD, 0x37, 0x7A, 0x58, 0x5A], 0, "an xz archive", "unpack it first: unxz"),
    ([0x28, 0xB5, 0x2F, 0xFD], 0, "a Zstandard archive", "unpack it first: unzstd"),
    (Array("ORTM".utf8), 4, "an ONNX Runtime model (.ort)", "give the .onnx model that it was made from"),
    (Array("TFL3".utf8), 4, "a TensorFlow Lite model, which no reader here handles", "convert it to ONNX"),
  ]

  /// What the file is known to be instead of a model.
  static func error(for prefix: RawSpan, path: String) -> ReadError? {
    guard prefix.byteCount > 0 else {
      return ReadError(.unrecognized, "is empty", file: path, hint: "the download may have failed")
    }
    let start = textStart(prefix)
    for signature in signatures where prefix.starts(with: signature.prefix, at: start) {
      return ReadError(.unrecognized, "is \(signature.name)", file: path, offset: 0, hint: signature.hint)
    }
    for signature in binarySignatures
    where signature.bytes.indices.allSatisfy({ prefix.byte(at: signature.offset + $0) == signature.bytes[$0] }) {
      return ReadError(
        .unrecognized, "is \(signature.name)\(contents(ofArchive: path))", file: path, offset: 0, hint: signature.hint)
    }
    if let other = onnxText(prefix, at: start) ?? ProtobufImpostors.name(prefix) {
      return ReadError(.unrecognized, "is \(other.name)", file: path, offset: 0, hint: other.hint)
    }
    if (0..<prefix.byteCount).allSatisfy({ prefix.byte(at: $0) == 0 }) {
      return ReadError(
        .unrecognized, "begins with \(prefix.byteCount) zero bytes", file: path, offset: 0,
        hint: "the download may be incomplete")
    }
    return nil
  }

  /// What an archive of one file holds, by its own name: ` of 'model.onnx'` for `model.onnx.gz`.
  private static func contents(ofArchive path: String) -> String {
    let name = path.split(separator: "/").last ?? ""
    guard let ending = [".gz", ".xz", ".zst"].first(where: { name.hasSuffix($0) }) else { return "" }
    return " of '\(name.dropLast(ending.count))'"
  }

  /// ONNX's own text format, `<ir_version: 8, …>`, and its JSON.
  private static func onnxText(_ prefix: RawSpan, at start: Int) -> (name: String, hint: String)? {
    let key = textStart(prefix, from: start + 1)
    if prefix.starts(with: "<", at: start), prefix.starts(with: "ir_version", at: key) {
      return ("an ONNX model in ONNX's text format", onnxHint)
    }
    if prefix.starts(with: "{", at: start),
      prefix.starts(with: "\"ir_version\"", at: key) || prefix.starts(with: "\"irVersion\"", at: key)
    {
      return ("an ONNX model in JSON", onnxHint)
    }
    return nil
  }

  /// Position of the first byte that is not white space.
  private static func textStart(_ prefix: RawSpan, from start: Int = 0) -> Int {
    var offset = start
    while let byte = prefix.byte(at: offset), [0x09, 0x0A, 0x0D, 0x20].contains(byte) { offset += 1 }
    return offset
  }
}
