import ModelReading

/// A model without its weights, and where in the file the weights are.
struct Skeleton {
  /// The model as a message of `onnx_skeleton.proto`.
  var bytes: [UInt8]
  /// What the `payload` numbers of the skeleton stand for.
  var payloads: [Payload]
}

/// Walks the messages of a model in the mapped file, and writes its skeleton.
///
/// protobuf-c copies every byte field and descends into messages without limit.
/// What it is given has therefore been through this walk: depth and lengths
/// are checked, fields that nobody reads are gone, and weights are replaced by
/// numbers. The walk keeps its own stack, so no file can exhaust that of the thread.
struct SkeletonWalker: ~Copyable {
  /// A message that is being read.
  private struct Frame {
    var kind: MessageKind
    /// Its place in the file.
    var range: Range<Int>
    /// Its field in the message around it.
    var field: Int
    var isRepeated: Bool
    /// What is kept of it.
    var body: [UInt8] = []
    /// Messages that a message holds once. One that occurs several times is, by protobuf's rules, merged;
    /// merging is what reading one after the other as a single message does.
    var singular: [(field: Int, body: [UInt8])] = []
    var payload: Payload
  }

  /// protobuf's own default for nested messages. A subgraph takes three: 32 of them nest.
  static let maximumMessageNesting = 100
  /// Messages, names and integers in one skeleton: each takes some hundred bytes once unpacked.
  static let maximumItemCount = 5_000_000

  private let limits: Limits
  private var stack: [Frame] = []
  private var payloads: [Payload] = []
  private var tensorCount = 0
  private var itemCount = 0
  private var byteCount = 0

  private init(_ limits: Limits) { self.limits = limits }

  /// - Throws: `.truncated` or `.malformed` if the bytes are no protobuf message of the expected
  ///   shape, `.limitExceeded` if it is too deep or too large.
  static func walk(_ source: ByteSource, limits: Limits) throws(ReadError) -> Skeleton {
    var walker = SkeletonWalker(limits)
    let whole = 0..<source.byteCount
    walker.stack = [
      Frame(kind: .model, range: whole, field: 0, isRepeated: false, payload: Payload(message: whole))
    ]
    var cursor = WireCursor(source.bytes, file: source.label, baseOffset: source.baseOffset)
    while let frame = walker.stack.last {
      if cursor.offset < frame.range.upperBound {
        try walker.readField(&cursor)
      } else if walker.stack.count > 1 {
        walker.closeMessage()
      } else {
        break
      }
    }
    let root = walker.stack.removeLast()
    return Skeleton(bytes: walker.finished(root), payloads: walker.payloads)
  }

  private mutating func readField(_ cursor: inout WireCursor) throws(ReadError) {
    let top = stack.count - 1
    let end = stack[top].range.upperBound
    let start = cursor.offset
    let tag = try cursor.tag(before: end)
    let rule = stack[top].kind.rule(tag.field)
    if case .ignored = rule {
      return try cursor.skip(tag, before: end, maximumNesting: SkeletonWalker.maximumMessageNesting)
    }
    guard accepts(rule, tag.wire) else {
      throw cursor.error(
        .malformed, "field \(tag.field) of a \(stack[top].kind.rawValue) has the wire type \(tag.wire)", at: start,
        hint: "this may not be an ONNX model")
    }
    // Values of weights do not grow the skeleton: a tensor may have any number.
    if case .payload(let field) = rule { return try readPayload(field, tag, end, &cursor) }
    try countItem(cursor)
    switch rule {
    case .message(let kind, let repeated): try openMessage(kind, repeated, tag, end, &cursor)
    case .text, .remark: try readText(rule, tag, end, &cursor)
    case .integers where tag.wire == .lengthDelimited: try readPackedIntegers(tag, end, &cursor)
    case .integer, .integers:
      let value = try cursor.varint(before: end)
      try keep(cursor) { body in
        body.appendTag(tag.field, .varint)
        body.appendVarint(value)
      }
    case .float:
      try cursor.advance(4, before: end, tag)
      let bytes = cursor.copy(cursor.offset - 4..<cursor.offset)
      try keep(cursor) { body in
        body.appendTag(tag.field, .fixed32)
        body.append(contentsOf: bytes)
      }
    case .ignored, .payload: break
    }
  }

  private func accepts(_ rule: FieldRule, _ wire: WireType) -> Bool {
    switch rule {
    case .ignored: true
    case .integer: wire == .varint
    case .float: wire == .fixed32
    case .text, .remark, .message: wire == .lengthDelimited
    case .integers: wire == .varint || wire == .lengthDelimited
    case .payload(let field): wire == field.wire || wire == .lengthDelimited
    }
  }

  private mutating func openMessage(
    _ kind: MessageKind, _ repeated: Bool, _ tag: FieldTag, _ end: Int, _ cursor: inout WireCursor
  ) throws(ReadError) {
    let nesting = min(limits.maximumNesting, SkeletonWalker.maximumMessageNesting)
    guard stack.count < nesting else {
      throw cursor.error(.limitExceeded, "messages nest deeper than \(nesting) levels")
    }
    if kind == .tensor {
      tensorCount += 1
      guard tensorCount <= limits.maximumTensorCount else {
        throw cursor.error(.limitExceeded, "has more tensors than the limit of \(limits.maximumTensorCount)")
      }
    }
    let range = try cursor.contents(before: end, tag)
    stack.append(
      Frame(kind: kind, range: range, field: tag.field, isRepeated: repeated, payload: Payload(message: range)))
  }

  private mutating func closeMessage() {
    let frame = stack.removeLast()
    let body = finished(frame)
    let top = stack.count - 1
    if frame.isRepeated {
      stack[top].body.appendField(frame.field, body)
    } else if let index = stack[top].singular.firstIndex(where: { $0.field == frame.field }) {
      stack[top].singular[index].body += body
    } else {
      stack[top].singular.append((frame.field, body))
    }
  }

  /// The skeleton of a message, complete with its number in the list of payloads.
  private mutating func finished(_ frame: Frame) -> [UInt8] {
    var body = frame.body
    for message in frame.singular { body.appendField(message.field, message.body) }
    if frame.kind == .tensor || !frame.payload.isEmpty {
      body.appendTag(Skeleton.payloadField, .varint)
      body.appendVarint(UInt64(payloads.count))
      payloads.append(frame.payload)
    }
    return body
  }

  private mutating func readPayload(
    _ field: PayloadField, _ tag: FieldTag, _ end: Int, _ cursor: inout WireCursor
  ) throws(ReadError) {
    let isLong = tag.wire == .lengthDelimited
    let range: Range<Int>
    if isLong {
      range = try cursor.contents(before: end, tag)
      cursor.move(to: range.upperBound)
    } else {
      let start = cursor.offset
      try cursor.skip(tag, before: end, maximumNesting: 0)
      range = start..<cursor.offset
    }
    stack[stack.count - 1].payload.note(field, range, packed: isLong)
  }

  private mutating func readText(
    _ rule: FieldRule, _ tag: FieldTag, _ end: Int, _ cursor: inout WireCursor
  ) throws(ReadError) {
    let start = cursor.offset
    let range = try cursor.contents(before: end, tag)
    defer { cursor.move(to: range.upperBound) }
    if case .remark(let maximum) = rule, range.count > min(maximum, limits.maximumNameBytes) { return }
    guard range.count <= limits.maximumNameBytes else {
      throw cursor.error(
        .limitExceeded, "a name has \(range.count) bytes, the limit is \(limits.maximumNameBytes)", at: start)
    }
    let text = cursor.copy(range)
    try keep(cursor) { $0.appendField(tag.field, text) }
  }

  private mutating func readPackedIntegers(
    _ tag: FieldTag, _ end: Int, _ cursor: inout WireCursor
  ) throws(ReadError) {
    let range = try cursor.contents(before: end, tag)
    while cursor.offset < range.upperBound {
      let value = try cursor.varint(before: range.upperBound)
      try countItem(cursor)
      try keep(cursor) { body in
        body.appendTag(tag.field, .varint)
        body.appendVarint(value)
      }
    }
  }

  private mutating func countItem(_ cursor: borrowing WireCursor) throws(ReadError) {
    itemCount += 1
    guard itemCount <= SkeletonWalker.maximumItemCount else {
      throw cursor.error(
        .limitExceeded, "has more than \(SkeletonWalker.maximumItemCount) nodes, names and numbers in its structure")
    }
  }

  /// Adds to the message being read what `append` writes.
  private mutating func keep(
    _ cursor: borrowing WireCursor, _ append: (inout [UInt8]) -> Void
  ) throws(ReadError) {
    let top = stack.count - 1
    let before = stack[top].body.count
    append(&stack[top].body)
    byteCount += stack[top].body.count - before
    guard byteCount <= limits.maximumIndexBytes else {
      throw cursor.error(
        .limitExceeded, "has more than \(limits.maximumIndexBytes) bytes of structure beside its weights")
    }
  }
}

extension Skeleton {
  /// The field that numbers a payload, in messages of `onnx_skeleton.proto`.
  static let payloadField = 1000
}
