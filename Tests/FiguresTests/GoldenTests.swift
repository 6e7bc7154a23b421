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
    let (expected, actual) = (try #require(elements(of: golden)), try #require(elements(of: drawn)))
    #expect(expected.map(\.name) == actual.map(\.name))
    for (expected, actual) in zip(expected, actual) where expected.name != "style" {
      #expect(expected.text == actual.text)
      #expect(Set(expected.attributes.keys) == Set(actual.attributes.keys))
      for (name, value) in expected.attributes {
        let (wanted, found) = (numbers(in: value), numbers(in: actual.attributes[name] ?? ""))
        #expect(wanted.skeleton == found.skeleton, "\(name) of \(expected.name)")
        // A tenth of a pixel is rounding, at both ends of a step.
        let isClose = zip(wanted.values, found.values).allSatisfy { first, second in
          abs(first - second) < (name.hasPrefix("data-") ? 1e-9 * abs(first) + 1e-300 : 0.21)
        }
        #expect(isClose, "\(name) of \(expected.name)")
      }
    }
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
