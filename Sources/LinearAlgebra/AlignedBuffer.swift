import Glibc

/// Zeroed numbers in memory of their own, aligned for vector instructions, freed with the value.
///
/// Copy-on-write and initialisation element by element cost too much where a
/// matrix of gigabytes is filled once and handed to a library.
@safe
public struct AlignedBuffer<Element: MatrixElement>: ~Copyable, Sendable {
  nonisolated(unsafe) let base: UnsafeMutablePointer<Element>
  public let count: Int

  /// - Precondition: `count` elements fit in memory.
  public init(count: Int) {
    let bytes = max(count, 1) * MemoryLayout<Element>.stride
    let raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    // All bits zero is the number zero in both precisions.
    unsafe memset(raw, 0, bytes)
    unsafe base = raw.bindMemory(to: Element.self, capacity: max(count, 1))
    self.count = count
  }

  deinit { unsafe base.deallocate() }

  /// The numbers, for writing.
  public var mutableSpan: MutableSpan<Element> {
    @_lifetime(&self)
    mutating get {
      let span = unsafe MutableSpan(_unsafeStart: base, count: count)
      return unsafe _overrideLifetime(span, mutating: &self)
    }
  }

  /// The numbers, for reading.
  public var span: Span<Element> {
    @_lifetime(borrow self)
    get {
      let span = unsafe Span(_unsafeStart: UnsafePointer(base), count: count)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }
}
