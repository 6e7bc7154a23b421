import Foundation
import LinearAlgebra
import TestSupport
import Testing

@testable import SpectralCore

/// What WeightWatcher 0.7.7 prints for seventeen synthetic layers.
private struct PeerLayer: Sendable, CustomTestStringConvertible {
  let name: String
  let columns: [String: Double]

  var testDescription: String { name }

  static let table = "golden/weightwatcher/ww077_default.csv"
  static let weights = "golden/weightwatcher/synthetic17.safetensors"
  static let all: [PeerLayer] = (try? load(table)) ?? []
  /// Those of `fit='TPL'`.
  static let truncated: [PeerLayer] = (try? load("golden/weightwatcher/pl15_TPL.csv")) ?? []

  private static func load(_ table: String) throws -> [PeerLayer] {
    guard let path = Fixtures.shared(table) else { return [] }
    let lines = String(decoding: try Fixtures.read(path), as: UTF8.self).split(separator: "\n")
    let header = lines[0].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    return lines.dropFirst().map { line in
      let fields = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      let numbers = zip(header, fields).compactMap { name, field in Double(field).map { (name, $0) } }
      return PeerLayer(name: fields[1], columns: Dictionary(uniqueKeysWithValues: numbers))
    }
  }

  /// The eigenvalues in that tool's units: half of WᵀW's for convolutions.
  func spectrum() throws -> Spectrum {
    let (shape, values) = try kernel()
    let positions = shape.dropFirst(2).reduce(1, *)
    let slices = try (0..<positions).map { position in
      let slice = stride(from: position, to: values.count, by: positions).map { values[$0] }
      let matrix = RandomMatrix(rows: shape[0], columns: shape[1], values: slice)
      return try matrix.eigenvalues().map { shape.count == 4 ? $0 / 2 : $0 }
    }
    return Spectrum(rows: max(shape[0], shape[1]), columns: min(shape[0], shape[1]), slices: slices)
  }

  private func kernel() throws -> (shape: [Int], values: [Double]) {
    let path = try #require(Fixtures.shared(PeerLayer.weights))
    let bytes = try Fixtures.read(path)
    let length = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    let header = try JSONSerialization.jsonObject(with: Data(bytes[8..<8 + length])) as? [String: Any]
    let entry = try #require(header?[name + ".weight"] as? [String: Any])
    let shape = try #require(entry["shape"] as? [NSNumber]).map(\.intValue)
    let offsets = try #require(entry["data_offsets"] as? [NSNumber]).map { $0.intValue + 8 + length }
    let values = stride(from: offsets[0], to: offsets[1], by: 4).map { start in
      let pattern = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[start + $1]) << UInt32(8 * $1) }
      return Double(Float(bitPattern: pattern))
    }
    return (shape, values)
  }
}

@Suite(.enabled(if: Fixtures.shared(PeerLayer.weights) != nil)) struct WeightWatcherTests {
  @Test(arguments: PeerLayer.all)
  fileprivate func powerLaw(layer: PeerLayer) throws {
    let spectrum = try layer.spectrum()
    let fit = try #require(WeightWatcherPowerLaw(spectrum.eigenvalues))
    #expect(close(fit.alpha, layer.columns["alpha"] ?? .nan, 1e-9))
    #expect(close(fit.distance, layer.columns["D"] ?? .nan, 1e-9))
    #expect(close(fit.xmin, layer.columns["xmin"] ?? .nan, 1e-9))
    #expect(close(try #require(fit.sigma), layer.columns["sigma"] ?? .nan, 1e-9))
    #expect(Double(fit.tailCount) == layer.columns["num_pl_spikes"])
  }

  @Test(arguments: PeerLayer.all)
  fileprivate func bulk(layer: PeerLayer) throws {
    let spectrum = try layer.spectrum()
    let fit = try #require(
      WeightWatcherBulk(spectrum.eigenvalues, aspectRatio: spectrum.aspectRatio, columns: spectrum.columns))
    #expect(close(fit.sigma, layer.columns["sigma_mp"] ?? .nan, 1e-9))
    #expect(close(fit.scale, layer.columns["W_scale"] ?? .nan, 1e-9))
    #expect(close(fit.upperEdge, layer.columns["bulk_max"] ?? .nan, 1e-9))
    #expect(close(fit.lowerEdge, layer.columns["bulk_min"] ?? .nan, 1e-9))
    #expect(close(fit.softRank, layer.columns["mp_softrank"] ?? .nan, 1e-9))
    #expect(Double(fit.spikeCount) == layer.columns["num_spikes"])
  }

  @Test(arguments: PeerLayer.all)
  fileprivate func metrics(layer: PeerLayer) throws {
    let spectrum = try layer.spectrum()
    let metrics = SpectralMetrics(spectrum)
    #expect(close(metrics.norm, layer.columns["norm"] ?? .nan, 1e-9))
    #expect(close(metrics.spectralNorm, layer.columns["spectral_norm"] ?? .nan, 1e-9))
    #expect(close(try #require(metrics.stableRank), layer.columns["stable_rank"] ?? .nan, 1e-9))
    #expect(Double(TraceLog(spectrum.eigenvalues)?.count ?? 0) == layer.columns["detX_num"])
    let alpha = try #require(WeightWatcherPowerLaw(spectrum.eigenvalues)).alpha
    #expect(
      close(
        try #require(logAlphaNorm(spectrum.eigenvalues, alpha: alpha)), layer.columns["log_alpha_norm"] ?? .nan, 1e-9))
  }

  /// Its σ̂² by the density: .997 ± .009 at 1000×500.
  @Test func densitiesOfNoiseGiveItsVariance() throws {
    let values = try RandomMatrix.gaussian(seed: 37, rows: 1000, columns: 500).eigenvalues()
    let fit = try #require(WeightWatcherBulk(values, aspectRatio: 2, columns: 500))
    #expect(abs(fit.sigma * fit.sigma * values.reduce(0, +) / 5e5 - 0.997) < 0.03)
  }

  /// Its simplex search stops before the maximum of the likelihood where that is near a bound, α = 1 or Λ = 0.
  @Test(arguments: PeerLayer.truncated)
  fileprivate func theMaximumIsNoWorseThanItsTruncatedPowerLaw(layer: PeerLayer) throws {
    let alpha = try #require(layer.columns["alpha"])
    let rate = try #require(layer.columns["Lambda"])
    let values = try layer.spectrum().positiveEigenvalues
    let start = try #require(values.firstIndex { close($0, layer.columns["xmin"] ?? .nan, 1e-9) })
    let sample = try #require(TailSample(values, xmin: values[start]))
    #expect(Double(sample.count) == layer.columns["num_pl_spikes"])
    let best = TruncatedPowerLaw(sample)
    let theirs = TruncatedPowerLaw(alpha: alpha, rate: rate, isAtBound: false).logLikelihood(sample)
    let excess = best.logLikelihood(sample) - theirs
    #expect(excess > -1e-9)
    guard !best.isAtBound, best.rate * values[values.count - 1] > 1e-3 else { return }
    #expect(excess < 1e-6)
    #expect(abs(best.alpha - alpha) < 1e-3)
    #expect(close(best.rate, rate, 0.01))
  }

  /// Equal values are one step of the distribution to the package.
  @Test(.enabled(if: Fixtures.shared("golden/powerlaw/surnames.txt") != nil))
  func equalValuesAreOneStepToThePackage() throws {
    let path = try #require(Fixtures.shared("golden/powerlaw/surnames.txt"))
    let text = String(decoding: try Fixtures.read(path), as: UTF8.self)
    let values = text.split(whereSeparator: \.isNewline).compactMap { Double($0) }.map { $0 / 1e3 }.sorted()
    let fit = try #require(WeightWatcherPowerLaw(values, package: PowerlawPackage()))
    #expect(close(fit.alpha, 2.2004164176019927, 1e-12))
    #expect(close(fit.distance, 0.03114084798368033, 1e-12))
    #expect(close(try #require(fit.sigma), 0.025139955404505532, 1e-12))
    #expect(fit.tailCount == 2280 && close(fit.xmin, 14.9226, 1e-12))
  }

  @Test func thePeakBoundsXmin() throws {
    // Half of the values within 1 % above 4: x is 4 and log₁₀(3.8) = 0.58.
    let values = [0.1, 1, 2, 4, 4.01, 4.02, 4.03, 8, 40]
    let range = try #require(WeightWatcherPowerLaw.peakRange(values))
    #expect(range.lowerBound < 0.6 && range.upperBound > 5.5 && range.upperBound < 6.1)
    #expect(try #require(WeightWatcherPowerLaw.peakRange(values, largest: 5)).upperBound == 5)
    #expect(WeightWatcherPowerLaw.peakRange([1, 1, 1]) == nil)
    #expect(WeightWatcherPowerLaw.peakRange([]) == nil)
  }

  @Test(arguments: [[], [1], [3, 3, 3], [1e-6, 1e-5, 2], [1, 2], [1, 1 + 1e-15], [1, 1e300]] as [[Double]])
  func thePackageWithLittleToFit(values: [Double]) throws {
    for isTruncated in [false, true] {
      var package = PowerlawPackage()
      package.isTruncated = isTruncated
      guard let fit = WeightWatcherPowerLaw(values, package: package) else { continue }
      #expect(fit.alpha > 1 && fit.alpha.isFinite && fit.distance.isFinite && (fit.rate ?? 1) > 0)
      #expect(fit.tailCount >= 2)
    }
  }

  @Test func nothingToFit() {
    #expect(WeightWatcherPowerLaw([]) == nil)
    #expect(WeightWatcherPowerLaw([1e-6, 1]) == nil)
    #expect(WeightWatcherPowerLaw([1, 1, 1, 1, 1, 1, 1, 1]) == nil)
    #expect(WeightWatcherBulk([0, 0], aspectRatio: 2, columns: 2) == nil)
    #expect(WeightWatcherBulk([], aspectRatio: 2, columns: 2) == nil)
  }
}
