import Analysis
import Figures
import Reporting
import SpectralCore

/// The page of a zoo: what a run found, and how that goes with the quality of the models.
public struct ZooReport: Sendable {
  let contents: ZooContents
  /// `nil` without scores.
  let trends: QualityTrends?
  let families: ZooFamilies
  /// Each content once, …
  let distinctModels: [ZooModel]
  /// … and the layers of these.
  let allLayers: [ZooLayer]

  /// - Parameter trends: of the models of `contents`.
  public init(_ contents: ZooContents, trends: QualityTrends? = nil) {
    self.contents = contents
    self.trends = trends
    families = ZooFamilies(contents.models, contents.layers, trends: trends)
    var seen: Set<Int64> = []
    distinctModels = contents.models.filter { seen.insert($0.resultID).inserted }
    allLayers = distinctModels.flatMap { contents.layers[$0.resultID] ?? [] }
  }

  var models: [ZooModel] { contents.models }

  func layers(of model: ZooModel) -> [ZooLayer] { contents.layers[model.resultID] ?? [] }
}

/// "1 model", "2,000 models".
func counted(_ count: Int, _ thing: String) -> String { "\(grouped(count)) \(thing)\(count == 1 ? "" : "s")" }

/// A layer on the page of a zoo.
struct ZooLayer: Sendable, Equatable {
  var name: String
  var kind: String
  var shape: [Int]
  var phase: Phase?
  /// Whether the phase was validated on matrices of its size.
  var isPhaseCertain: Bool
  var isAlphaCredible: Bool
  /// Of `ZooLayer.columns`.
  var numbers: [Double?]
  /// What became of it, why, and what to beware of; empty where there is nothing to say.
  var note: String

  var alpha: Double? { numbers[0] }

  /// What is shown in numbers: names of columns, headings, and digits after the point.
  static let columns: [(name: String, title: String, digits: Int)] = [
    ("alpha", "α", 2), ("D", "D", 3), ("num_pl_spikes", "tail", 0), ("log_spectral_norm", "log₁₀ λmax", 3),
    ("stable_rank", "stable rank", 1), ("num_spikes", "spikes", 0),
  ]

  /// For figures of many layers.
  var point: LayerPoint {
    LayerPoint(name: name, alpha: alpha, isAlphaCredible: isAlphaCredible, logSpectralNorm: nil, phase: phase)
  }
}

/// A sentence that holds of several layers or models.
struct ZooRemark: Sendable, Equatable {
  var text: String
  /// Level of the finding, status of the layer, or nothing.
  var kind: String
  var severity: String
  var layerCount: Int
  /// Contents.
  var modelCount: Int
}
