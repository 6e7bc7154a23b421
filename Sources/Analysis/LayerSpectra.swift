import LinearAlgebra
import MatrixSlicing
import ModelReading
import SpectralCore

/// The eigenvalues of one matrix of a layer.
struct SliceSpectrum {
  var origin: [WeightMatrix.Origin]
  /// Ascending, zeros included.
  var eigenvalues: [Double]
  /// How many matrices of the layer must have these eigenvalues.
  var multiplicity = 1

  /// "[gate 1][position 0,2]": what tells its row from those of the layer's other matrices.
  var label: String {
    origin.map { "[\($0.axis) \($0.index.map(String.init).joined(separator: ","))]" }.joined()
  }

  /// 1/λ for every eigenvalue above zero; zeros remain.
  func inverted(_ arithmetic: Arithmetic) -> SliceSpectrum {
    let tolerance = (eigenvalues.last ?? 0) * Double(eigenvalues.count) * arithmetic.roundingUnit
    var copy = self
    copy.eigenvalues = eigenvalues.map { value in
      let inverse = 1 / value
      return value > tolerance && inverse.isFinite ? inverse : 0
    }.sorted()
    return copy
  }
}

/// The eigenvalues of one matrix, wherever it comes from.
struct MatrixSpectrum {
  var eigenvalues: [Double]
  var arithmetic: Arithmetic
}

/// The eigenvalues of all matrices of a layer.
struct LayerSpectra {
  var slices: [SliceSpectrum]
  /// The least exact one that any of them was computed in.
  var arithmetic: Arithmetic

  init(slices: [SliceSpectrum], arithmetic: Arithmetic) {
    self.slices = slices
    self.arithmetic = arithmetic
  }

  init(_ spectra: [MatrixSpectrum], of matrices: [WeightMatrix]) {
    slices = zip(matrices, spectra).map { SliceSpectrum(origin: $0.origin, eigenvalues: $1.eigenvalues) }
    arithmetic = spectra.contains { $0.arithmetic == .single } ? .single : .double
  }

  /// Each eigenvalue once, of matrices of the shape of `matrix`: what is fitted.
  func distinct(_ matrix: WeightMatrix) -> Spectrum { spectrum(slices.map(\.eigenvalues), matrix) }

  /// Each as often as it occurs: what norms count.
  func pooled(_ matrix: WeightMatrix) -> Spectrum {
    spectrum(slices.flatMap { [[Double]](repeating: $0.eigenvalues, count: $0.multiplicity) }, matrix)
  }

  private func spectrum(_ slices: [[Double]], _ matrix: WeightMatrix) -> Spectrum {
    Spectrum(rows: matrix.rows, columns: matrix.columns, slices: slices, roundingUnit: arithmetic.roundingUnit)
  }

  /// Whether more digits would change nothing that is reported of them, pooled or one by one.
  func suffice(of matrix: WeightMatrix, perSlice: Bool) -> Bool {
    guard arithmetic == .single else { return true }
    guard perSlice else { return SinglePrecision.suffices(for: distinct(matrix)) }
    return slices.allSatisfy {
      SinglePrecision.suffices(for: LayerSpectra(slices: [$0], arithmetic: arithmetic).distinct(matrix))
    }
  }
}

extension LayerTask {
  /// What the first attempt is computed in.
  func arithmetic(_ options: AnalysisOptions) -> Arithmetic {
    switch options.precision {
    case .double: .double
    case .single: isPlain ? .single : .double
    case .auto:
      isPlain && options.source == .weights && options.compatibility == nil && !options.fixesFingers
        && matrices.allSatisfy({ SinglePrecision.isWorthTrying(rows: $0.rows, columns: $0.columns) })
        ? .single : .double
    }
  }

  /// Whether the layer's spectra are those of Gram matrices, one for each of its matrices.
  var isPlain: Bool { grid == nil && factors.isEmpty }

  /// The eigenvalues of each matrix, or of the kernel at each frequency.
  func spectra(
    of sliced: SlicedWeight, in arithmetic: Arithmetic, isBinding: Bool, _ workers: Workers
  ) throws(LayerFailure) -> LayerSpectra {
    var slices: [SliceSpectrum] = []
    if let grid {
      slices = try frequencies(of: sliced, grid)
    } else if let factors = sliced.factors.first {
      let left = try decoded(factors.left.tensor)
      let right = try decoded(factors.right.tensor)
      for (matrix, factors) in zip(sliced.matrices, sliced.factors) {
        let eigenvalues = try clock.measure(.eigenvalues) { () throws(LayerFailure) in
          try factors.eigenvalues(left, right)
        }
        slices.append(SliceSpectrum(origin: matrix.origin, eigenvalues: eigenvalues))
      }
    } else {
      let data = try decoded(parameter.tensor)
      if arithmetic == .double, columns < Schedule.largeColumns {
        return LayerSpectra(try WeightMatrix.spectra(of: sliced.matrices, from: data, clock), of: sliced.matrices)
      }
      let spectra = try sliced.matrices.map { (matrix) throws(LayerFailure) in
        let pending = try matrix.gram(from: data, in: arithmetic, isBinding: isBinding, workers: workers, clock)
        return try spectrum(of: pending, workers)
      }
      return LayerSpectra(spectra, of: sliced.matrices)
    }
    return LayerSpectra(slices: slices, arithmetic: .double)
  }

  private func frequencies(of sliced: SlicedWeight, _ grid: FourierGrid) throws(LayerFailure) -> [SliceSpectrum] {
    guard grid.kernel.allSatisfy({ $0 <= grid.side }) else {
      throw .numeric("a kernel of \(grid.kernel) does not fit a grid of \(grid.side) points along each axis")
    }
    let data = try decoded(parameter.tensor)
    let frequencies = grid.frequencies
    var slices: [SliceSpectrum] = []
    for start in stride(from: 0, to: sliced.matrices.count, by: sliced.receptiveField) {
      let group = sliced.matrices[start..<start + sliced.receptiveField]
      let positions = try clock.measure(.decode) { () throws(LayerFailure) in
        try group.map { (matrix) throws(LayerFailure) in try matrix.checkedDense(from: data) }
      }
      let spectra = try clock.measure(.eigenvalues) { () throws(LayerFailure) in
        try grid.eigenvalues(positions, frequencies)
      }
      let origin = group[start].origin.dropLast()
      for (frequency, eigenvalues) in zip(frequencies, spectra) {
        slices.append(
          SliceSpectrum(
            origin: origin + [WeightMatrix.Origin(axis: "frequency", index: frequency.index)],
            eigenvalues: eigenvalues, multiplicity: frequency.multiplicity))
      }
    }
    return slices
  }

  func spectrum(of pending: any PendingSpectrum, _ workers: Workers) throws(LayerFailure) -> MatrixSpectrum {
    let eigenvalues = try clock.measure(.eigenvalues) { () throws(LayerFailure) in try pending.eigenvalues(workers) }
    return MatrixSpectrum(eigenvalues: eigenvalues, arithmetic: pending.arithmetic)
  }

  func decoded(_ tensor: Tensor) throws(LayerFailure) -> TensorData {
    try clock.measure(.decode) { () throws(LayerFailure) in try load(tensor) }
  }

  func load(_ tensor: Tensor) throws(LayerFailure) -> TensorData {
    do { return try tensor.load() } catch { throw .read(error) }
  }
}
