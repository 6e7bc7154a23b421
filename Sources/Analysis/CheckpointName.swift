import ModelReading

/// What the name of a checkpoint says about its place in a training run.
///
/// In the order of trust: numbers behind words for progress (`epoch=3-step=1000`), words for the start or the end
/// (`init`, `final`), numbers that stand alone (`weights.03-0.25` is 3: a decimal is a result); then the first two of
/// the folder's name; last, digits that are part of a word (`model10`), which order names and are no step. The order of
/// the names is that of these numbers by value, names without any before all others and those of the end behind them.
public struct CheckpointName: Sendable, Comparable {
  /// For people: `epoch 3`, `epoch 3 step 1000`, `init`, `10`, or the name without its extension.
  public let label: String
  /// The last number that counts progress; `nil` where there is none.
  public let step: Int?

  private enum Place: Int { case start, run, end }

  private let place: Place
  private let numbers: [Digits]
  private let path: ByteString

  /// - Parameter path: of a file, or of a folder that is one model. Nothing is opened.
  public init(path: String) {
    self.path = ByteString(path)
    let components = path.split(separator: "/")
    let file = NameParts(CheckpointName.withoutExtension(components.last.map(String.init) ?? path))
    let folder = components.count > 1 ? NameParts(String(components[components.count - 2])) : nil
    let sources = [file.counted, file.word, file.alone, folder?.counted, folder?.word]
    if let found = sources.lazy.compactMap({ $0 }).first ?? (file.hasDigits ? nil : folder?.alone) {
      (label, place, numbers) = (found.label, found.place, found.numbers)
      step = found.numbers.last?.value
      return
    }
    label = file.text
    numbers = (folder?.digits ?? []) + file.digits
    place = file.hasDigits ? .run : .start
    step = nil
  }

  public static func == (a: Self, b: Self) -> Bool { a.path == b.path }

  public static func < (a: Self, b: Self) -> Bool {
    if a.place != b.place { return a.place.rawValue < b.place.rawValue }
    if a.numbers != b.numbers { return a.numbers.lexicographicallyPrecedes(b.numbers) }
    return a.path.bytes.lexicographicallyPrecedes(b.path.bytes)
  }

  private static let extensions: Set = [
    "bin", "ckpt", "gguf", "h5", "hdf5", "json", "keras", "npy", "npz", "onnx", "pickle", "pkl", "pt", "pt2", "pth",
    "ptl", "safetensors", "tar", "tflite", "weights", "zip",
  ]

  /// Extensions are not all that follows a dot: `model.epoch03`.
  private static func withoutExtension(_ name: String) -> String {
    var name = Substring(name)
    while let dot = name.lastIndex(of: "."), dot > name.startIndex,
      extensions.contains(name[name.index(after: dot)...].lowercased())
    {
      name = name[..<dot]
    }
    return String(name)
  }

  // MARK: Parts of a name

  private struct Finding {
    var label: String
    var place: Place
    var numbers: [Digits]
  }

  /// The readings of one component of a path.
  private struct NameParts {
    let text: String
    /// Every run of digits.
    var digits: [Digits] = []
    private var units: [(unit: String, number: Digits)] = []
    private var standing: [Digits] = []
    private var placeWord: (String, Place)?

    var hasDigits: Bool { !digits.isEmpty }

    var counted: Finding? {
      guard !units.isEmpty else { return nil }
      let label = units.map { "\($0.unit) \($0.number.text)" }.joined(separator: " ")
      return Finding(label: label, place: .run, numbers: units.map(\.number))
    }

    var word: Finding? { placeWord.map { Finding(label: $0.0, place: $0.1, numbers: []) } }

    var alone: Finding? {
      guard !standing.isEmpty else { return nil }
      let label = standing.map(\.text).joined(separator: " ")
      return Finding(label: label, place: .run, numbers: standing)
    }

    init(_ text: String) {
      self.text = text
      let tokens = Token.tokens(of: text)
      var isClaimed = [Bool](repeating: false, count: tokens.count)
      for (index, token) in tokens.enumerated() {
        switch token {
        case .word(let word): if placeWord == nil { placeWord = NameParts.places[word].map { (word, $0) } }
        case .number(let number): digits.append(number)
        case .separator: break
        }
        guard case .word(let word) = token, let unit = NameParts.unit(endOf: word),
          let position = NameParts.number(after: index, in: tokens), case .number(let number) = tokens[position]
        else { continue }
        isClaimed[position] = true
        units.append((unit, NameParts.scaled(number, at: position, in: tokens)))
      }
      for (index, token) in tokens.enumerated() {
        guard case .number(let number) = token, !isClaimed[index], NameParts.standsAlone(index, tokens) else {
          continue
        }
        standing.append(NameParts.scaled(number, at: index, in: tokens))
      }
    }

    private static let places: [String: Place] = [
      "init": .start, "initial": .start, "initialization": .start, "start": .start, "untrained": .start,
      "best": .end, "final": .end, "finished": .end, "last": .end, "latest": .end, "trained": .end,
    ]

    private static let unitWords = [
      ("epoch", "epoch"), ("epochs", "epoch"), ("ep", "epoch"), ("step", "step"), ("steps", "step"),
      ("iteration", "iteration"), ("iterations", "iteration"), ("iter", "iteration"), ("it", "iteration"),
      ("checkpoint", "checkpoint"), ("ckpt", "checkpoint"), ("round", "round"),
    ]

    /// `epoch`, and `globalstep` too; two letters must be all there is.
    private static func unit(endOf word: String) -> String? {
      unitWords.first { word == $0.0 || ($0.0.count > 3 && word.hasSuffix($0.0)) }?.1
    }

    /// A number right behind a word or one separator further.
    private static func number(after index: Int, in tokens: [Token]) -> Int? {
      for position in (index + 1)..<min(index + 3, tokens.count) {
        if case .number = tokens[position] { return position }
        guard case .separator(let text) = tokens[position], text.count <= 2 else { return nil }
      }
      return nil
    }

    /// `10k` is 10000.
    private static func scaled(_ number: Digits, at index: Int, in tokens: [Token]) -> Digits {
      guard index + 1 < tokens.count, case .word(let word) = tokens[index + 1], let zeros = multipliers[word] else {
        return number
      }
      return number.followed(byZeros: zeros)
    }

    private static let multipliers = ["k": 3, "m": 6, "b": 9]

    private static func standsAlone(_ index: Int, _ tokens: [Token]) -> Bool {
      if index > 0, case .word = tokens[index - 1] { return false }
      if index + 1 < tokens.count, case .word(let word) = tokens[index + 1], multipliers[word] == nil { return false }
      return !isPoint(index - 1, tokens) && !isPoint(index + 1, tokens)
    }

    /// Whether a token is the point of a decimal.
    private static func isPoint(_ index: Int, _ tokens: [Token]) -> Bool {
      guard index > 0, index + 1 < tokens.count, case .separator(".") = tokens[index],
        case .number = tokens[index - 1], case .number = tokens[index + 1]
      else { return false }
      return true
    }
  }

  /// A whole number of any length, by its digits without leading zeros.
  private struct Digits: Comparable {
    private let significant: String

    init(_ text: some StringProtocol) { significant = String(text.drop { $0 == "0" }) }

    var text: String { significant.isEmpty ? "0" : significant }
    /// `nil` if it does not fit.
    var value: Int? { Int(text) }

    func followed(byZeros count: Int) -> Digits { Digits(significant + String(repeating: "0", count: count)) }

    static func < (a: Self, b: Self) -> Bool {
      (a.significant.utf8.count, a.significant) < (b.significant.utf8.count, b.significant)
    }
  }

  private enum Token {
    /// In lower case.
    case word(String)
    case number(Digits)
    case separator(String)

    static func tokens(of text: String) -> [Token] {
      var tokens: [Token] = []
      var rest = Substring(text)
      while let first = rest.first {
        let part = rest.prefix { kind($0) == kind(first) }
        switch kind(first) {
        case .letter: tokens.append(.word(part.lowercased()))
        case .digit: tokens.append(.number(Digits(part)))
        case .other: tokens.append(.separator(String(part)))
        }
        rest = rest[part.endIndex...]
      }
      return tokens
    }

    private enum Kind { case letter, digit, other }

    private static func kind(_ character: Character) -> Kind {
      if ("0"..."9").contains(character) { return .digit }
      return character.isLetter ? .letter : .other
    }
  }
}
