import Analysis
import SpectralCore
import Testing

/// What is no business of a spectrum changes none of its numbers.
@Suite struct InvarianceTests {
  private func record(_ matrix: RandomMatrix, _ studies: Studies) throws -> LayerRecord {
    var options = AnalysisOptions()
    options.studies = studies
    options.seed = 3
    return try analyze(matrix.model(), path: "", options: options).layers[0]
  }

  private func transposed(_ matrix: RandomMatrix) -> RandomMatrix {
    var result = RandomMatrix(rows: matrix.columns, columns: matrix.rows, values: matrix.values)
    for row in 0..<matrix.rows { for column in 0..<matrix.columns { result[column, row] = matrix[row, column] } }
    return result
  }

  private func agree(_ value: Column.Value, _ other: Column.Value) -> Bool {
    func close(_ a: Double, _ b: Double) -> Bool { abs(a - b) <= 1e-10 * max(abs(a), abs(b)) || abs(a - b) <= 1e-14 }
    return switch (value, other) {
    case (.number(let a), .number(let b)): close(a, b)
    case (.numbers(let a), .numbers(let b)): a.count == b.count && zip(a, b).allSatisfy(close)
    default: value == other
    }
  }

  /// Every column of every study, the random ones too: they shuffle the matrix with its longer side first.
  @Test(arguments: RandomEnsemble.examples(columns: 110).map(\.name))
  func aMatrixAndItsTransposeAgree(name: String) throws {
    let example = try #require(RandomEnsemble.examples(columns: 110).first { $0.name == name })
    let matrix = example.ensemble.matrix(seed: 21, rows: 170, columns: 110)
    let studies: Studies = [.randomized, .vectors, .whitened]
    let (row, other) = try (record(matrix, studies), record(transposed(matrix), studies))
    for column in Column.columns(for: studies) where column.name != "shape" {
      #expect(agree(column.value(row), column.value(other)), "\(column.name)")
    }
  }
}
