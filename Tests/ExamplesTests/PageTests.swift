import TestSupport
import Testing

/// The code on the pages of the documentation is that of the programs, which are compiled and run.
@Suite struct PageTests {
  @Test(arguments: [
    ("Sources/ModelReaders/ModelReaders.docc/ReadAModel.md", "list-layers"),
    ("Sources/ModelReaders/ModelReaders.docc/AddAReader.md", "own-reader"),
    ("Sources/Analysis/Analysis.docc/AnalyseAModel.md", "layer-alphas"),
    ("Sources/Analysis/Analysis.docc/CompareModels.md", "compare-models"),
    ("Sources/LayerDump/LayerDump.docc/ExportLayers.md", "export-layers"),
    ("Sources/SpectralCore/SpectralCore.docc/SpectrumOfAMatrix.md", "own-spectrum"),
    ("README.md", "layer-alphas"),
  ])
  func codeIsThatOfTheProgram(page: String, program: String) throws {
    let blocks = swiftBlocks(in: try lines(of: page)).filter { !$0.contains { $0.contains(".package(") } }
    let source = try lines(of: "Examples/\(program)/main.swift")
    #expect(!blocks.isEmpty)
    for block in blocks {
      #expect(occurs(block, in: source), "\(page) has lines that \(program) has not: \(block.joined(separator: "\n"))")
    }
  }

  private func lines(of path: String) throws -> [String] {
    String(decoding: try Fixtures.read(Fixtures.root + "/" + path), as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  /// What stands between "```swift" and "```".
  private func swiftBlocks(in lines: [String]) -> [[String]] {
    var blocks: [[String]] = []
    var isInside = false
    for line in lines {
      if line.hasPrefix("```") {
        isInside = line == "```swift"
        if isInside { blocks.append([]) }
      } else if isInside {
        blocks[blocks.count - 1].append(line)
      }
    }
    return blocks
  }

  /// Whether the lines follow each other in `source`, all indented by the same.
  private func occurs(_ block: [String], in source: [String]) -> Bool {
    source.indices.dropLast(block.count - 1).contains { start in
      let part = source[start..<start + block.count]
      let indent = part.filter { !$0.isEmpty }.map { $0.prefix { $0 == " " }.count }.min() ?? 0
      return part.map { String($0.dropFirst(indent)) } == block
    }
  }
}
