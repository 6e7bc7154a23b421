import MatrixSlicing
import ModelReading
import SpectralCore

extension LayerGraph {
  /// A model of one matrix: all dense weights one below the other, each N×M, less its median and divided by its
  /// median absolute deviation, with zeros to the right up to the widest.
  ///
  /// Weights that are not one dense matrix get a diagnostic.
  ///
  /// - Parameter isWanted: tells by its name in the report and that of its layer whether a weight takes part.
  /// - Throws: `.unsupported` if there are not two.
  func stacked(
    where isWanted: (_ name: String, _ layer: String) -> Bool, limits: Limits = Limits()
  ) throws(ReadError) -> LayerGraph {
    var parts: [(tensor: Tensor, matrix: WeightMatrix)] = []
    var graph = self
    for weight in weights {
      let layer = layers[weight.layerID]
      guard isWanted(weight.name, layer.name) else { continue }
      let matrices = try? Slicing.positions.matrices(of: weight.parameter, in: layer).matrices
      if let matrices, matrices.count == 1, layer.kind == .dense || layer.kind == .attention {
        parts.append((weight.parameter.tensor, matrices[0]))
      } else {
        graph.diagnostics.append(
          Diagnostic(.unmatched, weight.name, "is \(layer.kind.label) and not part of the stack of dense weights"))
      }
    }
    guard parts.count > 1 else {
      throw ReadError(
        .unsupported, "has \(parts.count) dense weights, a stack takes two or more", file: files.first ?? "")
    }
    graph.layers = [try stack(parts, limits)]
    graph.edges = []
    graph.topology = .order
    return graph
  }

  private func stack(
    _ parts: [(tensor: Tensor, matrix: WeightMatrix)], _ limits: Limits
  ) throws(ReadError) -> Layer {
    let width = parts.reduce(0) { max($0, $1.matrix.columns) }
    let height = parts.reduce(0) { $0 + $1.matrix.rows }
    let tensor = try Tensor.computed(
      name: "stack", shape: [height, width], axes: [.output, .input],
      // Sorting takes copies of one part at a time.
      workingByteCount: parts.reduce(0) { max($0, 3 * $1.tensor.workingByteCount) }, limits: limits
    ) { () throws(ReadError) in
      var values: [Double] = []
      values.reserveCapacity(height * width)
      for part in parts {
        let matrix = part.matrix.dense(from: try part.tensor.load())
        let standard = try standardized(matrix.values, of: part.tensor)
        for row in 0..<matrix.rows {
          values += standard[row * matrix.columns..<(row + 1) * matrix.columns]
          values += repeatElement(0, count: width - matrix.columns)
        }
      }
      return values
    }
    return Layer(
      name: "\(parts.count) weights", kind: .other("stack"), parameters: [Parameter(.kernel, tensor)])
  }
}

/// Less the median, divided by the median absolute deviation.
private func standardized(_ values: [Double], of tensor: Tensor) throws(ReadError) -> [Double] {
  func fail(_ message: String) -> ReadError {
    ReadError(.unsupported, message, file: tensor.storage.label, subject: tensor.name)
  }
  guard values.allSatisfy(\.isFinite) else { throw fail("\(tensor.name) has entries that are NaN or infinite") }
  let centre = median(values)
  let deviation = median(values.map { abs($0 - centre) })
  guard deviation > 0 else { throw fail("\(tensor.name) has one value in half of its entries, so no scale of its own") }
  return values.map { ($0 - centre) / deviation }
}

/// The middle value, or the mean of the two.
private func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  let middle = sorted.count / 2
  return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
