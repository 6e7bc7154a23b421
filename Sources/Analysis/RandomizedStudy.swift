import SpectralCore

/// What is left of a spectrum when the entries of each matrix are put in random order: what is due to their
/// sizes alone, not to where they stand.
public struct RandomizedStudy: Sendable, Equatable {
  /// λmax of the shuffled matrices.
  public let largest: Double
  /// Jensen–Shannon distance between the spectrum and the shuffled one; see `spectralDistance`.
  public let distance: Double?
  /// Power law of the shuffled spectrum: what an α of this size of matrix is worth.
  public let alpha: Double?
  /// Its Kolmogorov–Smirnov distance.
  public let powerLawDistance: Double?
  /// Eigenvalues of the shuffled entries, their mean taken off, above the edge of their noise. Position
  /// cannot explain them: a few entries are far too large (correlation traps; Prakash & Martin).
  public let trapCount: Int?
  /// κ = h√Q of the spike that the mean of the entries makes by itself; above 1 it is an eigenvalue of its own.
  public let meanSpike: Double?

  /// The eigenvalues of each shuffled matrix, ascending.
  public let shuffled: [[Double]]

  init(_ matrices: [RandomMatrix], _ record: LayerRecord, seed: UInt64) throws(LayerFailure) {
    var original: [[Double]] = []
    var shuffled: [[Double]] = []
    var centred: [[Double]] = []
    var random = PortableRandom(seed: layerSeed(seed, record.name))
    var sum = 0.0
    var squares = 0.0
    for var matrix in matrices {
      original.append(try matrix.eigenvalues())
      random.shuffle(&matrix.values)
      shuffled.append(try matrix.eigenvalues())
      let mean = matrix.values.reduce(0, +) / Double(matrix.values.count)
      for index in matrix.values.indices {
        matrix.values[index] -= mean
        squares += matrix.values[index] * matrix.values[index]
      }
      sum += mean
      centred.append(try matrix.eigenvalues())
    }
    self.shuffled = shuffled
    let (rows, columns) = (matrices[0].rows, matrices[0].columns)
    let spectrum = Spectrum(rows: rows, columns: columns, slices: shuffled)
    largest = spectrum.largest
    distance = spectralDistance(original.flatMap(\.self).sorted(), shuffled.flatMap(\.self).sorted())
    let fit = columns > 1 ? PowerLawFit(spectrum.positiveEigenvalues) : nil
    alpha = fit?.alpha
    powerLawDistance = fit?.distance
    let noise = Spectrum(rows: rows, columns: columns, slices: centred)
    trapCount = BulkFit(noise.positiveEigenvalues, rows: rows, sliceCount: matrices.count)?.outlierCount
    let count = Double(matrices.count)
    meanSpike =
      Spike(
        mean: sum / count, variance: squares / (count * Double(rows * columns)), rows: rows, columns: columns
      )?.relativeStrength
  }
}
