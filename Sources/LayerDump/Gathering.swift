import ModelReading

/// Copies a view's elements into C order.
///
/// Elements that are neighbours in the source are taken together, as far as one cache line of it reaches, so that a
/// transposed matrix is read once and not once per column.
@safe
struct Gathering {
  private struct Step {
    var extent: Int
    /// In elements.
    var source: Int
    var target: Int
  }

  private let width: Int
  private let steps: [Step]
  /// The step along which the source is nearest.
  private let nearest: Int

  /// - Parameter view: what to copy; its offset is not used.
  init(_ view: Tensor) {
    width = view.elementType.byteWidth
    var steps: [Step] = []
    var target = view.elementCount
    for (extent, stride) in zip(view.shape, view.strides) where extent != 1 {
      target /= max(extent, 1)
      if let last = steps.last, last.source == extent * stride {
        steps[steps.count - 1] = Step(extent: last.extent * extent, source: stride, target: target)
      } else {
        steps.append(Step(extent: extent, source: stride, target: target))
      }
    }
    if steps.isEmpty { steps.append(Step(extent: 1, source: 1, target: 1)) }
    self.steps = steps
    nearest = steps.indices.min { (steps[$0].source, -$0) < (steps[$1].source, -$1) } ?? 0
  }

  /// - Parameters:
  ///   - start: position of the first element in `source`, in elements.
  ///   - target: receives all elements of the view.
  /// - Precondition: every element lies in `source`, and `target` is as large as the view.
  func copy(_ source: RawSpan, from start: Int, into target: inout [UInt8]) {
    unsafe source.withUnsafeBytes { source in
      unsafe target.withUnsafeMutableBytes { target in
        guard let source = source.baseAddress, let target = target.baseAddress else { return }
        let first = unsafe source + start * width
        switch width {
        case 1: unsafe copy(UInt8.self, first, target)
        case 2: unsafe copy(UInt16.self, first, target)
        case 4: unsafe copy(UInt32.self, first, target)
        case 8: unsafe copy(UInt64.self, first, target)
        default: unsafe copy(SIMD2<UInt64>.self, first, target)
        }
      }
    }
  }

  private func copy<Element: BitwiseCopyable>(
    _: Element.Type, _ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer
  ) {
    let inner = steps[nearest]
    var outer = steps
    outer.remove(at: nearest)
    let size = MemoryLayout<Element>.size
    let isRun = inner.source == 1 && inner.target == 1
    let tile = isRun ? inner.extent : Gathering.tile
    for first in stride(from: 0, to: inner.extent, by: max(tile, 1)) {
      let count = min(tile, inner.extent - first)
      forEachPosition(of: outer) { sourcePosition, targetPosition in
        let from = unsafe source + (sourcePosition + first * inner.source) * size
        let to = unsafe target + (targetPosition + first * inner.target) * size
        if isRun {
          unsafe to.copyMemory(from: from, byteCount: count * size)
        } else {
          for index in 0..<count {
            let element = unsafe from.loadUnaligned(fromByteOffset: index * inner.source * size, as: Element.self)
            unsafe to.storeBytes(of: element, toByteOffset: index * inner.target * size, as: Element.self)
          }
        }
      }
    }
  }

  /// Elements taken together: a cache line of the source holds as many floats.
  private static let tile = 32

  /// Calls `body` with positions in source and target, in the order of the target.
  @inline(__always)
  private func forEachPosition(of steps: [Step], _ body: (Int, Int) -> Void) {
    guard let last = steps.last else { return body(0, 0) }
    let outer = steps.dropLast()
    var index = [Int](repeating: 0, count: outer.count)
    var (source, target) = (0, 0)
    while true {
      for inner in 0..<last.extent { body(source + inner * last.source, target + inner * last.target) }
      var axis = outer.count - 1
      while axis >= 0 {
        index[axis] += 1
        source += outer[axis].source
        target += outer[axis].target
        if index[axis] < outer[axis].extent { break }
        source -= outer[axis].extent * outer[axis].source
        target -= outer[axis].extent * outer[axis].target
        index[axis] = 0
        axis -= 1
      }
      if axis < 0 { return }
    }
  }
}
