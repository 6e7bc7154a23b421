import CKernels
import Glibc
import Synchronization

/// Reduces a symmetric band matrix to a tridiagonal one with the same eigenvalues: the second stage of two.
///
/// A sweep clears one column below its subdiagonal with a reflection of `width` rows. That fills a block below the
/// band; the next reflection, `width` rows further down, clears the first column of this bulge, and so on to the end
/// (Lang, SIAM J. Sci. Comput. 14, 1993). A sweep may follow the one before it as soon as that is two reflections
/// ahead. So several run close together, in what the caches hold, and groups of them side by side (Haidar, Ltaief &
/// Dongarra, SC11). Which thread does which group changes nothing in what is computed.
///
/// 6·n²·`width` operations; for n = 4096 on one core of a Zen 5 0.2 s, where LAPACK's sbtrd, which rotates, takes 0.58 s.
struct BulgeChase: ~Copyable {
  /// Subdiagonals of the band, and rows of a reflection.
  static var width: Int { BULGE_WIDTH }
  /// Numbers stored of each column: the band, the bulge below it, and some that whole vectors may touch.
  private static var height: Int { 2 * width + BULGE_SLACK }
  static var bytesPerColumn: Int { height * MemoryLayout<Double>.size }
  /// From an element to its right neighbour: a block of the band is a block of a dense matrix with this stride.
  private static var rightwards: Int { height - 1 }
  /// Sweeps that one thread does together: their blocks fit the second cache.
  private static var groupSize: Int { 8 }
  /// Groups from one chance to join to the next.
  private static var runLength: Int { 32 }

  private let order: Int
  private let scale: Double
  /// Ends in zero columns, so that all blocks are whole ones.
  private let band: AlignedBuffer<Double>

  /// - Parameter a: `order` × `order`; only the band of its lower triangle is read.
  init<Element: MatrixElement>(bandOf a: MatrixOperand<Element>, order: Int) {
    let (width, height) = (BulgeChase.width, BulgeChase.height)
    band = AlignedBuffer<Double>(count: (order + width) * height)
    let target = band.operand(leading: height)
    var largest = 0.0
    for column in 0..<order {
      for row in 0..<min(width + 1, order - column) {
        let value = Double(a[column + row, column])
        target[row, column] = value
        largest = max(largest, abs(value))
      }
    }
    // A power of two, so that no digit changes: squares of what matters must not underflow.
    scale = largest > 0 ? largest.binade : 1
    for index in 0..<order * height { target[index, 0] /= scale }
    self.order = order
  }

  func run(workers: Workers) -> Tridiagonal {
    let groups = SweepGroup.all(of: max(order - 2, 0), size: BulgeChase.groupSize)
    let order = order
    let matrix = band.operand(leading: BulgeChase.rightwards)
    // In runs, so that workers who have become idle can join.
    for first in stride(from: 0, to: groups.count, by: BulgeChase.runLength) {
      workers.forEach(min(groups.count - first, BulgeChase.runLength)) { offset in
        let index = first + offset
        groups[index].chase(matrix, order, after: index > 0 ? groups[index - 1] : nil)
      }
    }
    return Tridiagonal(
      diagonal: (0..<order).map { matrix[$0, $0] },
      subdiagonal: (0..<order).map { $0 + 1 < order ? matrix[$0 + 1, $0] : 0 }, scale: scale)
  }
}

/// Sweeps that one thread does together: in each step all of them go on by one reflection, the first one ahead.
private final class SweepGroup: Sendable {
  private let sweeps: Range<Int>
  /// How many steps are done. What they wrote is there for whoever reads this.
  private let stepsDone = Atomic(0)

  private init(_ sweeps: Range<Int>) { self.sweeps = sweeps }

  static func all(of count: Int, size: Int) -> [SweepGroup] {
    stride(from: 0, to: count, by: size).map { SweepGroup($0..<min($0 + size, count)) }
  }

  func chase(_ matrix: MatrixOperand<Double>, _ order: Int, after previous: SweepGroup?) {
    let width = BulgeChase.width
    var reflections = [bulge_reflection](repeating: bulge_reflection(), count: sweeps.count)
    // The first sweep is the longest: a reflection begins in every `width`-th row below its column.
    let longest = (order - 2 - sweeps.lowerBound) / width + 1
    for step in 0..<longest + sweeps.count - 1 {
      previous?.wait(untilAheadOf: step)
      for (offset, sweep) in sweeps.enumerated() where step >= offset {
        let top = sweep + 1 + (step - offset) * width
        guard top < order else { continue }
        if step == offset {
          unsafe bulge_clear(matrix.at(top, sweep).base, &reflections[offset])
        } else {
          unsafe bulge_chase(matrix.at(top, top - width).base, matrix.leading, &reflections[offset])
        }
        unsafe bulge_apply(matrix.at(top, top).base, matrix.leading, &reflections[offset])
      }
      stepsDone.store(step + 1, ordering: .releasing)
    }
    stepsDone.store(.max, ordering: .releasing)
  }

  /// Until the last of these sweeps is two reflections ahead of the `step`-th of the sweep that follows it.
  private func wait(untilAheadOf step: Int) {
    let needed = step + 1 + sweeps.count
    var attempts = 0
    while stepsDone.load(ordering: .acquiring) < needed {
      attempts += 1
      if attempts > 1000 { sched_yield() }
    }
  }
}
