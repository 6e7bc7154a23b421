import Testing

@testable import LinearAlgebra

/// Many matrices at once against LAPACK, one by one.
@Suite struct EigenvalueBatchTests {
  /// W with numbers of a fixed sequence, of which only `rank` columns are independent.
  private func gram(_ order: Int, rows: Int, rank: Int, seed: UInt64, scale: Double = 1) -> GramMatrix<Double> {
    var block = AlignedBuffer<Double>(count: rows * order)
    var span = block.mutableSpan
    var state = seed
    for row in 0..<rows {
      for column in 0..<order {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let value = Double(Int64(bitPattern: state) >> 40) / Double(1 << 22)
        span[row * order + column] = column < rank ? scale * value : span[row * order + column % max(rank, 1)]
      }
    }
    var gram = GramMatrix<Double>(order: order)
    gram.add(rows: block, rowCount: rows)
    return gram
  }

  /// What LAPACK gives.
  private func expected(_ gram: consuming GramMatrix<Double>) throws -> [Double] { try gram.eigenSystem().values }

  /// Orders about multiples of a group of columns; batches of one vector, of two, and of more.
  @Test(arguments: [1, 2, 3, 4, 7, 8, 9, 16, 31, 32, 33, 64, 65, 130], [1, 8, 9, 16, 20])
  func agreesWithLAPACK(order: Int, count: Int) throws {
    var batch = EigenvalueBatch(order: order)
    for seed in 1...count { batch.add(gram(order, rows: order + 5, rank: order, seed: UInt64(seed))) }
    let spectra = try batch.eigenvalues()
    #expect(spectra.count == count)
    for (index, values) in spectra.enumerated() {
      let expected = try expected(gram(order, rows: order + 5, rank: order, seed: UInt64(index + 1)))
      let largest = expected.last ?? 0
      #expect(values.count == order)
      for (value, other) in zip(values, expected) { #expect(abs(value - other) <= 1e-13 * largest) }
    }
  }

  /// In caches and beyond them, by itself.
  @Test(arguments: [5, 40, 257, 600]) func oneByItselfAgreesWithLAPACK(order: Int) throws {
    let expected = try expected(gram(order, rows: order + 9, rank: order, seed: 4))
    let values = try gram(order, rows: order + 9, rank: order, seed: 4).directly()
    let largest = expected.last ?? 0
    for (value, other) in zip(values, expected) { #expect(abs(value - other) <= 1e-13 * largest) }
  }

  /// Zero and constant matrices, ones of low rank, and ones whose squares would overflow or underflow.
  @Test(arguments: [12, 70]) func degenerateMatrices(order: Int) throws {
    let kinds: [(rank: Int, scale: Double)] = [
      (12, 0), (1, 1), (5, 1), (12, 1e150), (12, 1e-150), (3, 1e140),
    ]
    var batch = EigenvalueBatch(order: order)
    for kind in kinds { batch.add(gram(order, rows: 90, rank: kind.rank, seed: 5, scale: kind.scale)) }
    for (kind, values) in zip(kinds, try batch.eigenvalues()) {
      let expected = try expected(gram(order, rows: 90, rank: kind.rank, seed: 5, scale: kind.scale))
      let largest = expected.last ?? 0
      for (value, other) in zip(values, expected) { #expect(abs(value - other) <= 1e-13 * largest, "\(kind)") }
    }
  }

  @Test func diagonalMatricesAreTheirOwnSpectrum() throws {
    var batch = EigenvalueBatch(order: 6)
    for shift in 0..<5 {
      var block = AlignedBuffer<Double>(count: 36)
      var span = block.mutableSpan
      for index in 0..<6 { span[index * 7] = Double((index * 5 + shift) % 6) }
      var gram = GramMatrix<Double>(order: 6)
      gram.add(rows: block, rowCount: 6)
      batch.add(gram)
    }
    for values in try batch.eigenvalues() { #expect(values == [0, 1, 4, 9, 16, 25]) }
  }

  @Test(arguments: [6, 12]) func aMatrixDoesNotKnowItsNeighbours(count: Int) throws {
    var alone = EigenvalueBatch(order: 20)
    alone.add(gram(20, rows: 30, rank: 20, seed: 3))
    let expected = try alone.eigenvalues()[0]
    for place in 0..<count {
      var batch = EigenvalueBatch(order: 20)
      for index in 0..<count {
        let rank = index == place ? 20 : index
        batch.add(gram(20, rows: 30, rank: rank, seed: index == place ? 3 : UInt64(index + 10)))
      }
      #expect(try batch.eigenvalues()[place] == expected)
    }
  }
}
