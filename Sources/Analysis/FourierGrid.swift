import Glibc
import LinearAlgebra
import SpectralCore

/// The frequencies of a convolution on a periodic grid of `side` points along each spatial axis.
///
/// As an operator on such a grid a convolution is block-diagonal: at each frequency an outputs × inputs matrix,
/// the discrete Fourier transform of the kernel (Sedghi, Gupta & Long, arXiv 1805.10408). Its singular values are those of all
/// frequencies together. Zero padding and strides make other operators.
struct FourierGrid: Sendable {
  /// A frequency, and how many of the grid's have the same singular values.
  struct Frequency: Sendable, Equatable {
    var index: [Int]
    var multiplicity: Int
  }

  /// Extents of the kernel's spatial axes.
  let kernel: [Int]
  let side: Int

  /// - Parameter side: `nil` for the least power of two, of 32 at least, that is four times the kernel.
  init(kernel: [Int], side: Int?) {
    self.kernel = kernel
    self.side = side ?? FourierGrid.defaultSide(for: kernel.max() ?? 1)
  }

  private static func defaultSide(for extent: Int) -> Int {
    var side = 32
    while side / 4 < extent { side *= 2 }
    return side
  }

  /// `fourier 32x32`: what the report calls this way of slicing.
  var label: String { "fourier " + kernel.map { _ in String(side) }.joined(separator: "x") }

  /// Points of the grid, or `nil` if the number does not fit in `Int`.
  var pointCount: Int? {
    var count = 1
    for _ in kernel {
      let (product, overflow) = count.multipliedReportingOverflow(by: side)
      if overflow { return nil }
      count = product
    }
    return count
  }

  /// One frequency of each set that must have the same singular values: a real kernel's matrices at u and −u are
  /// conjugate, and along an axis of extent 1 nothing changes.
  /// - Precondition: `pointCount` is a number.
  var frequencies: [Frequency] {
    let extents = kernel.map { $0 == 1 ? 1 : side }
    let count = extents.reduce(1, *)
    let repeats = pointCount! / count
    return (0..<count).compactMap { flat in
      var rest = flat
      var mirrored = 0
      var place = 1
      var index: [Int] = []
      for extent in extents.reversed() {
        let digit = rest % extent
        rest /= extent
        index.append(digit)
        mirrored += (extent - digit) % extent * place
        place *= extent
      }
      guard flat <= mirrored else { return nil }
      return Frequency(index: index.reversed(), multiplicity: flat == mirrored ? repeats : 2 * repeats)
    }
  }

  /// The eigenvalues of FᴴF at each frequency, ascending, frequency after frequency in little memory; always in
  /// double precision.
  /// - Parameter positions: the kernel's matrices, last spatial axis fastest, of the same shape each.
  func eigenvalues(_ positions: [RandomMatrix], _ frequencies: [Frequency]) throws(LayerFailure) -> [[Double]] {
    let (rows, columns) = (positions[0].rows, positions[0].columns)
    let roots = (0..<side).map { step in
      let angle = 2 * Double.pi * Double(step) / Double(side)
      return (cosine: cos(angle), sine: sin(angle))
    }
    var spectra: [[Double]] = []
    for frequency in frequencies {
      var transform = AlignedBuffer<Double>(count: 2 * rows * columns)
      var span = transform.mutableSpan
      for (position, matrix) in positions.enumerated() {
        let root = roots[step(of: position, frequency.index)]
        let values = matrix.values.span
        for entry in values.indices {
          span[2 * entry] += root.cosine * values[entry]
          span[2 * entry + 1] -= root.sine * values[entry]
        }
      }
      do {
        spectra.append(try complexGramEigenvalues(transform, rows: rows, columns: columns))
      } catch {
        throw .numeric(error.description)
      }
    }
    return spectra
  }

  /// Frequency times place in the kernel, in steps of 2π/side.
  private func step(of position: Int, _ frequency: [Int]) -> Int {
    var rest = position
    var step = 0
    for axis in kernel.indices.reversed() {
      step += rest % kernel[axis] * frequency[axis] % side
      rest /= kernel[axis]
    }
    return step % side
  }

  /// Bytes that `eigenvalues` needs for `groups` kernels of N×M matrices, or `nil` if the number does not fit in `Int`.
  func workingBytes(rows: Int, columns: Int, groups: Int) -> Int? {
    guard let pointCount else { return nil }
    let positions = kernel.reduce(1, *)
    // The kernel and its transform; the eigenproblem; the eigenvalues, with the copies that sorting and fits make;
    // and what goes with each spectrum.
    let products = [
      [positions + 4, rows, columns], [4, columns, columns], [4, pointCount, columns, groups],
      [32, pointCount, groups],
    ]
    var total = 0
    for factors in products {
      var product = MemoryLayout<Double>.size
      for factor in factors {
        let (value, overflow) = product.multipliedReportingOverflow(by: factor)
        if overflow { return nil }
        product = value
      }
      let (sum, overflow) = total.addingReportingOverflow(product)
      if overflow { return nil }
      total = sum
    }
    return total
  }
}
