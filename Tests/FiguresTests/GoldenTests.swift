import Foundation
import TestSupport
import Testing

@testable import Figures

/// Figures of small inputs against those that were looked at.
///
/// `HEAVYTAIL_RECORD=1 swift test --filter GoldenTests` writes them anew, to be looked at again.
@Suite struct GoldenTests {
  private static let folder = Fixtures.root + "/Tests/Golden/Figures/"

  @Test(arguments: Examples.figures.indices) func figuresAreThoseThatWereLookedAt(index: Int) throws {
    let figure = Examples.figures[index]
    let path = GoldenTests.folder + "\(index)-\(figure.kind).svg"
    let drawn = figure.svg(for: .file)
    if ProcessInfo.processInfo.environment["HEAVYTAIL_RECORD"] != nil {
      try Fixtures.write(Array(drawn.utf8), to: path)
    }
    let golden = String(decoding: try Fixtures.read(path), as: UTF8.self)
    // The style sheet has a test of its own.
    #expect(differences(from: golden, to: drawn) == [])
  }

  @Test(arguments: Examples.figures.indices) func theSameBytesEachTime(index: Int) {
    let figure = Examples.figures[index]
    #expect(figure.svg(for: .file) == figure.svg(for: .file) && figure.svg(for: .page) == figure.svg(for: .page))
  }

  @Test func everyKindHasAnExample() {
    let kinds = Set(Examples.figures.map(\.kind))
    #expect(FigureKind.allCases.allSatisfy { kinds.contains($0.rawValue) })
  }
}
