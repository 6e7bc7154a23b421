/// Zeroed numbers in memory of their own, aligned for vector instructions, freed with the value.
///
/// Uninitialised growth, copy-on-write and bounds-checked indexing of `Array`
/// all cost too much where a matrix of gigabytes is filled once by a library.
@safe
public struct AlignedBuffer: ~Copyable, Sendable {
  nonisolated(unsafe) let base: UnsafeMutablePointer<Double>
  public let count: Int

  /// - Precondition: `count` doubles fit in memory.
  public init(count: Int) {
    let bytes = max(count, 1) * MemoryLayout<Double>.stride
    let raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    unsafe base = raw.initializeMemory(as: Double.self, repeating: 0, count: max(count, 1))
    self.count = count
  }

  deinit { unsafe base.deallocate() }

  /// The numbers, for writing.
  public var mutableSpan: MutableSpan<Double> {
    @_lifetime(&self)
    mutating get {
      let span = unsafe MutableSpan(_unsafeStart: base, count: count)
      return unsafe _overrideLifetime(span, mutating: &self)
    }
  }

  /// The numbers, for reading.
  public var span: Span<Double> {
    @_lifetime(borrow self)
    get {
      let span = unsafe Span(_unsafeStart: UnsafePointer(base), count: count)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }
}
