public import ModelReading
import SpectralCore

/// A weight of two models, and what is known of both.
public struct LayerComparison: Sendable {
  /// What has become of α; a heuristic of heavy-tailed self-regularisation (Martin & Mahoney, JMLR 22, 2021), by which
  /// weights are the better trained the nearer their α is to 2.
  public enum Verdict: String, Sendable, CaseIterable {
    /// Every bit is the same.
    case identical
    /// The two α are within their errors of each other.
    case same
    /// Nearer to 2.
    case better
    /// Further from 2.
    case worse
  }

  public var first: LayerRecord
  public var second: LayerRecord
  /// Whether element type and every bit are the same; `nil` where the weights were not compared entry by entry.
  public var isIdentical: Bool?
  /// ‖W₁ − W₂‖_F/‖W₁‖_F over all entries; `nil` if W₁ is zero, or the weights were not compared.
  public var relativeDistance: Double?
  /// Why the weights were not compared entry by entry.
  public var reason: String?

  /// α₂ − α₁.
  public var alphaChange: Double? {
    guard let before = first.alpha, let after = second.alpha else { return nil }
    return after - before
  }

  /// Half of the 95 % interval of the change: 1.96·√(σ₁² + σ₂²), as for independent fits.
  public var alphaChangeError: Double? {
    guard let before = first.sigma, let after = second.sigma else { return nil }
    return PowerLawFit.intervalQuantile * (before * before + after * after).squareRoot()
  }

  /// `nil` where either has no α.
  public var verdict: Verdict? {
    if isIdentical == true { return .identical }
    guard let before = first.alpha, let after = second.alpha, let error = alphaChangeError else { return nil }
    if abs(after - before) <= error { return .same }
    return abs(after - 2) < abs(before - 2) ? .better : .worse
  }

  /// Whether the phases differ; `nil` where either is unknown.
  public var changesPhase: Bool? {
    guard let before = first.phase, let after = second.phase else { return nil }
    return before != after
  }
}

/// A model beside another one that it is compared with.
public struct ModelComparison: Sendable {
  public var first: ModelReport
  public var second: ModelReport
  /// In the order of the first model.
  public var layers: [LayerComparison]
  public var unmatched: [WeightMatching.Unmatched]

  /// Whether every weight of each has its like, bit for bit, in the other.
  public var isIdentical: Bool { !layers.isEmpty && unmatched.isEmpty && layers.allSatisfy { $0.isIdentical == true } }

  public func count(_ verdict: LayerComparison.Verdict) -> Int { layers.count { $0.verdict == verdict } }

  /// The mean of α₂ − α₁ over the layers that have both; `nil` if none has.
  public var meanAlphaChange: Double? {
    let changes = layers.compactMap(\.alphaChange)
    return changes.isEmpty ? nil : changes.reduce(0, +) / Double(changes.count)
  }
}

/// Puts two analysed models side by side, their weights matched by name, and where names differ by shape.
///
/// - Parameters:
///   - first, second: one row per weight each, of the same settings.
///   - maximumMemory: bytes that two weights and their entries as numbers may take; larger ones are not compared entry
///     by entry, and say so.
/// - Throws: `.unsupported` if no weight has a partner.
public func compare(
  _ first: ModelReport, _ second: ModelReport, maximumMemory: Int = .max,
  progress: (AnalysisProgress) -> Void = { _ in }
) throws(ReadError) -> ModelComparison {
  let (records, partners) = (first.recordsByName, second.recordsByName)
  let matching = WeightMatching(first.graph, second.graph, matchesShapes: true) { name, layer in
    // Rows are of the weights that were asked for.
    records.names.contains(name) || partners.names.contains(name)
  }
  try matching.verifyPairs(first.graph, with: second.path)
  var layers: [LayerComparison] = []
  for pair in matching.pairs {
    guard let record = records[pair.layerID, pair.name], let partner = partners[pair.partnerID, pair.partnerName] else {
      continue
    }
    layers.append(pair.compared(record, partner, maximumMemory))
    progress(AnalysisProgress(finished: layers.count, total: matching.pairs.count, layer: pair.name))
  }
  return ModelComparison(first: first, second: second, layers: layers, unmatched: matching.unmatched)
}

/// The rows of a report by the weight that they are of.
private struct RecordsByName {
  private var records: [Int: [String: LayerRecord]] = [:]
  private(set) var names: Set<String> = []

  init(_ report: ModelReport) {
    for record in report.layers {
      records[record.layerID, default: [:]][record.name] = record
      names.insert(record.name)
    }
  }

  subscript(layerID: Int, name: String) -> LayerRecord? { records[layerID]?[name] }
}

extension ModelReport {
  fileprivate var recordsByName: RecordsByName { RecordsByName(self) }
}

extension WeightMatching.Pair {
  fileprivate func compared(_ record: LayerRecord, _ partner: LayerRecord, _ maximumMemory: Int) -> LayerComparison {
    var result = LayerComparison(first: record, second: partner)
    let (a, b) = (first.tensor.canonical, second.tensor.canonical)
    let needed = a.workingByteCount + b.workingByteCount
    guard needed <= maximumMemory else {
      result.reason = "needs \(needed) bytes to be compared entry by entry, the limit is \(maximumMemory)"
      return result
    }
    do throws(ReadError) {
      let (values, others): ([Double], [Double]) = (try a.values(), try b.values())
      let (square, norm, isSame) = difference(values, others)
      result.isIdentical = isSame && first.tensor.elementType == second.tensor.elementType
      result.relativeDistance = norm > 0 ? (square / norm).squareRoot() : nil
    } catch {
      result.reason = "\(error.message)"
    }
    first.tensor.release()
    second.tensor.release()
    return result
  }
}

/// Σ(a − b)², Σa², and whether all bits are the same.
private func difference(_ a: [Double], _ b: [Double]) -> (square: Double, norm: Double, isSame: Bool) {
  var (square, norm, isSame) = (0.0, 0.0, true)
  for index in a.indices {
    let (x, y) = (a[index], b[index])
    square += (x - y) * (x - y)
    norm += x * x
    isSame = isSame && x.bitPattern == y.bitPattern
  }
  return (square, norm, isSame)
}
