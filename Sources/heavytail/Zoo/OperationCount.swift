import ArgumentParser

/// A number of floating-point operations as people write it: `2e13`, `20T`.
struct OperationCount: ExpressibleByArgument {
  let value: Double

  /// What one core does in about ten minutes.
  static let tenMinutes = OperationCount(value: 2e13)

  private init(value: Double) { self.value = value }

  init?(argument: String) {
    let units: [Character: Double] = ["K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18]
    let unit = argument.uppercased().last.flatMap { units[$0] }
    guard let number = Double(unit == nil ? argument : String(argument.dropLast())), number >= 0 else { return nil }
    let value = number * (unit ?? 1)
    guard value.isFinite else { return nil }
    self.init(value: value)
  }

  var defaultValueDescription: String { "20T, some ten minutes on one core" }
}
