import Foundation
import LinearAlgebra
import SpectralCore
import TestSupport
import Testing

/// Expected numbers from the shared folder; tests that need them are skipped where it is absent.
enum Golden {
  static func isPresent(_ name: String) -> Bool { Fixtures.shared("golden/theory/" + name) != nil }

  static let hasTheory = isPresent("expected_own.json")

  /// The numbers of a table, row by row, without its heading.
  static func table(_ name: String) throws -> [[Double]] {
    try lines(name).dropFirst().map { line in
      line.split(separator: ",").map { Double($0) ?? .nan }
    }
  }

  /// The numbers of a file with one number per line.
  static func column(_ name: String) throws -> [Double] {
    try lines(name).compactMap { Double($0) }
  }

  static func json(_ name: String) throws -> [String: Any] {
    let object = try JSONSerialization.jsonObject(with: Data(try bytes(name)))
    guard let dictionary = object as? [String: Any] else { throw GoldenError(message: "\(name) is no object") }
    return dictionary
  }

  private static func lines(_ name: String) throws -> [String] {
    String(decoding: try bytes(name), as: UTF8.self).split(separator: "\n").map(String.init)
  }

  private static func bytes(_ name: String) throws -> [UInt8] {
    guard let path = Fixtures.shared("golden/theory/" + name) else {
      throw GoldenError(message: "no \(name)")
    }
    return try Fixtures.read(path)
  }
}

/// Why expected numbers cannot be had.
struct GoldenError: Error {
  let message: String
}

/// One data set of golden/theory, with its expected fits.
struct GoldenFit: Sendable, CustomTestStringConvertible {
  let name: String
  let values: [Double]
  /// Where the fit was cut off, if it was.
  let maximum: Double?
  let alpha: Double
  let xmin: Double
  let distance: Double
  let sigma: Double
  let tailCount: Int
  let logLikelihood: Double
  let exponential: [Double]
  let truncated: [Double]
  let stretched: [Double]
  let lognormal: [Double]
  let tests: [String: [Double]]
  let bestFit: String

  var testDescription: String { maximum == nil ? name : name + " cut off" }
  /// "g1" … "g10".
  var key: String { String(name.prefix { $0 != "_" }) }

  static let all: [GoldenFit] = (try? load(variant: "noxmax")) ?? []
  static let allWithMaximum: [GoldenFit] = (try? load(variant: "xmax")) ?? []

  private static func load(variant: String) throws -> [GoldenFit] {
    try Golden.json("expected_own.json").sorted { $0.key < $1.key }.compactMap { name, entry in
      guard let fit = (entry as? [String: Any])?[variant] as? [String: Any] else { return nil }
      return GoldenFit(
        name: name, values: try Golden.column(name + ".csv"), isCutOff: variant == "xmax", fit: fit)
    }
  }

  private init(name: String, values: [Double], isCutOff: Bool, fit: [String: Any]) {
    func number(_ key: String) -> Double { (fit[key] as? NSNumber)?.doubleValue ?? .nan }
    func numbers(_ key: String) -> [Double] { (fit[key] as? [NSNumber])?.map(\.doubleValue) ?? [] }
    self.name = name
    // As the fits were made: what is zero but for rounding is left out.
    self.values = values.filter { $0 > 1e-12 * (values.last ?? 0) }
    maximum = isCutOff ? values.last : nil
    alpha = number("alpha")
    xmin = number("xmin")
    distance = number("D")
    sigma = number("sigma")
    tailCount = (fit["n_tail"] as? NSNumber)?.intValue ?? 0
    logLikelihood = number("L_pl")
    exponential = numbers("exp")
    truncated = numbers("tpl")
    stretched = numbers("sexp")
    lognormal = numbers("logn")
    tests = ((fit["tests"] as? [String: [NSNumber]]) ?? [:]).mapValues { $0.map(\.doubleValue) }
    bestFit = fit["best_dist"] as? String ?? ""
  }
}

extension RandomMatrix {
  /// λ = ν², ascending, of WᵀW.
  func eigenvalues() throws -> [Double] {
    var buffer = AlignedBuffer<Double>(count: values.count)
    var span = buffer.mutableSpan
    for index in values.indices { span[index] = values[index] }
    if rows >= columns {
      var gram = GramMatrix<Double>(order: columns)
      gram.add(rows: buffer, rowCount: rows)
      return try gram.eigenvalues()
    }
    var gram = GramMatrix<Double>(order: rows)
    gram.add(transposedColumns: buffer, columnCount: columns)
    return try gram.eigenvalues()
  }

  func spectrum() throws -> Spectrum {
    Spectrum(rows: max(rows, columns), columns: min(rows, columns), slices: [try eigenvalues()])
  }
}

/// Whether two numbers agree to a relative tolerance.
func close(_ a: Double, _ b: Double, _ tolerance: Double) -> Bool {
  a == b || abs(a - b) <= tolerance * max(abs(a), abs(b))
}
