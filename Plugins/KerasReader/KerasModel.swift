import HDF5
import ModelReading
import StrictJSON

/// A model's parts, and the layer graph they make.
struct KerasModel {
  private let container: KerasContainer
  private let store: WeightStore
  private let config: KerasConfig?
  private let root: HDF5Index.Group?
  private let limits: Limits
  /// Group with the weights of a legacy file that also has the configuration.
  private static let legacyRoot = "model_weights"
  private static let legacyOptimizer = "optimizer_weights"

  init(_ container: KerasContainer, _ store: WeightStore, _ limits: Limits) throws(ReadError) {
    self.container = container
    self.store = store
    self.limits = limits
    root = store.files.first?.group("")
    var source = container.config
    if source == nil, case .strings(let texts) = root?.attribute("model_config"), texts.count == 1 {
      source = ByteSource(owned: texts[0].bytes, label: "\(container.files[0])!model_config")
    }
    config = try source.map { text throws(ReadError) in try KerasConfig(text, limits: limits) }
  }

  func graph() -> LayerGraph {
    let (layout, found) = units()
    let (layers, remarks) = layout == .plain ? plainLayers() : kerasLayers(found, layout)
    var graph = LayerGraph(
      format: KerasReader.format.name, variant: variant(layout), producer: producer,
      files: container.files + store.paths, metadata: metadata, layers: layers, inventory: inventory)
    graph.diagnostics =
      (config?.diagnostics ?? []) + found.diagnostics + remarks + leftOut(found) + container.diagnostics
      + store.diagnostics
    if let model = config?.model, let edges = Dataflow(model, graph.layers, limits)?.edges(graph.layers) {
      graph.edges = edges
      graph.topology = .dataflow
    }
    return graph
  }

  private func kerasLayers(_ found: WeightUnits, _ layout: Layout) -> ([Layer], [Diagnostic]) {
    var builder = LayerBuilder(isKeras1: layout.isNamed && isKeras1, limits)
    for unit in found.units { builder.add(unit) }
    guard builder.inferredCount > 0 else { return (builder.layers, builder.diagnostics) }
    let remark =
      "does not say the class of \(builder.inferredCount) of \(builder.layers.count) layers; names and shapes do"
    return (builder.layers, builder.diagnostics + [Diagnostic(.inferred, container.files[0], remark)])
  }

  private func plainLayers() -> ([Layer], [Diagnostic]) {
    let plain = PlainWeights(store.arrays, limits)
    guard !plain.layers.isEmpty else { return ([], plain.diagnostics) }
    let remark = "is no file of Keras: names and shapes alone tell what its \(plain.layers.count) layers are"
    return (plain.layers, plain.diagnostics + [Diagnostic(.inferred, container.files[0], remark)])
  }

  // MARK: Where the weights are

  private enum Layout: String {
    case legacyModel = "legacy model"
    case legacyWeights = "legacy weights"
    case savedObjects = "weights"
    case plain = "plain HDF5"

    /// Whether Keras 1 could have written it.
    var isNamed: Bool { self == .legacyModel || self == .legacyWeights }
  }

  private func units() -> (Layout, WeightUnits) {
    if let file = store.files.first, store.files.count == 1 {
      for (layout, root) in [(Layout.legacyModel, Self.legacyRoot), (.legacyWeights, "")]
      where LegacyWeights.areIn(file, at: root) {
        return (layout, LegacyWeights.units(file, store.arrays, root: root, config: config?.model))
      }
    }
    if SavedObjectWeights.areIn(store) {
      return (.savedObjects, SavedObjectWeights.units(store, config: config?.model))
    }
    return (.plain, WeightUnits())
  }

  private func variant(_ layout: Layout) -> String {
    container.variant.isEmpty ? layout.rawValue : container.variant
  }

  // MARK: What the file says about itself

  private func attribute(_ name: String) -> String? {
    ["", Self.legacyRoot].lazy.compactMap { store.files.first?.group($0)?.attribute(name)?.string }.first
  }

  private var savedMetadata: JSON? {
    container.metadata.flatMap { source in try? JSON.parse(source, limits: Limits(), allowing: .duplicateKeys) }
  }

  private var version: String? { attribute("keras_version") ?? savedMetadata?["keras_version"]?.string }

  /// Keras 1 did not write its version.
  private var isKeras1: Bool {
    version.map { $0.hasPrefix("1.") || $0.hasPrefix("0.") } ?? true
  }

  private var producer: String? {
    guard let version else { return nil }
    return "Keras \(version)" + (attribute("backend").map { " (\($0))" } ?? "")
  }

  private var metadata: [(key: String, value: String)] {
    var result: [(key: String, value: String)] = []
    if let model = config?.model {
      result.append(("model", model.name.isEmpty ? model.className : "\(model.className) '\(model.name)'"))
    }
    if let date = savedMetadata?["date_saved"]?.string { result.append(("saved", date)) }
    return result
  }

  // MARK: What does not become a layer

  private var inventory: [TensorRecord] { store.arrays.map(\.record) + store.others }

  /// One line for the optimizer's state, which has the shapes of the weights and is none.
  private func leftOut(_ found: WeightUnits) -> [Diagnostic] {
    let legacy = store.arrays.filter { $0.path.bytes.starts(with: (Self.legacyOptimizer + "/").utf8) }
    let count = legacy.count + found.leftOut.count
    guard count > 0 else { return [] }
    let subject = legacy.isEmpty ? commonScope(found.leftOut) : Self.legacyOptimizer + "/"
    return [Diagnostic(.leftOut, subject, "is the optimizer's state, \(count) arrays; it is no part of the model")]
  }

  private func commonScope(_ paths: Set<ByteString>) -> String {
    let first = paths.first?.description ?? ""
    let scope = first.split(separator: "/").first.map(String.init) ?? first
    return scope + "/"
  }
}
