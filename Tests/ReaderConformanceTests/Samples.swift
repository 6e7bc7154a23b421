import ModelReaders
import ModelReading
import TestSupport
import Testing

/// The readers that have to obey.
let registry = ReaderRegistry.builtIn

extension Sample {
  static let small = good.filter { $0.byteCount < 1 << 20 }
  static let goodFiles = good.filter { !$0.isFolder }

  private static let formats = Set(good.map(\.format)).sorted()

  /// The smallest good files of each format: for tests that open thousands of damaged copies.
  static func smallest(_ count: Int) -> [Sample] {
    formats.flatMap { format in
      goodFiles.filter { $0.format == format }.sorted { $0.byteCount < $1.byteCount }.prefix(count)
    }
  }

  func open(_ limits: Limits = Limits()) throws(ReadError) -> LayerGraph { try registry.open(fullPath, limits: limits) }
}

/// Loads every weight; what a damaged file may make fail, but not end the process.
func loadEverything(_ graph: LayerGraph) throws(ReadError) {
  for parameter in graph.layers.lazy.flatMap(\.parameters) where parameter.tensor.byteCount < 16 << 20 {
    _ = try parameter.tensor.canonical.littleEndianBytes()
  }
}
