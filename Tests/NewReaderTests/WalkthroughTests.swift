import TestSupport
import Testing

/// CONTRIBUTING.md shows what is compiled and run here, byte for byte.
@Suite struct WalkthroughTests {
  /// The blocks of CONTRIBUTING.md whose first line names a file, after the language.
  private static let blocks: [(file: String, contents: String)] = {
    var blocks: [(file: String, contents: String)] = []
    var isInside = false
    var indent = 0
    for line in ((try? text("CONTRIBUTING.md")) ?? "").split(separator: "\n", omittingEmptySubsequences: false) {
      let trimmed = line.drop { $0 == " " }
      if trimmed.hasPrefix("```") {
        let words = trimmed.split(separator: " ")
        isInside = words.count == 2
        indent = line.count - trimmed.count
        if isInside { blocks.append((String(words[1]), "")) }
      } else if isInside {
        blocks[blocks.count - 1].contents += line.dropFirst(indent) + "\n"
      }
    }
    return blocks
  }()

  @Test func showsTheReaderAndTheMaker() {
    #expect(Self.blocks.map(\.file) == ["Examples/FooReader/make_foo.sh", "Examples/FooReader/FooReader.swift"])
  }

  @Test(arguments: blocks.map(\.file)) func blockIsTheFile(_ file: String) throws {
    let block = try #require(Self.blocks.first { $0.file == file })
    #expect(try block.contents == text(file))
  }
}
