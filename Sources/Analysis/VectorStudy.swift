import LinearAlgebra
public import SpectralCore

/// How localised the right singular vectors of a weight are, those of the tail (λ ≥ xmin) apart from the bulk.
public struct VectorStudy: Sendable, Equatable {
  /// Mean and variance over the vectors of a group.
  public struct Statistic: Sendable, Equatable {
    public let mean: Double
    public let variance: Double

    init(_ values: [Double]) {
      let mean = values.reduce(0, +) / Double(values.count)
      self.mean = mean
      variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
    }
  }

  public struct Group: Sendable, Equatable {
    /// How many vectors.
    public let count: Int
    /// ‖v‖₁/‖v‖∞.
    public let localizationRatio: Statistic
    /// ‖v‖₂/‖v‖₄.
    public let participationRatio: Statistic
    /// Entropy of the histogram of the components, 100 bins.
    public let histogramEntropy: Statistic
    /// −Σ v² ln v².
    public let shannonEntropy: Statistic
    /// Means of the deviations from random unit vectors, in standard deviations of one vector; negative: localised.
    public let participationScore: Double
    public let entropyScore: Double

    fileprivate init?(_ vectors: ArraySlice<Measured>) {
      guard !vectors.isEmpty else { return nil }
      count = vectors.count
      localizationRatio = Statistic(vectors.map(\.localization.localizationRatio))
      participationRatio = Statistic(vectors.map(\.localization.participationRatio))
      shannonEntropy = Statistic(vectors.map(\.localization.shannonEntropy))
      histogramEntropy = Statistic(vectors.map(\.histogramEntropy))
      participationScore = Statistic(vectors.map(\.localization.participationScore)).mean
      entropyScore = Statistic(vectors.map(\.localization.entropyScore)).mean
    }
  }

  /// One vector.
  public struct Measured: Sendable, Equatable {
    public var eigenvalue: Double
    public var localization: VectorLocalization
    var histogramEntropy: Double
    /// The same of the components' magnitudes, as WeightWatcher takes it.
    var magnitudeEntropy: Double
  }

  /// All vectors, by ascending eigenvalue.
  public let measured: [Measured]

  /// Vectors with λ < xmin; all of them without a power law.
  public let bulk: Group?
  public let tail: Group?
  /// Σ v⁴ of the vectors above the edge of the noise, largest eigenvalue first: 1/M if spread out, 1 if on one component.
  public let spikeInverseParticipations: [Double]

  init(_ matrices: [RandomMatrix], _ record: LayerRecord) throws(LayerFailure) {
    var measured: [Measured] = []
    for matrix in matrices {
      let system: EigenSystem
      do { system = try matrix.gram().eigenSystem() } catch { throw .numeric(error.description) }
      for (index, eigenvalue) in system.values.enumerated() {
        let vector = system.vector(index)
        guard let localization = VectorLocalization(vector) else { continue }
        measured.append(
          Measured(
            eigenvalue: eigenvalue, localization: localization,
            histogramEntropy: VectorLocalization.histogramEntropy(vector) ?? 0,
            magnitudeEntropy: VectorLocalization.histogramEntropy(
              vector.map(abs), offset: WeightWatcherRecord.entropyOffset) ?? 0))
      }
    }
    measured.sort { $0.eigenvalue < $1.eigenvalue }
    self.measured = measured
    let tailCount = (record.tailCount ?? 0) + (record.fingerCount ?? 0)
    bulk = Group(measured.dropLast(tailCount))
    tail = Group(measured.suffix(tailCount))
    spikeInverseParticipations = measured.suffix(record.spikeCount ?? 0).reversed().map(
      \.localization.inverseParticipation)
  }
}
