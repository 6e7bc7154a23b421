import Glibc
import SpectralCore

extension Figure {
  /// The ESD in log-log: a histogram in bins of equal ratio, the power law from xmin to xmax and the distributions
  /// that it was compared with, each scaled to its share of the eigenvalues.
  ///
  /// - Returns: `nil` if fewer than two eigenvalues differ from zero.
  public static func esd(_ data: SpectrumData) -> Figure? {
    guard let density = LogDensity(data.spectrum) else { return nil }
    var panel = density.panel(data)
    panel.series.append(Series("ESD", .bars(density.histogram), .blue))
    var notes = [data.size]
    var facts = [Fact("num_evals", data.spectrum.eigenvalues.count)]
    if let tail = data.tail {
      panel.series += tail.curves(of: data.spectrum.eigenvalues.count)
      panel.markers.append(Marker(.x, at: tail.xmin, "xmin \(significant(tail.xmin))", .vermilion, .dashed))
      if tail.fingerCount > 0 {
        panel.markers.append(Marker(.x, at: tail.xmax, "xmax \(significant(tail.xmax))", .vermilion, .dotted))
      }
      notes.append(tail.description)
      facts += tail.facts
    } else {
      notes.append("No power law is fitted.")
    }
    if let hidden = density.hidden { notes.append(hidden) }
    return Figure(
      kind: FigureKind.esd.rawValue, title: "\(data.name): spectrum and power law", notes: notes, panels: [panel],
      facts: facts)
  }
}

/// A histogram of the eigenvalues above zero in bins of equal ratio.
struct LogDensity {
  let range: ClosedRange<Double>
  let histogram: Histogram
  /// What is too small to be shown.
  let hidden: String?

  /// Eigenvalues below this share of the largest would leave the others no room.
  private static let smallestShare = 1e-6

  init?(_ spectrum: Spectrum) {
    let positive = spectrum.positiveEigenvalues
    let least = spectrum.largest * LogDensity.smallestShare
    guard let first = positive.first(where: { $0 >= least }), first < spectrum.largest else { return nil }
    range = first...spectrum.largest
    histogram = LogDensity.histogram(positive, in: range, of: spectrum.eigenvalues.count)
    let count = spectrum.eigenvalues.count
    let below = spectrum.eigenvalues.count { $0 < first }
    hidden = below > 0 ? "\(below) of \(count) eigenvalues are below \(significant(least, 2)) and not shown." : nil
  }

  /// The density of `values`, `count` standing for 1.
  static func histogram(_ values: some Collection<Double>, in range: ClosedRange<Double>, of count: Int) -> Histogram {
    let bins = min(max(Int(2 * Double(values.count).squareRoot()), 6), 60)
    return Histogram(counting: values, in: range, count: bins, scale: .logarithmic).density(of: count)
  }

  /// Axes that show it.
  func panel(_ data: SpectrumData) -> Panel {
    let heights = histogram.heights.filter { $0 > 0 }
    let (low, high) = ((heights.min() ?? 1) / 2, (heights.max() ?? 1) * 1.5)
    // The power law to its end, unless that is far below everything else.
    let end = data.tail?.density(at: range.upperBound, of: data.spectrum.eigenvalues.count) ?? low
    let ends = [max(min(low, end / 1.3), low / 30), high]
    return Panel(
      x: Axis("\(data.convention), logarithmic", .logarithmic, of: [range.lowerBound, range.upperBound]),
      y: Axis("density p(\(data.quantity)), logarithmic; area 1", .logarithmic, of: ends))
  }
}

extension SpectrumData.Tail {
  var facts: [Figure.Fact] {
    var facts = [
      Figure.Fact("alpha", alpha), Figure.Fact("sigma", sigma), Figure.Fact("D", distance), Figure.Fact("xmin", xmin),
      Figure.Fact("xmax", xmax), Figure.Fact("num_pl_spikes", count),
    ]
    if let comparison {
      facts += [
        Figure.Fact("best_fit", comparison.best.rawValue), Figure.Fact("alpha_tpl", comparison.truncatedPowerLaw.alpha),
        Figure.Fact("lambda_tpl", comparison.truncatedPowerLaw.rate),
      ]
    }
    return facts
  }

  var description: String {
    let best = comparison.map { "; best of five: \($0.best.rawValue)" } ?? ""
    return "α = \(significant(alpha)) ± \(significant(sigma, 2)), D = \(significant(distance)), "
      + "\(count) eigenvalues in the tail\(best)"
  }

  /// The power law at `value`, the tail being its share of `total` eigenvalues.
  func density(at value: Double, of total: Int) -> Double {
    Double(count) / Double(total) * (alpha - 1) / xmin * pow(value / xmin, -alpha)
  }

  /// The distributions between xmin and xmax, the tail being its share of `total` eigenvalues.
  func curves(of total: Int) -> [Series] {
    guard xmax > xmin else { return [] }
    let steps = 48
    let grid = (0...steps).map { step in
      step == steps ? xmax : xmin * pow(xmax / xmin, Double(step) / Double(steps))
    }
    guard let comparison, let sample = TailSample(grid, xmin: xmin) else { return [] }
    let share = Double(count) / Double(total)
    func curve(_ name: String, _ model: some TailDistribution, _ ink: Ink, _ dash: Series.Dash) -> Series {
      let points = zip(grid, model.logDensities(sample)).map { Point($0, share * exp($1)) }
      return Series(name, .line(points), ink, dash)
    }
    var curves = [
      curve("power law", comparison.powerLaw, .vermilion, .solid),
      curve("exponential", comparison.exponential, .gray, .dotted),
      curve("stretched exponential", comparison.stretchedExponential, .green, .shortDashed),
      curve("lognormal", comparison.lognormal, .purple, .dashDotted),
    ]
    // Without a cut-off it is the power law itself.
    if comparison.truncatedPowerLaw.rate > 0 {
      curves.insert(curve("truncated power law", comparison.truncatedPowerLaw, .amber, .dashed), at: 1)
    }
    return curves
  }
}
