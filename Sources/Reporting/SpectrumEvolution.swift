public import Analysis
import Figures
import ModelReading

/// The spectra of a training run's layers: some dozens of points for each layer and checkpoint.
public struct SpectrumEvolution: Sendable {
  private var curves: [ByteString: [(checkpoint: Int, size: String, curve: DensityCurve)]] = [:]
  private var checkpointCount = 0

  public init() {}

  /// Adds the next checkpoint, whose rows keep their spectra (`AnalysisOptions.keepsSpectra`).
  ///
  /// Layers are matched by name; of several rows of one name the first counts.
  public mutating func append(_ report: ModelReport) {
    var seen: Set<ByteString> = []
    for record in report.layers {
      let name = ByteString(record.name)
      guard seen.insert(name).inserted, let data = record.spectrumData, let curve = DensityCurve(data.spectrum) else {
        continue
      }
      curves[name, default: []].append((checkpointCount, data.size, curve))
    }
    checkpointCount += 1
  }

  /// The figure of one layer; `nil` where there is no spectrum of it.
  /// - Parameter labels: of the checkpoints.
  func figure(of layer: String, labels: [String]) -> Figure? {
    guard let curves = curves[ByteString(layer)] else { return nil }
    return Figure.evolution(
      layer, notes: curves.prefix(1).map(\.size), curves: curves.map { (labels[$0.checkpoint], $0.curve) })
  }
}
