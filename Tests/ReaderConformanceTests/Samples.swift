import ModelReaders
import ModelReading
import StrictJSON
import TestSupport
import Testing

/// The readers that have to obey.
let registry = ReaderRegistry.builtIn

/// A file of SampleModels, as its manifest describes it.
struct Sample: Sendable, CustomTestStringConvertible {
  struct Weight: Sendable {
    var name: String
    var role: String
    var kinds: [String]
    var elementType: String
    var shape: [Int]
    var sha256: String
  }

  var path: String
  var format: String
  var byteCount: Int
  /// For a broken file: `error` or `diagnosed`, and in which words.
  var expectation: String?
  var message: String?
  var weights: [Weight]

  var testDescription: String { path }
  var fullPath: String { Fixtures.sample(path) }
  var isBad: Bool { expectation != nil }
  var isFolder: Bool { isDirectory(fullPath) }

  static let all: [Sample] = {
    do {
      let source = ByteSource(try MappedFile(path: Fixtures.sample("manifest.json")))
      return try JSON.parse(source, limits: Limits())["files"]?.elements.compactMap(Sample.init) ?? []
    } catch { fatalError("\(error)") }
  }()
  static let good = all.filter { !$0.isBad }
  static let small = good.filter { $0.byteCount < 1 << 20 }
  static let goodFiles = good.filter { !$0.isFolder }
  static let bad = all.filter(\.isBad)

  private static let formats = Set(good.map(\.format)).sorted()

  /// The smallest good files of each format: for tests that open thousands of damaged copies.
  static func smallest(_ count: Int) -> [Sample] {
    formats.flatMap { format in
      goodFiles.filter { $0.format == format }.sorted { $0.byteCount < $1.byteCount }.prefix(count)
    }
  }

  init?(_ json: JSON) {
    guard let path = json["path"]?.string, let format = json["format"]?.string else { return nil }
    self.path = path
    self.format = format
    byteCount = json["byte_count"]?.int ?? 0
    expectation = json["expect"]?.string
    message = json["message"]?.string
    weights = json["layers"]?.elements.compactMap(Weight.init) ?? []
  }

  func open(_ limits: Limits = Limits()) throws(ReadError) -> LayerGraph { try registry.open(fullPath, limits: limits) }
}

extension Sample.Weight {
  init?(_ json: JSON) {
    guard let name = json["name"]?.string, let kind = json["kind"]?.string, let role = json["role"]?.string,
      let type = json["element_type"]?.string, let shape = json["shape"]?.elements.compactMap(\.int),
      let digest = json["sha256"]?.string
    else { return nil }
    self.name = name
    self.role = role
    // A state dictionary does not record groups: what is depthwise in the model may pass for another convolution.
    kinds = [kind] + [json["model_kind"]?.string].compactMap(\.self)
    elementType = String(type.filter { $0 != "_" })
    self.shape = shape
    sha256 = digest
  }
}

/// Loads every weight; what a damaged file may make fail, but not end the process.
func loadEverything(_ graph: LayerGraph) throws(ReadError) {
  for parameter in graph.layers.lazy.flatMap(\.parameters) where parameter.tensor.byteCount < 16 << 20 {
    _ = try parameter.tensor.canonical.littleEndianBytes()
  }
}
