import Glibc
public import ModelReading

/// The lines of an open file, one after the other, as they come.
public final class LineSource {
  /// Bytes that a line may have.
  private static let maximumLength = 1 << 30

  private let descriptor: Int32
  /// What errors call it.
  private let label: String
  private var buffer: [UInt8] = []
  /// Where in the buffer the next line begins.
  private var start = 0
  private var searched = 0
  private var isOver = false
  /// Of the line that came last, from 1.
  public private(set) var number = 0

  /// - Parameter descriptor: stays the caller's.
  public init(_ descriptor: Int32, label: String) {
    self.descriptor = descriptor
    self.label = label
  }

  /// The next line without its end, empty ones left out; `nil` at the end of the file.
  /// - Throws: `.io` if the file cannot be read, `.limitExceeded` for a line without end.
  public func next() throws(ReadError) -> [UInt8]? {
    while true {
      if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        let line = Array(buffer[start..<end])
        start = end + 1
        searched = start
        number += 1
        if line.isEmpty { continue }
        return line
      }
      searched = buffer.count
      if isOver {
        let line = Array(buffer[start...])
        start = buffer.count
        guard !line.isEmpty else { return nil }
        number += 1
        return line
      }
      try fill()
    }
  }

  private func fill() throws(ReadError) {
    buffer.removeFirst(start)
    searched -= start
    start = 0
    guard buffer.count <= LineSource.maximumLength else {
      throw ReadError(.limitExceeded, "has a line of more than \(LineSource.maximumLength) bytes", file: label)
    }
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    let count = unsafe read(descriptor, &piece, piece.count)
    if count < 0 {
      guard errno == EINTR else { throw ReadError(.io, "cannot be read, errno \(errno)", file: label) }
      return
    }
    isOver = count == 0
    buffer += piece[..<count]
  }
}
