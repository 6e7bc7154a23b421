import Dispatch
import Foundation
import LinearAlgebra
import PhaseEnsembles
import SpectralCore
import Synchronization

/// How often the phase procedure is right, on matrices whose phase is known by construction
/// and whose sizes and seeds played no part in choosing its thresholds.
///
/// Usage: phases [seeds per size, 10 by default]
@main
struct PhaseBenchmark {
  static let sizes = [(384, 128), (768, 256), (2400, 300), (600, 600), (1200, 400), (2304, 768)]
  /// Seeds up to here were looked at while the thresholds were chosen.
  static let firstSeed: UInt64 = 40_000

  static func main() throws {
    let count = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 10
    BLAS.setThreadCount(1)
    let works = sizes.enumerated().flatMap { index, size in
      (0..<count).map { (size: index, seed: firstSeed + UInt64(1000 * index + $0)) }
    }
    let results = Mutex<[Outcome]>([])
    DispatchQueue.concurrentPerform(iterations: works.count) { index in
      let work = works[index]
      let outcomes = judge(size: work.size, seed: work.seed)
      results.withLock { $0 += outcomes }
    }
    print(Report(outcomes: results.withLock { $0 }, sizes: sizes).text)
  }

  private static func judge(size: Int, seed: UInt64) -> [Outcome] {
    let (rows, columns) = sizes[size]
    let examples =
      PhaseEnsembles.members(rows: rows, columns: columns, seed: seed)
      + PhaseEnsembles.undecided(rows: rows, columns: columns, seed: seed)
    return examples.map { example in
      Outcome(size: size, name: example.name, truth: example.phase, found: phase(of: example.matrix))
    }
  }

  private static func phase(of matrix: RandomMatrix) -> Phase? {
    var gram = GramMatrix<Double>(order: matrix.columns)
    var block = AlignedBuffer<Double>(count: matrix.values.count)
    var span = block.mutableSpan
    for index in matrix.values.indices { span[index] = matrix.values[index] }
    gram.add(rows: block, rowCount: matrix.rows)
    guard let values = try? gram.eigenvalues() else { return nil }
    return PhaseAnalysis(Spectrum(rows: matrix.rows, columns: matrix.columns, slices: [values]))?.phase
  }
}
