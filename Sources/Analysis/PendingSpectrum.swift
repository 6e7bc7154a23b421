import LinearAlgebra
import Synchronization

/// A matrix whose eigenvalues are still to be computed, by whichever thread has time.
protocol PendingSpectrum: Sendable {
  var arithmetic: Arithmetic { get }
  /// Ascending. Gives the matrix up: to be called once.
  func eigenvalues(_ workers: Workers) throws(LayerFailure) -> [Double]
}

final class PendingGram<Element: MatrixElement>: PendingSpectrum {
  private let gram: Mutex<GramMatrix<Element>?>

  var arithmetic: Arithmetic { Element.self == Double.self ? .double : .single }

  init(_ gram: consuming GramMatrix<Element>) { self.gram = Mutex(consume gram) }

  func eigenvalues(_ workers: Workers) throws(LayerFailure) -> [Double] {
    guard let gram = gram.withLock({ $0.take() }) else { preconditionFailure("eigenvalues are taken once") }
    do {
      return try gram.eigenvalues(workers: workers)
    } catch {
      throw .numeric(error.description)
    }
  }
}
