import Foundation
import ModelReading
import StrictJSON
import TestSupport
import Testing

/// The attributes of each element that has some of the report's numbers.
func facts(_ svg: String) -> [[String: String]] {
  svg.split(separator: "<").compactMap { element in
    guard element.contains(" data-") else { return nil }
    let parts = element.prefix { $0 != ">" }.components(separatedBy: " data-").dropFirst()
    let pairs = parts.filter { $0.contains("=\"") }.map { part in
      let fields = part.components(separatedBy: "\"")
      return (String(fields[0].dropLast()), fields[1])
    }
    return Dictionary(uniqueKeysWithValues: pairs)
  }
}

@Suite struct PlotCommandTests {
  private let lenet = Fixtures.sample("LeNet5/lenet5.safetensors")

  /// The rows of the JSON report.
  private func report(_ arguments: String...) throws -> [JSON] {
    let outcome = try heavytail(["analyze", "--format", "json"] + arguments)
    let document = try JSON.parse(ByteSource(owned: Array(outcome.output.utf8), label: "report"), limits: Limits())
    return try #require(document["models"]?.elements.first?["layers"]?.elements)
  }

  /// Every number in a layer's figure is the one that the JSON has.
  @Test(arguments: ["esd", "esd-linear", "esd-full", "scree", "scan", "randomized", "localization"])
  func numbersOfALayerAreThoseOfTheReport(kind: String) throws {
    // Of fc1 there are too many spikes to name their vectors one by one.
    let layer = kind == "localization" ? "fc2" : "fc1"
    let row = try #require(try report(lenet, "--randomize", "--vectors").first { $0["name"]?.string == layer })
    let outcome = try heavytail("plot", lenet, "--layer", layer, "--kind", kind)
    #expect(outcome.status == 0 && outcome.errors == "")
    let facts = try #require(facts(outcome.output).first)
    #expect(facts["kind"] == kind && facts.count > 1)
    for (name, text) in facts where name != "kind" {
      let value = try #require(row[name], "\(name) is in no report")
      let texts = value.elements.isEmpty ? [value.numberText] : value.elements.map(\.numberText)
      #expect((value.string ?? texts.joined(separator: " ")) == text, "\(name)")
    }
    #expect(kind != "localization" || facts["spike_ipr"] != nil)
  }

  @Test func numbersOfAModelAreThoseOfTheReport() throws {
    let rows = try report(lenet)
    let depth = facts(try heavytail("plot", lenet).output).dropFirst()
    let alphas = depth.filter { $0["alpha"] != nil }
    #expect(alphas.count == 4 && depth.count == 9)
    for fact in depth {
      let row = rows[try #require(fact["row"].flatMap { Int($0) })]
      for name in ["alpha", "log_spectral_norm"] where fact[name] != nil {
        #expect(row[name]?.numberText == fact[name])
      }
    }
    let phases = facts(try heavytail("plot", lenet, "--kind", "phases").output).dropFirst()
    for fact in phases {
      let row = try #require(fact["row"].flatMap { Int($0) })
      #expect(rows[row]["phase"]?.string == fact["phase"])
    }
  }

  /// `make pictures` draws them.
  @Test(arguments: [
    ("lenet5-fc1", ["plot", Fixtures.sample("LeNet5/lenet5.pt"), "--layer", "fc1"]),
    (
      "mlp3-training",
      ["trace", "--format", "svg", "--columns", "entropy,stable_rank", Fixtures.sample("Training/mlp3")]
    ),
    (
      "mlp3-batch-sizes",
      ["trace", "--format", "svg", "--axis", "log", "--axis-title", "batch size"]
        + ["--columns", "mp_softrank,stable_rank", Fixtures.sample("Training/batch-sizes")]
    ),
  ]) func thePicturesOfTheDocumentationAreOfThisProgram(name: String, arguments: [String]) throws {
    let committed = try Fixtures.read("\(Fixtures.root)/docs/\(name).svg")
    let drawn = try heavytail(arguments).output
    #expect(differences(from: String(decoding: committed, as: UTF8.self), to: drawn) == [])
  }

  @Test func theSameFigureHasTheSameBytes() throws {
    let first = try heavytail("plot", lenet, "--layer", "fc2", "--threads", "1").output
    #expect(try first == heavytail("plot", lenet, "--layer", "fc[2]", "--threads", "2", "-o", "-").output)
  }

  @Test func filesAreWrittenWhole() throws {
    try Fixtures.withDirectory { directory in
      let path = directory + "/fc1.svg"
      let outcome = try heavytail("plot", lenet, "--layer", "fc1", "-o", path)
      #expect(outcome.status == 0 && outcome.output == "")
      let svg = String(decoding: try Fixtures.read(path), as: UTF8.self)
      #expect(svg.hasPrefix("<svg xmlns=") && svg.hasSuffix("</svg>\n"))
      #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == ["fc1.svg"])
    }
  }

  private static let hasConverter = FileManager.default.isExecutableFile(atPath: "/usr/bin/rsvg-convert")

  @Test(.enabled(if: hasConverter, "rsvg-convert (librsvg2-bin) is not installed"), arguments: ["png", "pdf"])
  func pictures(ending: String) throws {
    try Fixtures.withDirectory { directory in
      let path = directory + "/fc1." + ending
      let outcome = try heavytail("plot", lenet, "--layer", "fc1", "-o", path)
      #expect(outcome.status == 0 && outcome.errors == "")
      let start = try Fixtures.read(path).prefix(5)
      #expect(Array(start) == (ending == "png" ? [0x89, 0x50, 0x4E, 0x47, 0x0D] : Array("%PDF-".utf8)))
    }
  }

  @Test func withoutTheConverterTheHintSaysWhatToInstall() throws {
    let outcome = try heavytail(
      ["plot", lenet, "--layer", "fc1", "-o", "/tmp/x.png"], environment: ["PATH": "/nowhere"])
    #expect(outcome.status == 1 && outcome.errors.contains("apt-get install librsvg2-bin"))
  }

  @Test(arguments: [
    (["--kind", "esd"], 64, "--layer says which"),
    (["--layer", "fc1", "-o", "x.gif"], 64, "must end in .svg, .png, .pdf"),
    (["--layer", "fc*"], 1, "3 layers match fc*: fc1, fc2, fc3"), (["--layer", "fc9"], 1, "no layer matches fc9"),
    (["--layer", "conv1", "--kind", "scan"], 1, "nothing to draw as scan: M = 1"),
  ]) func mistakesAreNamed(arguments: [String], status: Int32, message: String) throws {
    let outcome = try heavytail(["plot", lenet] + arguments)
    #expect(outcome.status == status && outcome.output == "" && outcome.errors.contains(message))
  }

  @Test func aFolderOfModelsIsNotOne() throws {
    let folder = Fixtures.sample("Training/lenet5")
    for arguments in [["plot", folder], ["compare", folder, lenet], ["analyze", "--base", folder, lenet]] {
      let outcome = try heavytail(arguments)
      #expect(outcome.status == 2 && outcome.errors.contains("\(folder): is a folder of 5 models, one is wanted"))
      #expect(outcome.errors.contains("one of them: \(folder)/lenet5-epoch-1.safetensors, "))
    }
  }
}
