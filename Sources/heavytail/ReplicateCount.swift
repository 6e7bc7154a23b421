import ArgumentParser

/// How many samples a power law is tested against: `auto` or a number.
enum ReplicateCount: ExpressibleByArgument, CustomStringConvertible {
  case automatic
  case exactly(Int)

  init?(argument: String) {
    if argument == "auto" {
      self = .automatic
    } else if let number = Int(argument), number >= 0 {
      self = .exactly(number)
    } else {
      return nil
    }
  }

  /// `nil` for as many as cost little.
  var number: Int? {
    switch self {
    case .automatic: nil
    case .exactly(let number): number
    }
  }

  var description: String { number.map { "\($0)" } ?? "auto" }
  var defaultValueDescription: String { description }
}
