/// A shell pattern over whole names: `*` any run of characters, `?` any one,
/// `[abc]` and `[a-z]` one of a set, `[!…]` one outside it.
public struct Glob: Sendable {
  private enum Token: Sendable {
    case any
    case one
    case literal(Character)
    case set([ClosedRange<Character>], negated: Bool)
  }

  private let tokens: [Token]

  public init(_ pattern: String) {
    var tokens: [Token] = []
    var rest = Substring(pattern)
    while let first = rest.popFirst() {
      switch first {
      case "*": tokens.append(.any)
      case "?": tokens.append(.one)
      case "[": tokens.append(Glob.set(&rest))
      default: tokens.append(.literal(first))
      }
    }
    self.tokens = tokens
  }

  /// Reads a set up to its bracket; without one the opening bracket is literal.
  private static func set(_ rest: inout Substring) -> Token {
    guard let end = rest.dropFirst().firstIndex(of: "]") else { return .literal("[") }
    var body = rest[..<end]
    rest = rest[rest.index(after: end)...]
    let negated = body.first == "!" || body.first == "^"
    if negated { body.removeFirst() }
    var ranges: [ClosedRange<Character>] = []
    while let lower = body.popFirst() {
      let upper = body.first == "-" && body.count > 1 ? body.dropFirst().first! : lower
      if upper != lower { body.removeFirst(2) }
      ranges.append(min(lower, upper)...max(lower, upper))
    }
    return .set(ranges, negated: negated)
  }

  /// Iterative, with one point to return to: linear for one `*`, never exponential.
  public func matches(_ name: String) -> Bool {
    let characters = Array(name)
    var position = 0
    var token = 0
    var retry: (token: Int, position: Int)?
    while position < characters.count {
      if token < tokens.count, case .any = tokens[token] {
        retry = (token, position)
        token += 1
      } else if token < tokens.count, accepts(tokens[token], characters[position]) {
        token += 1
        position += 1
      } else if let point = retry {
        token = point.token + 1
        position = point.position + 1
        retry = (point.token, point.position + 1)
      } else {
        return false
      }
    }
    return tokens[token...].allSatisfy { if case .any = $0 { true } else { false } }
  }

  private func accepts(_ token: Token, _ character: Character) -> Bool {
    switch token {
    case .any, .one: true
    case .literal(let literal): literal == character
    case .set(let ranges, let negated): ranges.contains { $0.contains(character) } != negated
    }
  }
}

extension Glob {
  /// The pattern that matches `name` and nothing else.
  public static func literal(_ name: String) -> String {
    String(name.flatMap { "*?[".contains($0) ? "[\($0)]" : String($0) })
  }
}
