public import Analysis
public import Figures
import SpectralCore

extension LayerRecord {
  /// What the figures of this row show; `nil` unless its spectrum was kept.
  public var spectrumData: SpectrumData? {
    guard let fitted else { return nil }
    var data = SpectrumData(name: name, spectrum: fitted.spectrum)
    data.exactCount = fitted.exactCount
    data.isInverse = fitted.isInverse
    data.tail = tailData(fitted.fit)
    data.bulk = bulkData(fitted.fit)
    data.randomized = randomized.map { $0.shuffled.flatMap(\.self).sorted() }
    data.vectors = vectors?.measured.map {
      SpectrumData.Vector(eigenvalue: $0.eigenvalue, inverseParticipation: $0.localization.inverseParticipation)
    }
    return data
  }

  /// What the row has of the power law: all of it or nothing.
  private func tailData(_ fit: SpectrumFit) -> SpectrumData.Tail? {
    guard let alpha, let sigma, let distance, let xmin, let xmax, let tailCount else { return nil }
    return SpectrumData.Tail(
      alpha: alpha, sigma: sigma, distance: distance, xmin: xmin, xmax: xmax, count: tailCount,
      fingerCount: fingerCount ?? 0, comparison: fit.tail)
  }

  /// What the row has of the noise: its edges, or nothing.
  private func bulkData(_ fit: SpectrumFit) -> SpectrumData.Bulk? {
    guard lambdaPlus != nil, let phase = fit.phase, let bulk = phase.bulk else { return nil }
    return SpectrumData.Bulk(fit: bulk, isGood: phase.isBulkGood, spikeCount: spikeCount)
  }

  var layerPoint: LayerPoint {
    LayerPoint(
      name: name, alpha: alpha, isAlphaCredible: isAlphaCredible, logSpectralNorm: logSpectralNorm,
      phase: phase.flatMap(Phase.init))
  }
}

extension ModelReport {
  /// The last part of its path.
  var fileName: String { path.split(separator: "/").last.map(String.init) ?? path }

  /// A figure of the model; `nil` where no row has anything for it, and for the kinds that are of one layer.
  public func figure(_ kind: FigureKind) -> Figure? {
    let points = layers.map(\.layerPoint)
    return switch kind {
    case .depth: Figure.depth(points, title: fileName)
    case .alphas: Figure.alphas(points, title: fileName)
    case .phases: Figure.phases(points, title: fileName)
    case .esd, .esdLinear, .esdFull, .scree, .scan, .randomized, .localization: nil
    }
  }
}

extension SpectrumData {
  /// A figure of the layer; `nil` where there is nothing for it, and for the kinds that are of a model.
  public func figure(_ kind: FigureKind) -> Figure? {
    switch kind {
    case .esd: .esd(self)
    case .esdLinear: .bulk(self)
    case .esdFull: .bulk(self, isFull: true)
    case .scree: .scree(self)
    case .scan: .scan(self)
    case .randomized: .randomized(self)
    case .localization: .localization(self)
    case .depth, .alphas, .phases: nil
    }
  }
}
