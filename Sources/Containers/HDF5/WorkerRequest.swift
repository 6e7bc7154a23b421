import ChildProcesses
package import ModelReading

/// What a worker is asked, as the arguments it is started with.
package struct WorkerRequest {
  package enum Question {
    case index
    /// The values of one dataset, of which its index says that they are so many bytes.
    case values(ByteString, byteCount: Int)
  }

  /// In the asking process the file itself; in the worker, the bytes it inherits.
  package let source: ByteSource
  package let question: Question
  package let limits: Limits

  init(_ source: ByteSource, _ question: Question, _ limits: Limits) {
    self.source = source
    self.question = question
    self.limits = limits
  }

  /// Seconds after which a worker is ended, whatever it does or waits for: what it may compute, twice over on
  /// a busy machine, and what reading the whole file from a slow disk takes.
  var timeLimit: Int { 2 * processorTimeLimit + source.byteCount / 20_000_000 }

  /// Seconds of computing after which a worker is ended. A real index takes
  /// milliseconds; damaged ones send libhdf5 round in circles.
  package var processorTimeLimit: Int {
    guard case .values(_, let byteCount) = question else { return 2 }
    return 2 + byteCount / 20_000_000
  }

  /// Bytes that a worker may need for its own, beyond what it starts with.
  package var memoryLimit: Int {
    guard case .values(_, let byteCount) = question else { return 1 << 29 }
    return (1 << 29) + byteCount * 2
  }

  /// Bytes that an answer may have.
  var answerLimit: Int {
    switch question {
    case .index: max(limits.maximumIndexBytes, 1 << 20) * 4
    case .values(_, let byteCount): byteCount + (1 << 20)
    }
  }

  /// - Parameters:
  ///   - start: where in the file that the worker inherits the bytes begin.
  func arguments(start: Int) -> [String] {
    var arguments = [String(start), String(source.byteCount), hexadecimal(Array(source.label.utf8))]
    let numbers = [
      limits.maximumHDF5Objects, limits.maximumIndexBytes, limits.maximumNesting, limits.maximumNameBytes,
    ]
    arguments += numbers.map { String($0) }
    if case .values(let path, let byteCount) = question {
      arguments += [hexadecimal(path.bytes), String(byteCount)]
    }
    return arguments
  }

  /// The request in the worker.
  /// - Throws: `.malformed` for arguments that no request has, or as `MappedFile` and `ByteSource` do.
  package init(arguments: [String]) throws(ReadError) {
    let fault = ReadError(.malformed, "is given arguments that no request has", file: WorkerProgram.name)
    guard arguments.count == 7 || arguments.count == 9, let start = Int(arguments[0]), let count = Int(arguments[1]),
      let label = bytes(hexadecimal: arguments[2]), let objects = Int(arguments[3]), let index = Int(arguments[4]),
      let nesting = Int(arguments[5]), let name = Int(arguments[6])
    else { throw fault }
    var limits = Limits()
    limits.maximumHDF5Objects = objects
    limits.maximumIndexBytes = index
    limits.maximumNesting = nesting
    limits.maximumNameBytes = name
    self.limits = limits
    let file = ByteSource(try MappedFile(path: "/proc/self/fd/\(ChildProcess.inheritedDescriptor)"))
    source = try file.slice(at: start, count: count, "the file").labelled(String(decoding: label, as: UTF8.self))
    guard arguments.count == 9 else {
      question = .index
      return
    }
    guard let path = bytes(hexadecimal: arguments[7]), let byteCount = Int(arguments[8]), byteCount >= 0 else {
      throw fault
    }
    question = .values(ByteString(path), byteCount: byteCount)
  }
}

/// Two digits a byte: arguments are text, names in files are not always.
func hexadecimal(_ bytes: [UInt8]) -> String {
  let digits = Array("0123456789abcdef".utf8)
  return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}

/// `nil` unless the text is pairs of hexadecimal digits.
func bytes(hexadecimal text: String) -> [UInt8]? {
  let digits = text.map(\.hexDigitValue)
  guard digits.count % 2 == 0 else { return nil }
  var result: [UInt8] = []
  for index in stride(from: 0, to: digits.count, by: 2) {
    guard let high = digits[index], let low = digits[index + 1] else { return nil }
    result.append(UInt8(high << 4 | low))
  }
  return result
}
