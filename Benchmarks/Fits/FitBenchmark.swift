import SpectralCore

/// Median times of the fits to one spectrum, on one core.
///
/// Usage: fits [part of the name of what is to be measured]
@main
struct FitBenchmark {
  let pattern: String

  static func main() {
    let benchmark = FitBenchmark(pattern: CommandLine.arguments.dropFirst().first ?? "")
    benchmark.powerLaws()
    benchmark.bootstraps()
    for count in [64, 256, 1024, 4096] { benchmark.spectra(count) }
    for count in [9, 25, 9 * 64] { benchmark.slices(count) }
  }

  private func powerLaws() {
    for (name, make) in Samples.all {
      let values = make(16_384)
      measure("power law", name, values.count) { _ = PowerLawFit(values) }
    }
  }

  private func bootstraps() {
    for count in [100, 600, 4096] {
      for (name, make) in Samples.all {
        let values = make(count)
        guard let fit = PowerLawFit(values) else { continue }
        measure("100 replicates", "\(name), tail \(fit.tailCount)", count) { _ = GoodnessOfFit(values, fit: fit) }
      }
    }
  }

  private func spectra(_ count: Int) {
    for (name, make) in Samples.all {
      let spectrum = Spectrum(rows: 4 * count / 3 + 1, columns: count, slices: [make(count)])
      measure("phase", name, count) { _ = PhaseAnalysis(spectrum) }
      measure("floating Q", name, count) { _ = FloatingAspectRatio(spectrum) }
      let values = spectrum.positiveEigenvalues
      guard let tail = values.first.flatMap({ TailSample(values, xmin: $0) }) else { continue }
      measure("tail comparison", name, count) { _ = TailComparison(tail) }
    }
  }

  private func slices(_ count: Int) {
    let slices = (0..<count).map { _ in Samples.bulk(32) }
    let spectrum = Spectrum(rows: 43, columns: 32, slices: slices)
    measure("phase", "\(count) slices of noise", 32 * count) { _ = PhaseAnalysis(spectrum) }
  }

  private func measure(_ name: String, _ sample: String, _ count: Int, _ work: () -> Void) {
    guard pattern.isEmpty || name.contains(pattern) else { return }
    let clock = ContinuousClock()
    let start = clock.now
    var times: [Duration] = []
    while times.count < 3 || (times.count < 31 && clock.now - start < .seconds(1)) { times.append(clock.measure(work)) }
    let microseconds = Int((times.sorted()[times.count / 2] / .microseconds(1)).rounded())
    print("\(name)\t\(sample)\t\(count) values\t\(microseconds) µs")
  }
}
