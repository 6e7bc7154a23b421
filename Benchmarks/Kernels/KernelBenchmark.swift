import Foundation
import LinearAlgebra
import SpectralCore

/// The Gram matrix and its eigenvalues against the flop model: N·M² + 4/3·M³ operations at the speed of a large
/// matrix product by the kernels in use.
///
/// Usage: kernels [threads] [M …]
@main
struct KernelBenchmark {
  static func main() throws {
    try BLAS.start()
    BLAS.setThreadCount(1)
    let arguments = CommandLine.arguments.dropFirst().compactMap { Int($0) }
    let workers = Workers(arguments.first ?? 1)
    let orders = arguments.count > 1 ? Array(arguments.dropFirst()) : [256, 512, 1024, 2048, 4096]
    print("\(BLAS.configuration)\nkernels: \(BLAS.kernels), threads: \(workers.count)\n")
    print("            M      gemm      Gram   eigenvalues   model/actual")
    for order in orders {
      try row("double", Double.self, order, workers)
      try row("single", Float.self, order, workers)
    }
  }

  private static func row<Element: MatrixElement>(
    _ label: String, _: Element.Type, _ order: Int, _ workers: Workers
  ) throws {
    let block = matrix(order, as: Element.self)
    var gramTimes: [Double] = []
    var eigenTimes: [Double] = []
    for _ in 0..<(order > 2048 ? 3 : 7) {
      var gram = GramMatrix<Element>(order: order)
      gramTimes.append(seconds { gram.add(rows: block, rowCount: order, workers: workers) })
      var values: [Double] = []
      let start = DispatchTime.now().uptimeNanoseconds
      values = try gram.eigenvalues(workers: workers)
      eigenTimes.append(Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9)
      precondition(values.count == order)
    }
    let cube = pow(Double(order), 3)
    let (gram, eigen) = (median(gramTimes), median(eigenTimes))
    // The Gram matrix is the purest product there is: its speed on a large matrix is the machine's.
    let peak = Peak.of(Element.self, workers)
    print(
      String(
        format: "%@ %6ld  %5.1f GF  %8.4f s  %8.4f s  %13.2f", label, order, peak * 1e-9, gram, eigen,
        7 / 3 * cube / peak / (gram + eigen)))
  }

  static func matrix<Element: MatrixElement>(_ order: Int, as _: Element.Type) -> AlignedBuffer<Element> {
    var random = PortableRandom(seed: 1)
    var block = AlignedBuffer<Element>(count: order * order)
    var span = block.mutableSpan
    for index in 0..<span.count { span[index] = Element(random.uniform() - 0.5) }
    return block
  }

  static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

  static func seconds(_ body: () -> Void) -> Double {
    let start = DispatchTime.now().uptimeNanoseconds
    body()
    return Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
  }
}

/// Floating-point operations per second of a large product, all threads together.
enum Peak {
  private static let order = 2048

  static func of<Element: MatrixElement>(_: Element.Type, _ workers: Workers) -> Double {
    let block = KernelBenchmark.matrix(order, as: Element.self)
    var best = Double.infinity
    for _ in 0..<5 {
      var gram = GramMatrix<Element>(order: order)
      best = min(best, KernelBenchmark.seconds { gram.add(rows: block, rowCount: order, workers: workers) })
    }
    return pow(Double(order), 3) / best
  }
}
