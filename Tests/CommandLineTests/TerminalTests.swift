import Foundation
import ModelReading
import StrictJSON
import TestSupport
import Testing
import Zip

/// What `analyze` shows, in which order and in which colours, and what it says meanwhile.
@Suite struct TableOptionTests {
  private let lenet = Fixtures.sample("LeNet5/lenet5.safetensors")

  @Test func columnsAreChosenInEveryFormat() throws {
    let options = ["analyze", "--columns", "phase,alpha,rand_lambda_max", lenet]
    let table = try heavytail(options).output.split(separator: "\n")
    #expect(table[1].split(separator: " ").map(String.init) == ["layer", "phase", "alpha", "rand_lambda_max"])
    #expect(table[5].hasPrefix("fc1") && table[5].split(separator: " ")[1...2] == ["HEAVY-TAILED", "1.95"])
    // The study that the column is of has run.
    #expect(Double(table[5].split(separator: " ")[3]) != nil)
    let csv = try heavytail(options + ["--format", "csv"]).output.split(separator: "\n")
    #expect(csv[0] == "path,format,phase,alpha,rand_lambda_max")
    let json = try heavytail(options + ["--format", "jsonl"]).output.split(separator: "\n")
    let object = try #require(try JSONSerialization.jsonObject(with: Data(json[2].utf8)) as? [String: Any])
    #expect(Set(object.keys) == ["path", "format", "phase", "alpha", "rand_lambda_max", "findings"])
  }

  @Test(arguments: [
    (["--sort", "alpha"], ["fc1", "fc2", "conv2", "fc3", "conv1"]),
    (["--sort", "-alpha"], ["fc3", "conv2", "fc2", "fc1", "conv1"]),
    (["--sort=-N"], ["fc1", "fc2", "fc3", "conv2", "conv1"]),
    (["--sort", "-name"], ["fc3", "fc2", "fc1", "conv2", "conv1"]),
    (["--sort", "status"], ["conv1", "conv2", "fc1", "fc2", "fc3"]),
  ]) func rowsAreSorted(options: [String], expected: [String]) throws {
    for format in ["table", "csv"] {
      let lines = try heavytail(["analyze", "--columns", "layer_id,name", "--format", format] + options + [lenet])
        .output
        .split(separator: "\n")
      let rows =
        format == "csv"
        ? lines.dropFirst().map { $0.split(separator: ",")[3] } : lines[3..<8].map { $0.split(separator: " ")[0] }
      #expect(rows.map(String.init) == expected)
    }
  }

  @Test(arguments: [
    ["--columns", "alpha,beta"], ["--columns", ""], ["--sort", "beta"], ["--sort", "alpha,D"], ["--sort", "-"],
    ["--columns", "alpha", "--format", "html"], ["--sort", "alpha", "--compat", "weightwatcher"],
    ["--sparklines", "--format", "csv"], ["-q", "-v"],
  ]) func wrongUsage(options: [String]) throws {
    let outcome = try heavytail(["analyze"] + options + [lenet])
    #expect(outcome.status == 64 && outcome.output == "")
  }

  @Test func sparklinesAreThereWhenAskedFor() throws {
    let outcome = try heavytail("analyze", "--sparklines", lenet)
    let lines = outcome.output.split(separator: "\n")
    #expect(lines[1].contains("ESD over log λ") && lines[5].contains("█"))
    #expect(try !heavytail("analyze", lenet).output.contains("█"))
  }

  @Test func verboseNamesEachLayer() throws {
    let outcome = try heavytail("analyze", "-v", "--threads", "1", lenet)
    let lines = outcome.errors.split(separator: "\n")
    #expect(lines.count == 6 && lines[0] == "\(lenet): 5 layers" && lines[5].hasPrefix("5/5  "))
    #expect(lines[5].contains("240.1 KiB of 240.1 KiB"))
    #expect(try heavytail("analyze", lenet).output == outcome.output)
  }
}

/// On a terminal, which `script` pretends to be.
@Suite(
  .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/script"), "script (bsdutils) is not installed"))
struct PretendedTerminalTests {
  private func output(_ arguments: String, columns: Int = 200, environment: [String: String] = [:]) throws -> String {
    let lenet = Fixtures.sample("LeNet5/lenet5.safetensors")
    let command = "stty cols \(columns); exec '\(Program("heavytail").path)' \(arguments) '\(lenet)'"
    return try Program(path: "/usr/bin/script").run(
      ["-q", "-e", "-c", command, "/dev/null"],
      environment: ["TERM": "xterm", "NO_COLOR": ""].merging(environment) { $1 }
    ).output
  }

  @Test func phasesAndSeveritiesAreInColour() throws {
    let text = try output("analyze --findings")
    #expect(text.contains("\u{1B}[31mHEAVY-TAILED\u{1B}[0m") && text.contains("\u{1B}[35mBULK-DECAY\u{1B}[0m"))
    #expect(text.contains("\u{1B}[33m!\u{1B}[0m") || !text.contains("    ! "))
    #expect(try output("compare '\(Fixtures.sample("LeNet5/lenet5.onnx"))'").contains("\u{1B}[31m"))
    #expect(try output("trace --columns phase").contains("\u{1B}[31mHEAVY-TAILED"))
  }

  @Test(arguments: [["NO_COLOR": "1"], ["TERM": "dumb"]]) func coloursCanBeUnwanted(environment: [String: String])
    throws
  {
    #expect(try !output("analyze -q", environment: environment).contains("\u{1B}["))
  }

  @Test func sparklinesNeedRoom() throws {
    #expect(try output("analyze -q").contains("█"))
    #expect(try !output("analyze -q", columns: 100).contains("█"))
    let lines = try output("analyze -q", columns: 80, environment: ["NO_COLOR": "1"]).split { $0.isNewline }
    #expect(lines.allSatisfy { $0.count <= 80 })
  }

  @Test func progressIsWrittenOver() throws {
    let text = try output("analyze")
    #expect(text.contains("\r\u{1B}[K1/5  "))
    #expect(try !output("analyze -q").contains("1/5"))
  }
}

@Suite struct EigenvalueFileTests {
  private let lenet = Fixtures.sample("LeNet5/lenet5.safetensors")

  private func written(_ arguments: String...) throws -> [UInt8] {
    try Fixtures.withDirectory { folder in
      let path = folder + "/esd.npz"
      let outcome = try heavytail(["analyze", "--esd", path] + arguments)
      #expect(outcome.status == 0 && outcome.errors == "")
      #expect(try ModelDirectory(path: folder).entries == ["esd.npz"])
      return try Fixtures.read(path)
    }
  }

  private func arrays(_ bytes: [UInt8]) throws -> [(name: String, values: [Double])] {
    let zip = try ZipArchive(ByteSource(owned: bytes, label: "esd.npz"), limits: Limits())
    return try zip.entries.map { ($0.name.description, try #require(zip.contents(of: $0).vectorOfDoubles())) }
  }

  @Test func eigenvaluesAreThoseOfTheReport() throws {
    let arrays = try arrays(written(lenet))
    #expect(arrays.map(\.name) == ["conv1.npy", "conv2.npy", "fc1.npy", "fc2.npy", "fc3.npy"])
    let lines = try heavytail("analyze", "--format", "jsonl", lenet).output.split(separator: "\n")
    for (line, array) in zip(lines, arrays) {
      let row = try JSON.parse(ByteSource(owned: Array(line.utf8), label: "row"), limits: Limits())
      #expect(array.values.count == row["num_evals"]?.int && array.values == array.values.sorted())
      #expect(array.values.last == row["spectral_norm"]?.double)
      let norm = try #require(row["norm"]?.double)
      #expect(abs(array.values.reduce(0, +) - norm) < 1e-12 * norm)
    }
  }

  @Test func theSameBytesForAnyNumberOfThreads() throws {
    let bytes = try written("--threads", "1", lenet)
    #expect(try written("--threads", "2", "--format", "csv", lenet) == bytes)
    // Whether or not the report needs the spectra as well.
    #expect(try written("--format", "html", "--bootstrap", "0", lenet) == bytes)
  }

  @Test func severalModelsAndMatrices() throws {
    let other = Fixtures.sample("LeNet5/lenet5.onnx")
    let arrays = try arrays(written("--per-slice", "--layers", "conv2", lenet, other))
    let name = String(lenet.drop { $0 == "/" })
    #expect(
      arrays.count == 50 && arrays[0].name == "\(name)/conv2[position 0,0].npy"
        && arrays.allSatisfy { $0.values.count == 6 })
  }

  @Test func aPlaceThatCannotBeWrittenTo() throws {
    let outcome = try heavytail("analyze", "--esd", "/no/such/esd.npz", lenet)
    #expect(outcome.status == 1 && outcome.errors.contains("cannot create /no/such/esd.npz") && outcome.output == "")
  }
}
