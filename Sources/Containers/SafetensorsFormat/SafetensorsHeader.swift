public import ModelReading
import StrictJSON

/// The header of a file: which tensor lies where.
///
/// Accepts what the format's own implementation accepts, apart from a tensor
/// that is listed twice.
public struct SafetensorsHeader: Sendable {
  /// The `__metadata__` of a file: names and values, both text.
  public typealias Metadata = [(key: String, value: String)]

  /// One tensor, as the header lists it.
  public struct Record: Sendable {
    public let name: String
    public let type: SafetensorsType
    public let shape: [Int]
    /// Where it lies, in bytes from the start of the data.
    public let range: Range<Int>
    /// Position of its entry in the file, for errors.
    public let offset: Int
  }

  public private(set) var metadata: Metadata = []
  /// In the order of their bytes.
  public private(set) var records: [Record] = []
  /// Position of the first byte of the data.
  public let dataStart: Int

  /// Whether a file begins as a header does.
  public static func probe(_ prefix: RawSpan) -> Match {
    var reader = ByteReader(prefix, file: "")
    guard let count = try? reader.littleEndian(UInt64.self, "header size"), count >= 2 else { return .no }
    var offset = 8
    while let byte = prefix.byte(at: offset), [0x20, 0x09, 0x0A, 0x0D].contains(byte) { offset += 1 }
    guard prefix.byte(at: offset) == UInt8(ascii: "{") else { return .no }
    if count <= 100_000_000 { return offset == 8 ? .certain : .possible }
    // Above the limit it is an attack, or no safetensors file at all.
    return prefix.starts(with: "{\"", at: 8) || prefix.starts(with: "{}", at: 8) ? .possible : .no
  }

  /// - Throws: `.truncated`, `.malformed`, `.unsupported` or `.limitExceeded`, with the position in the file.
  public init(_ source: ByteSource, _ limits: Limits) throws(ReadError) {
    let json = try SafetensorsHeader.text(source, limits)
    dataStart = 8 + json.byteCount
    let root = try JSON.parse(json, limits: limits)
    guard root.kind == .object else { throw root.error(.malformed, "has a header that is no JSON object") }
    guard root.count <= limits.maximumTensorCount else {
      throw root.error(.limitExceeded, "lists \(root.count) tensors, the limit is \(limits.maximumTensorCount)")
    }
    records.reserveCapacity(root.count)
    for (key, value) in root.members {
      if key == ByteString("__metadata__") {
        metadata = try SafetensorsHeader.metadata(value)
      } else {
        records.append(try SafetensorsHeader.record(key, value, limits))
      }
    }
    records.sort { ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound) }
    try checkRanges(source)
  }

  /// The JSON text behind the eight bytes of its size.
  private static func text(_ source: ByteSource, _ limits: Limits) throws(ReadError) -> ByteSource {
    guard !source.bytes.starts(with: "version https://git-lfs") else {
      throw source.error(
        .unrecognized, "is a Git LFS pointer, not the file it stands for", at: 0,
        hint: "fetch the file itself: git lfs pull")
    }
    var reader = source.reader
    let declared = try reader.littleEndian(UInt64.self, "header size")
    guard declared <= UInt64(limits.maximumIndexBytes) else {
      throw source.error(
        .limitExceeded, "announces a header of \(declared) bytes, the limit is \(limits.maximumIndexBytes)", at: 0,
        hint: "this may be another kind of file under the name of safetensors")
    }
    return try source.slice(at: 8, count: Int(declared), "the header")
  }

  private static func metadata(_ json: JSON) throws(ReadError) -> Metadata {
    guard !json.isNull else { return [] }
    guard json.kind == .object else { throw json.error(.malformed, "has __metadata__ that is no JSON object") }
    var result: Metadata = []
    for (key, value) in json.members {
      guard let text = value.string else {
        throw value.error(.malformed, "has \(value.kind.rawValue) in __metadata__ where only strings are allowed")
      }
      result.append((key.description, text))
    }
    return result
  }

  private static func record(_ key: ByteString, _ json: JSON, _ limits: Limits) throws(ReadError) -> Record {
    let name = key.description
    guard key.bytes.count <= limits.maximumNameBytes else {
      throw json.error(
        .limitExceeded, "has a tensor name of \(key.bytes.count) bytes, the limit is \(limits.maximumNameBytes)")
    }
    guard let typeName = json["dtype"]?.string, let shape = json["shape"], let offsets = json["data_offsets"],
      shape.kind == .array, offsets.kind == .array
    else { throw json.error(.malformed, "lacks dtype, shape or data_offsets").about(name) }
    guard let type = SafetensorsType.named(typeName) else {
      let known = SafetensorsType.all.map(\.name).joined(separator: ", ")
      throw json.error(
        .unsupported, "has the element type '\(typeName)', which the format does not define",
        hint: "it defines \(known)"
      ).about(name)
    }
    let extents = try naturalNumbers(shape, "shape", name)
    let ends = try naturalNumbers(offsets, "data_offsets", name)
    guard ends.count == 2, ends[0] <= ends[1] else {
      throw offsets.error(.malformed, "has data_offsets \(ends), not a start and an end").about(name)
    }
    let record = Record(name: name, type: type, shape: extents, range: ends[0]..<ends[1], offset: json.offset)
    try check(record, json)
    return record
  }

  private static func naturalNumbers(_ json: JSON, _ what: String, _ name: String) throws(ReadError) -> [Int] {
    var result: [Int] = []
    result.reserveCapacity(json.count)
    for element in json.elements {
      guard let number = element.int, number >= 0, element.numberText.utf8.first != UInt8(ascii: "-") else {
        throw element.error(.malformed, "has \(what) with something other than a natural number").about(name)
      }
      result.append(number)
    }
    return result
  }

  /// The shape must explain every byte of the range.
  private static func check(_ record: Record, _ json: JSON) throws(ReadError) {
    guard let count = Tensor.elementCount(record.shape) else {
      throw json.error(.malformed, "has the shape \(record.shape), whose element count overflows").about(record.name)
    }
    let (bits, overflow) = count.multipliedReportingOverflow(by: record.type.bits)
    guard !overflow, bits % 8 == 0 else {
      throw json.error(
        .malformed, "has \(count) elements of \(record.type.bits) bits, which fill no whole number of bytes"
      ).about(record.name)
    }
    guard bits / 8 == record.range.count else {
      throw json.error(
        .malformed,
        "has the shape \(record.shape) of \(record.type.name), which takes \(bits / 8) bytes, in \(record.range.count)"
      ).about(record.name)
    }
  }

  /// Tensors must tile the data: no hole, no overlap, nothing left over.
  private func checkRanges(_ source: ByteSource) throws(ReadError) {
    let available = source.byteCount - dataStart
    var end = 0
    for record in records {
      let start = record.range.lowerBound
      guard start == end else {
        throw source.error(
          .malformed, "has a tensor at byte \(start) of its data, where the one before it ends at \(end)",
          at: 8 + record.offset, subject: record.name)
      }
      end = record.range.upperBound
      guard end <= available else {
        throw source.error(
          .truncated, "has tensors up to byte \(end) of its data, which have \(available)", at: source.byteCount,
          subject: record.name, hint: "the download may be incomplete")
      }
    }
    guard end == available else {
      throw source.error(.malformed, "has \(available - end) bytes after its last tensor", at: dataStart + end)
    }
  }
}
