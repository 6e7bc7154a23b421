import Glibc

/// Numbers in memory of their own, aligned for vector instructions, freed with the value.
///
/// Copy-on-write and initialisation element by element cost too much where a
/// matrix of gigabytes is filled once and handed to a library.
@safe
public struct AlignedBuffer<Element: MatrixElement>: ~Copyable, Sendable {
  nonisolated(unsafe) let base: UnsafeMutablePointer<Element>
  public let count: Int

  /// Zeros.
  ///
  /// - Precondition: `count` elements fit in memory.
  public init(count: Int) {
    self.init(unfilled: count)
    // All bits zero is the number zero in both precisions; mapped memory has them already.
    let bytes = AlignedBuffer.byteCount(count)
    if !AlignedBuffer.isMapped(bytes) { unsafe memset(base, 0, bytes) }
  }

  /// Any numbers: for who writes each before it is read.
  ///
  /// - Precondition: `count` elements fit in memory.
  public init(unfilled count: Int) {
    let bytes = AlignedBuffer.byteCount(count)
    let raw = unsafe AlignedBuffer.isMapped(bytes) ? mapped(bytes) : .allocate(byteCount: bytes, alignment: 64)
    unsafe base = raw.bindMemory(to: Element.self, capacity: max(count, 1))
    self.count = count
  }

  deinit {
    let bytes = AlignedBuffer.byteCount(count)
    if AlignedBuffer.isMapped(bytes) {
      unsafe munmap(base, bytes)
    } else {
      unsafe base.deallocate()
    }
  }

  private static func byteCount(_ count: Int) -> Int { max(count, 1) * MemoryLayout<Element>.stride }

  /// Whether memory comes from the system and goes back to it: an allocator keeps what lies between what is in use.
  private static func isMapped(_ bytes: Int) -> Bool { bytes >= 1 << 20 }

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

  /// Has `body` write the first `count` numbers, divided into runs of `stride`, side by side: it gets the index of its
  /// run.
  ///
  /// - Precondition: 0 ≤ `count` ≤ `self.count`, `stride` > 0.
  public mutating func fill(
    _ count: Int, runsOf stride: Int, workers: Workers, _ body: @Sendable (Int, inout MutableSpan<Element>) -> Void
  ) {
    precondition(stride > 0 && count >= 0 && count <= self.count, "runs of numbers that are there")
    let base = unsafe MatrixOperand(base, leading: stride)
    workers.forEach((count + stride - 1) / stride) { run in
      let length = min(stride, count - run * stride)
      var span = unsafe MutableSpan(_unsafeStart: base.at(0, run).base, count: length)
      body(run, &span)
    }
  }
}

/// Pages of the system, large ones where it has them: a matrix of gigabytes has too many small ones to look up.
private func mapped(_ bytes: Int) -> UnsafeMutableRawPointer {
  let address = unsafe mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
  guard let address = unsafe address, unsafe address != MAP_FAILED else {
    fatalError("no memory for \(bytes) bytes")
  }
  unsafe madvise(address, bytes, MADV_HUGEPAGE)
  return unsafe address
}
