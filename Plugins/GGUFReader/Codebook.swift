/// A set of points: which combinations of values the elements of a block may have.
struct Codebook: Sendable {
  /// Elements of one point.
  let dimension: Int
  /// Those of the first point, of the second, …
  let elements: [Float]

  static let iq1 = Codebook(iq1Points, dimension: 8, levels: [-1, 0, 1])
  static let iq2XXS = Codebook(iq2XXSPoints, dimension: 8, levels: [8, 25, 43])
  static let iq2XS = Codebook(iq2XSPoints, dimension: 8, levels: [8, 25, 43])
  static let iq2S = Codebook(iq2SPoints, dimension: 8, levels: [8, 25, 43])
  static let iq3XXS = Codebook(iq3XXSPoints, dimension: 4, levels: [4, 12, 20, 28, 36, 44, 52, 62])
  static let iq3S = Codebook(iq3SPoints, dimension: 4, levels: [1, 3, 5, 7, 9, 11, 13, 15])

  /// Eight signs from seven bits: the eighth makes the number of negative ones even.
  static let signs: [Int] = (0..<128).map { $0 | ($0.nonzeroBitCount & 1) << 7 }

  /// - Parameters:
  ///   - text: the points as numbers, each by its distance from the one before. A letter, counted from `0`, adds
  ///     its number and ends the distance; `~` adds 75.
  ///   - levels: what the digits of such a number stand for, the lowest being the first element. A digit has two
  ///     bits in eight dimensions and four in four.
  private init(_ text: String, dimension: Int, levels: [Float]) {
    let width = 16 / dimension
    var elements: [Float] = []
    var point = 0
    for letter in text.utf8 where letter != UInt8(ascii: "\n") {
      guard letter != UInt8(ascii: "~") else {
        point += 75
        continue
      }
      point += Int(letter) - 48
      for digit in 0..<dimension { elements.append(levels[point >> (digit * width) & (1 << width - 1)]) }
    }
    self.dimension = dimension
    self.elements = elements
  }
}
