import Foundation
import ModelReading
import StrictJSON
import TestSupport
import Testing

/// The pages of `trace` and `compare`, against the JSON of the same commands.
@Suite struct OtherPagesTests {
  private let mlp3 = Fixtures.sample("Training/mlp3")
  private let models = [
    Fixtures.sample("LeNet5/lenet5.pt"), Fixtures.sample("Training/lenet5/lenet5-epoch-4.safetensors"),
  ]

  private func output(_ arguments: [String]) throws -> String {
    let outcome = try heavytail(arguments)
    #expect(outcome.status == 0 && outcome.errors == "")
    return outcome.output
  }

  private func json(_ arguments: [String]) throws -> JSON {
    let text = try output(arguments + ["--format", "json"])
    return try JSON.parse(ByteSource(owned: Array(text.utf8), label: "report"), limits: Limits())
  }

  private func isSelfContained(_ page: String) -> Bool {
    page.hasPrefix("<!doctype html>") && page.hasSuffix("</body></html>\n")
      && page.contains("default-src 'none'; style-src 'sha256-")
      && ["src=", "@import", "url(", "href=\"http", "style=\"", " onclick", "unsafe-inline"].allSatisfy {
        !page.contains($0)
      }
  }

  @Test func aTraceShowsEveryColumnAndEveryLayer() throws {
    let page = try output(["trace", "--format", "html", mlp3])
    #expect(isSelfContained(page) && page.utf8.count < 200_000, "\(page.utf8.count) bytes")
    let report = try json(["trace", mlp3])
    let layers = try #require(report["layers"]?.elements)
    #expect(page.components(separatedBy: "<details class=\"layer\"").count == layers.count + 1)
    #expect(page.components(separatedBy: "data-kind=\"evolution\" data-checkpoints=\"11\"").count == layers.count + 1)
    #expect(page.contains("fc2: BULK-DECAY → HEAVY-TAILED between epoch 5 and 6"))
    // The dots of each chart, layer by layer.
    let dots = facts(page)
    for column in ["entropy", "stable_rank", "mp_softrank", "alpha", "D", "log_spectral_norm", "num_spikes"] {
      let drawn = dots.compactMap { $0["kind"] == nil ? $0[column].flatMap(Double.init) : nil }
      let values = layers.flatMap { ($0["values"]?[column]?.elements ?? []).compactMap(\.double) }
      #expect(values.count == 44 && drawn == values, "\(column)")
    }
  }

  @Test func theTraceOfManyLayersHasQuartiles() throws {
    try Fixtures.withDirectory { folder in
      for step in 1...2 {
        let arguments = ["gaussian", "--count", "13", "--rows", "30", "--columns", "20", "--seed", "\(step * 100)"]
        #expect(try heavytail(["synth"] + arguments + ["-o", "\(folder)/step-\(step).safetensors"]).status == 0)
      }
      let page = try output(["trace", "--format", "html", "--columns", "stable_rank", folder])
      #expect(page.contains("Quartiles of 13 layers") && page.contains("lower quartile"))
      let svg = try output(["trace", "--format", "svg", "--columns", "stable_rank,phase", folder])
      #expect(svg.hasPrefix("<svg xmlns=") && svg.contains("upper quartile") && svg.contains(">step, in order<"))
      let words = try heavytail("trace", "--format", "svg", "--columns", "phase", folder)
      #expect(words.status == 1 && words.errors.contains("no column has a number to draw"))
    }
  }

  @Test func theSamePageHasTheSameBytes() throws {
    let compare = ["compare", "--format", "html"] + models
    #expect(try output(compare) == output(compare))
    let trace = ["trace", "--format", "html", mlp3]
    #expect(try output(trace) == output(trace))
  }

  @Test func aComparisonShowsEveryLayer() throws {
    let page = try output(["compare", "--format", "html"] + models)
    #expect(isSelfContained(page))
    let layers = try #require(try json(["compare"] + models)["comparisons"]?.elements.first?["layers"]?.elements)
    for layer in layers {
      let name = try #require(layer["name"]?.string)
      #expect(page.contains("<th scope=\"row\">\(name)</th>"))
    }
    // One dot for each layer that has both exponents.
    let dots = facts(page).filter { $0["first_alpha"] != nil }
    let pairs = layers.map { layer in ["first", "second"].map { layer[$0]?["alpha"]?.numberText ?? "" } }
      .filter { !$0.contains("") }
    #expect(Set(dots.map { [$0["first_alpha"]!, $0["second_alpha"]!] }) == Set(pairs) && dots.count == pairs.count)
    for part in ["Findings", "α against α", "phase BULK-DECAY → HEAVY-TAILED", "Only in lenet5.pt", "no change"] {
      #expect(page.contains(part), "\(part)")
    }
  }

  @Test func identicalModelsSaySoOnTheirPage() throws {
    let page = try output(["compare", "--format", "html", models[0], Fixtures.sample("LeNet5/lenet5.onnx")])
    #expect(page.contains("Both hold the same weights, bit for bit.") && !page.contains("Only in"))
  }
}
