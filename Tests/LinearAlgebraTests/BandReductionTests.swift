import Synchronization
import Testing

@testable import LinearAlgebra

/// Going through a band against the direct way.
@Suite struct BandReductionTests {
  private func gram<Element: MatrixElement>(_ order: Int, _: Element.Type) -> GramMatrix<Element> {
    let rows = order + 40
    var block = AlignedBuffer<Element>(count: rows * order)
    var span = block.mutableSpan
    var state: UInt64 = UInt64(order)
    for index in 0..<span.count {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      span[index] = Element(Double(Int64(bitPattern: state) >> 40) / Double(1 << 22))
    }
    var gram = GramMatrix<Element>(order: order)
    gram.add(rows: block, rowCount: rows)
    return gram
  }

  /// Orders about multiples of the band's width: one panel, a last one with few rows, a last one with one.
  @Test(arguments: [1, 2, 3, 47, 48, 49, 50, 95, 96, 97, 100, 144, 200, 257])
  func bothWaysAgree(order: Int) throws {
    let direct = try gram(order, Double.self).directly()
    let staged = try gram(order, Double.self).throughBand(Workers(1))
    let largest = direct.last ?? 0
    for (value, other) in zip(direct, staged) { #expect(abs(value - other) <= 1e-13 * largest) }
    let single = try gram(order, Float.self).throughBand(Workers(1))
    for (value, other) in zip(direct, single) { #expect(abs(value - other) <= 4e-6 * largest) }
  }

  @Test func workersChangeNoBit() throws {
    // As the analysis has it: threads of BLAS itself divide the work in their own way.
    BLAS.setThreadCount(1)
    let order = 1100
    let alone = try gram(order, Double.self).throughBand(Workers(1))
    for count in [2, 5] {
      #expect(try gram(order, Double.self).throughBand(Workers(count)) == alone)
    }
  }

  @Test func gramMatricesOfSeveralStripsAreThoseOfOne() throws {
    let (rows, columns) = (70, 1030)
    var block = AlignedBuffer<Double>(count: rows * columns)
    var span = block.mutableSpan
    for index in 0..<span.count { span[index] = Double(index % 61) - 30 + Double(index % 7) / 8 }
    var gram = GramMatrix<Double>(order: columns)
    gram.add(rows: block, rowCount: rows, workers: Workers(3))
    for (i, j) in [(0, 0), (1029, 0), (1029, 1029), (500, 123), (700, 699), (128, 127)] {
      var sum = 0.0
      for row in 0..<rows { sum += block.span[row * columns + i] * block.span[row * columns + j] }
      // Small whole numbers of eighths: every sum is exact.
      #expect(gram.elements.span[j * columns + i] == sum)
    }
    let mean = (0..<rows * columns).reduce(0) { $0 + block.span[$1] * block.span[$1] } / Double(columns)
    #expect(abs(gram.meanEigenvalue - mean) <= 1e-12 * mean)
  }

  @Test func theLargestEigenvalueIsNearlyFound() throws {
    let estimate = gram(200, Float.self).largestEigenvalueEstimate()
    let largest = try gram(200, Double.self).directly().last ?? 0
    #expect(estimate <= largest * (1 + 1e-5) && estimate >= 0.7 * largest)
  }
}

@Suite struct WorkersTests {
  @Test(arguments: [(1, 5), (3, 5), (8, 3), (2, 0)])
  func eachPartIsDoneOnce(count: Int, parts: Int) {
    var buffer = AlignedBuffer<Double>(count: max(parts, 1) * 10)
    buffer.fill(parts * 10, runsOf: 10, workers: Workers(count)) { run, span in
      for index in 0..<span.count { span[index] += Double(run + 1) }
    }
    let span = buffer.span
    for index in 0..<span.count { #expect(span[index] == (index < parts * 10 ? Double(index / 10 + 1) : 0)) }
  }

  /// Parts that divide their work, some longer than others: the early ones' workers help.
  @Test(arguments: [(1, 1), (2, 2), (5, 2), (3, 3), (1, 3), (2, 5)])
  func dividedPartsAreDoneOnce(count: Int, parts: Int) {
    let sums = (0..<parts).map { _ in Counter() }
    Workers(count).forEach(parts) { part, share in
      for _ in 0..<20 * (part + 1) { share.forEach(7) { sums[part].value.add($0 + 1, ordering: .relaxed) } }
    }
    for (part, sum) in sums.enumerated() { #expect(sum.value.load(ordering: .relaxed) == 20 * (part + 1) * 28) }
  }

  private final class Counter: Sendable {
    let value = Atomic(0)
  }

  @Test func kernelsCanBeNamed() { #expect(!BLAS.kernels.isEmpty) }
}
