import Glibc
import SpectralCore

@testable import Figures

/// Spectra whose figures are drawn in the tests.
enum Examples {
  /// Quantiles of a Marchenko–Pastur law and five spikes above it.
  static let spiked = example("fc2 <spiked>", rows: 240, columns: 120) { law in
    law.quantiles((0..<115).map { (Double($0) + 0.5) / 115 }) + [4.5, 6, 9, 11, 30].map { $0 }
  }

  /// Quantiles of a power law with α = 2.5 from 1 on.
  static let heavy = example("encoder.layers.3.attention.query", rows: 200, columns: 100) { _ in
    (0..<100).map { pow(1 - (Double($0) + 0.5) / 100, -1 / 1.5) }
  }

  private static func example(
    _ name: String, rows: Int, columns: Int, _ values: (MarchenkoPastur) -> [Double]
  ) -> SpectrumData {
    let law = MarchenkoPastur(aspectRatio: Double(rows) / Double(columns))
    return data(name, Spectrum(rows: rows, columns: columns, slices: [values(law).sorted()]))
  }

  /// With all that is fitted to it.
  static func data(_ name: String, _ spectrum: Spectrum) -> SpectrumData {
    var options = SpectrumFit.Options()
    options.replicateCount = 0
    let fit = SpectrumFit(spectrum, options: options)
    var data = SpectrumData(name: name, spectrum: spectrum)
    if let power = fit.powerLaw {
      data.tail = SpectrumData.Tail(
        alpha: power.alpha, sigma: power.sigma, distance: power.distance, xmin: power.xmin, xmax: spectrum.largest,
        count: power.tailCount, fingerCount: 0, comparison: fit.tail)
    }
    if let phase = fit.phase, let bulk = phase.bulk {
      data.bulk = SpectrumData.Bulk(fit: bulk, isGood: phase.isBulkGood, spikeCount: bulk.outlierCount)
    }
    data.randomized = spectrum.eigenvalues.map { 0.5 * $0 + 0.2 }
    data.vectors = spectrum.eigenvalues.enumerated().map { index, value in
      SpectrumData.Vector(eigenvalue: value, inverseParticipation: 0.02 + 0.002 * Double(index % 7))
    }
    return data
  }

  static let layers: [LayerPoint] = (0..<24).map { index in
    let alpha = index % 7 == 3 ? nil : 1.6 + Double((index * 5) % 11)
    return LayerPoint(
      name: "block.\(index)</title>", alpha: alpha, isAlphaCredible: index % 3 != 0,
      logSpectralNorm: Double((index * 7) % 13) / 6 - 0.5, phase: Phase.allCases[index % 6])
  }

  /// One figure of each kind.
  static let figures: [Figure] =
    [
      .esd(spiked), .esd(heavy), .bulk(spiked), .bulk(spiked, isFull: true), .scree(spiked), .scan(heavy),
      .randomized(spiked), .localization(spiked), .depth(layers, title: "net.pt"), .alphas(layers, title: "net.pt"),
      .phases(layers, title: "net.pt"), chart, evolution,
      .alphaChange(changes, first: "base.pt", second: "tuned.pt"), shares, scatter,
    ].compactMap(\.self)

  static let chart = Figure.lineChart(
    kind: "trace", title: "stable rank", notes: ["two layers"],
    x: Axis("epoch, in order", .categories(["init"] + (1...9).map(String.init)), -0.3...9.3), y: ("Σλ/λmax", .linear),
    series: [
      ("fc1", (0..<10).map { Point(Double($0), 60 - 2 * Double($0)) }),
      // One curve in two parts.
      ("fc2", (0..<10).map { $0 == 4 ? nil : Point(Double($0), 40 + Double($0 % 3)) }),
    ], fact: "stable_rank")

  static let shares = Figure.shares(
    kind: "phase-mix", title: "Phases by family", notes: ["three families"],
    bars: [
      ShareBar("vgg", [0, 0, 1, 2, 9]), ShareBar("none", [0, 0, 0, 0, 0]), ShareBar("</title>", [4, 0, 0, 0, 0]),
      ShareBar("a name that is too long to stand beside its bar", [1, 1, 1, 1, 1]),
    ],
    parts: [("noise", .gray), ("edge", .sky), ("spikes", .blue), ("decay", .purple), ("heavy", .vermilion)],
    axes: ("family", "the layers"))

  /// More groups than there are styles.
  static let scatter = Panel.scatter(
    x: Axis("parameters", .logarithmic, of: [1e3, 1e6]), y: Axis("mean α", of: [1, 9]),
    groups: (0..<14).map(group), line: [Point(1e3, 1), Point(1e6, 9)]
  ).map { Figure(kind: "models", title: "Models by family", notes: [], panels: [$0]) }

  private static func group(_ index: Int) -> DotGroup {
    let dots = (0..<3).map { dot in
      Circle(Point(1000 * Double(1 + 10 * index * dot), Double(1 + (index + 3 * dot) % 8)), title: "</title>")
    }
    let style = index < DotStyle.distinct.count ? DotStyle.distinct[index] : .others
    return DotGroup("family \(index)", style, dots, line: index == 0 ? [Point(1e3, 2), Point(1e6, 4)] : [])
  }

  /// More moments than there are inks.
  static let evolution = Figure.evolution(
    "fc2", notes: ["N = 240, M = 120"],
    curves: (0..<15).compactMap { step in
      let values = spiked.spectrum.eigenvalues.map { pow($0, 1 + 0.05 * Double(step)) }
      return DensityCurve(Spectrum(rows: 240, columns: 120, slices: [values])).map { ("epoch \(step)", $0) }
    })

  private static let changes: [AlphaChange] = (0..<24).map { index in
    let alpha = 1.6 + Double((index * 5) % 11)
    let phases = index % 4 == 0 ? Phase.allCases[index % 6] : .bulkDecay
    return AlphaChange(
      name: "block.\(index)</title>", first: alpha, second: alpha + Double(index % 5 - 2) / 3,
      isCredible: index % 3 != 0,
      firstPhase: .bulkDecay, secondPhase: phases)
  }
}
