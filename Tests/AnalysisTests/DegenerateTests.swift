import Analysis
import Glibc
import SpectralCore
import Testing

/// Weights that no training makes but files hold.
@Suite struct DegenerateTests {
  /// The rows of a model of one dense layer, all studies on and WeightWatcher's numbers beside ours.
  private func records(_ matrix: RandomMatrix, perSlice: Bool = false) throws -> [LayerRecord] {
    var options = AnalysisOptions()
    options.studies = [.randomized, .vectors, .whitened]
    options.compatibility = .weightwatcher
    options.bootstrapCount = 3
    options.perSlice = perSlice
    return try analyze(matrix.model(), path: "", options: options).layers
  }

  private static func matrix(_ rows: Int, _ columns: Int, _ value: (Int, Int) -> Double) -> RandomMatrix {
    let values = (0..<rows * columns).map { value($0 / columns, $0 % columns) }
    return RandomMatrix(rows: rows, columns: columns, values: values)
  }

  /// Every number of a record, wherever it is in it.
  private static func numbers(_ value: Any) -> [Double] {
    if let number = value as? Double { return [number] }
    return Mirror(reflecting: value).children.flatMap { numbers($0.value) }
  }

  private func verify(_ record: LayerRecord) {
    #expect(Self.numbers(record).allSatisfy { $0.isFinite }, "\(record)")
    if record.status != .ok { #expect(record.reason?.isEmpty == false) }
    if record.status == .ok, record.alpha == nil { #expect(record.reason?.isEmpty == false) }
    for column in Column.columns(for: [.randomized, .vectors, .whitened]) {
      if case .number(let number) = column.value(record) { #expect(number.isFinite, "\(column.name)") }
    }
  }

  @Test(
    arguments: [
      ("zeros", matrix(5, 4) { _, _ in 0 }, nil), ("one entry", matrix(1, 1) { _, _ in 3 }, "M = 1"),
      ("a row", matrix(1, 30) { _, column in Double(column) }, "M = 1"),
      ("2×2", matrix(2, 2) { Double(2 * $0 + $1) + 1 }, "too few"),
      ("constant", matrix(30, 20) { _, _ in 0.3 }, "too few"),
      ("rank one", matrix(30, 20) { Double($0 + 1) * Double($1 - 7) }, "too few"),
      ("identity", matrix(20, 20) { $0 == $1 ? 1 : 0 }, "equal"),
      ("pairs", matrix(20, 20) { $0 == $1 ? Double($0 / 2 + 1) : 0 }, nil),
      ("wide range", matrix(12, 12) { $0 == $1 ? pow(10, Double(14 * $0 - 77)) : 0 }, nil),
      ("tiny", matrix(12, 12) { $0 == $1 ? Double($0 + 1) * 1e-140 : 0 }, nil),
      ("huge", matrix(12, 12) { $0 == $1 ? Double($0 + 1) * 1e150 : 0 }, nil),
    ] as [(String, RandomMatrix, String?)])
  func eachHasAReasonOrNumbers(name: String, matrix: RandomMatrix, reason: String?) throws {
    for perSlice in [false, true] {
      let record = try #require(records(matrix, perSlice: perSlice).first)
      verify(record)
      #expect(record.status == .ok, "\(record.reason ?? "")")
      if let reason { #expect(record.reason?.contains(reason) == true, "\(record.reason ?? "none")") }
    }
  }

  @Test(arguments: [
    (Double.nan, "1 entries are NaN or infinite"), (-.infinity, "1 entries are NaN or infinite"),
    (1e200, "the squares of the entries overflow"),
  ])
  func oneEntryIsEnoughToFail(value: Double, reason: String) throws {
    var matrix = RandomMatrix.gaussian(seed: 1, rows: 30, columns: 20)
    matrix.values[77] = value
    let record = try #require(records(matrix).first)
    verify(record)
    #expect(record.status == .failed && record.reason == reason)
  }

  @Test func entriesThatUnderflowFail() throws {
    let record = try #require(records(RandomMatrix.gaussian(seed: 1, rows: 9, columns: 9, sigma: 1e-170)).first)
    #expect(record.status == .failed && record.reason == "the squares of the entries underflow")
  }

  /// Small matrices of all shapes, each with something wrong with it.
  @Test(arguments: 0..<8 as Range<UInt64>) func noMatrixGivesAnythingButNumbers(seed: UInt64) throws {
    var random = PortableRandom(seed: seed)
    for _ in 0..<25 {
      let (rows, columns) = (1 + random.index(below: 14), 1 + random.index(below: 14))
      var matrix = RandomMatrix.gaussian(
        seed: random.next(), rows: rows, columns: columns, sigma: pow(10, 300 * random.uniform() - 150))
      let extremes: [Double] = [0, 1, -1, .leastNonzeroMagnitude, 1e-160, 1e-75, 1e75, 1e150, 1e308, .infinity, .nan]
      for _ in 0..<random.index(below: 4) {
        matrix.values[random.index(below: matrix.values.count)] = extremes[random.index(below: extremes.count)]
      }
      if random.index(below: 4) == 0 {
        for column in 0..<columns { matrix[rows - 1, column] = matrix[0, column] }
      }
      for record in try records(matrix) { verify(record) }
    }
  }
}
