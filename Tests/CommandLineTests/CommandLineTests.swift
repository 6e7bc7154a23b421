import Foundation
import ModelReading
import SpectralCore
import StrictJSON
import TestSupport
import Testing

/// Runs the program that was built beside the tests.
func heavytail(_ arguments: String...) throws -> Outcome { try heavytail(arguments) }

func heavytail(_ arguments: [String], environment: [String: String] = [:]) throws -> Outcome {
  try Program("heavytail").run(arguments, environment: environment)
}

/// The program, with `prefix` before it in a shell: limits on it, for example.
func heavytail(after prefix: String, _ arguments: [String]) throws -> Outcome {
  let command = "\(prefix) '\(Program("heavytail").path)' \"$@\""
  return try Program(path: "/bin/bash").run(["-c", command, "bash"] + arguments)
}

@Suite struct AnalyzeCommandTests {
  private let lenet = Fixtures.sample("LeNet5/lenet5.safetensors")

  @Test func tableOfOneModel() throws {
    let outcome = try heavytail("analyze", lenet)
    #expect(outcome.status == 0 && outcome.errors == "")
    let lines = outcome.output.split(separator: "\n")
    #expect(lines[0].contains("lenet5.safetensors  (safetensors, single file"))
    #expect(lines[1].hasPrefix("layer") && lines[1].contains("alpha"))
    #expect(lines[3].hasPrefix("conv1") && lines[7].hasPrefix("fc3"))
    #expect(lines.last?.hasPrefix("61,706 parameters · 5 of 5 weights analysed") == true)
  }

  @Test func timingsChangeNothingElse() throws {
    let outcome = try heavytail("analyze", "--timings", lenet)
    #expect(try outcome.output == heavytail("analyze", lenet).output)
    let lines = outcome.errors.split(separator: "\n")
    #expect(lines.first == "timings in seconds")
    let stages = ["start", "open", "decode", "gram", "eigenvalues", "fits", "studies", "report", "wall"]
    #expect(lines.dropFirst().map { $0.prefix { $0 != " " } } == stages.map { $0[...] })
    #expect(lines.dropFirst().allSatisfy { Double($0.split(separator: " ")[1]) != nil })
  }

  /// Of LeNet-5's weights the first is a vector, the others have a p-value unless it is not wanted.
  @Test(arguments: [("auto", 4), ("12", 4), ("0", 0)])
  func theBootstrapIsOnUnlessSwitchedOff(argument: String, expected: Int) throws {
    let outcome = try heavytail("analyze", "--format", "json", "--bootstrap", argument, lenet)
    let object = try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    #expect((object["settings"] as? [String: String])?["bootstrap"] == argument)
    let model = try #require((object["models"] as? [[String: Any]])?.first)
    let layers = try #require(model["layers"] as? [[String: Any]])
    #expect(layers.count { $0["fit_p_value"] is Double } == expected)
  }

  @Test(arguments: ["-1", "many"])
  func theBootstrapNeedsANumber(argument: String) throws {
    #expect(try heavytail("analyze", "--bootstrap=" + argument, lenet).status == 64)
  }

  @Test func jsonFollowsItsSchema() throws {
    let outcome = try heavytail("analyze", "--format", "json", lenet)
    #expect(outcome.status == 0)
    let object = try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    #expect(object["schema"] as? String == "heavytail.analysis/1")
    let model = try #require((object["models"] as? [[String: Any]])?.first)
    let layers = try #require(model["layers"] as? [[String: Any]])
    #expect(layers.count == 5)
    let names = [
      "layer_id", "name", "kind", "element_type", "shape", "slicing", "slices", "rf", "N", "M", "Q", "num_evals",
      "arithmetic", "spectrum", "norm",
      "log_norm", "spectral_norm", "log_spectral_norm", "stable_rank", "hard_rank", "rank_loss", "entropy", "alpha",
      "D",
      "sigma", "xmin", "xmax", "num_pl_spikes", "alpha_weighted", "log_alpha_norm", "best_fit", "alpha_tpl",
      "num_fingers", "raw_alpha",
      "sigma_alpha_tpl", "sigma_lambda_tpl",
      "lambda_tpl", "fit_p_value", "sigma_mp", "lambda_plus", "lambda_minus", "num_spikes", "mp_softrank", "bulk_fit_D",
      "tw_score", "tw_p_value", "Q_ratio", "spike_strengths", "spike_overlaps", "ERG_num", "ERG_gap", "alpha_low",
      "alpha_high", "phase", "universality_class", "mu", "status", "reason", "warning", "findings",
    ]
    #expect(Set(layers[0].keys) == Set(names))
    #expect(layers[1]["shape"] as? [Int] == [16, 6, 5, 5] && layers[1]["slices"] as? Int == 25)
    #expect(layers[0]["alpha"] is NSNull)
  }

  @Test func fingersAreOursOrThePeers() throws {
    let outcome = try heavytail("analyze", "--fix-fingers", "--format", "json", "--layers", "fc1", lenet)
    #expect(outcome.status == 0 && outcome.output.contains("\"num_fingers\": 0"))
    #expect(try heavytail("analyze", "--fix-fingers", "--compat", "weightwatcher", lenet).status == 64)
  }

  @Test func gridBelongsToFourier() throws {
    let outcome = try heavytail(
      "analyze", "--slicing", "fourier", "--grid", "8", "--format", "csv", "--layers", "conv2", lenet)
    #expect(outcome.status == 0 && outcome.output.contains(",fourier 8x8,64,25,"))
    #expect(try heavytail("analyze", "--grid", "8", lenet).status == 64)
    #expect(try heavytail("analyze", "--slicing", "fourier", "--grid", "0", lenet).status == 64)
  }

  @Test func baseIsSubtractedAndNamed() throws {
    let base = Fixtures.sample("LeNet5/lenet5.onnx")
    let outcome = try heavytail("analyze", "--base", base, "--format", "json", lenet)
    #expect(outcome.status == 0 && outcome.output.contains("\"base\": \"\(base)\""))
    #expect(outcome.output.contains("\"norm\": 0.0,"))
    let missing = try heavytail("analyze", "--base", "/nowhere", lenet)
    #expect(missing.status == 2 && missing.output == "" && missing.errors.hasPrefix("error: /nowhere"))
  }

  /// A file of one attention layer, two heads of queries for one of keys and values, and its configuration.
  @Test func headsOfAttention() throws {
    try Fixtures.withDirectory { folder in
      let shapes = [("q_proj", [32, 40]), ("k_proj", [16, 40]), ("v_proj", [16, 40]), ("o_proj", [40, 32])]
      var header: [String] = []
      var data: [UInt8] = []
      for (name, shape) in shapes {
        let matrix = RandomMatrix.gaussian(seed: UInt64(data.count), rows: shape[0], columns: shape[1])
        let start = data.count
        data += matrix.values.map { Float($0) }.littleEndianBytes
        header.append(
          #""self_attn.\#(name).weight":{"dtype":"F32","shape":\#(shape),"data_offsets":[\#(start),\#(data.count)]}"#)
      }
      let text = "{\(header.joined(separator: ","))}"
      let model = folder + "/model.safetensors"
      let length = (0..<8).map { UInt8(truncatingIfNeeded: text.utf8.count >> (8 * $0)) }
      try Fixtures.write(length + Array(text.utf8) + data, to: model)

      let plain = try heavytail("analyze", "--format", "csv", model)
      let unknown = try heavytail("analyze", "--per-head", "--format", "csv", model)
      #expect(unknown.status == 0 && unknown.output.contains("an unknown number of heads, which --head-width can tell"))
      let told = try heavytail("analyze", "--per-head", "--head-width", "16", "--format", "json", model)
      #expect(told.output.contains("\"head_width\": \"16\"") && told.output.contains("\"slices\": 2"))

      let config =
        #"{"model_type":"llama","head_dim":16,"num_attention_heads":2,"num_key_value_heads":1,"hidden_size":40}"#
      try Fixtures.write(Array(config.utf8), to: folder + "/config.json")
      #expect(try heavytail("analyze", "--format", "csv", model).output == plain.output)
      let rows = try heavytail("analyze", "--per-head", "--per-slice", "--format", "csv", model).output
      let names = rows.split(separator: "\n").dropFirst().compactMap { row in
        row.split(separator: ",").first { $0.hasPrefix("self_attn.") }
      }
      #expect(
        names == [
          "self_attn.k_proj[head 0]", "self_attn.o_proj[head 0]", "self_attn.o_proj[head 1]",
          "self_attn.q_proj[head 0]", "self_attn.q_proj[head 1]", "self_attn.v_proj[head 0]",
        ])
      #expect(!rows.contains("head-width"))
    }
  }

  @Test(arguments: [
    ["--head-width", "16"], ["--per-head", "--head-width", "0"], ["--per-head", "--of", "stacked"],
    ["--per-head", "--compat", "weightwatcher"],
  ]) func headsHaveTheirOptions(_ options: [String]) throws {
    #expect(try heavytail(["analyze"] + options + [lenet]).status == 64)
  }

  @Test func spectraOfOtherThings() throws {
    let stacked = try heavytail("analyze", "--of", "stacked", "--format", "json", lenet)
    #expect(stacked.status == 0 && stacked.output.contains("\"of\": \"stacked\""))
    #expect(stacked.output.contains("\"name\": \"3 weights\"") && stacked.output.contains("\"code\": \"unmatched\""))
    #expect(stacked.output.contains("\"parameters\": 61706"))
    let products = try heavytail("analyze", "--of", "intra", "--layers", "fc1*", lenet)
    #expect(products.status == 0 && products.output.contains("fc1 → fc2") && !products.output.contains("fc2 → fc3"))
    #expect(try heavytail("analyze", "--of", "inverse", "--compat", "weightwatcher", lenet).status == 64)
  }

  @Test func findingsAreBelowTheTableAndAlwaysInJSON() throws {
    let plain = try heavytail("analyze", lenet).output
    let table = try heavytail("analyze", "--findings", lenet).output
    #expect(
      table.hasPrefix(plain) && table.contains("    · fc2: α is not credible: D is large for a power law (alpha "))
    let text = try heavytail("analyze", "--format", "json", lenet).output
    let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    let model = try #require((object["models"] as? [[String: Any]])?.first)
    let summary = try #require(model["summary"] as? [String: Any])
    #expect(summary["credible"] as? Int == 1 && summary["fitted"] as? Int == 4)
    let layers = try #require(model["layers"] as? [[String: Any]])
    let fc1 = try #require(layers.first { $0["name"] as? String == "fc1" })
    #expect(summary["mean_alpha_credible"] as? Double == fc1["alpha"] as? Double)
    #expect(plain.contains("4 power-law fits, 1 credible · mean credible α 1.947"))
    let finding = try #require((fc1["findings"] as? [[String: Any]])?.last)
    #expect(finding["level"] as? String == "heuristic" && finding["severity"] as? String == "note")
    #expect((finding["evidence"] as? [String: Any])?["alpha"] as? Double == fc1["alpha"] as? Double)
    #expect((model["findings"] as? [[String: Any]])?.isEmpty == false)
    #expect(try !heavytail("analyze", "--format", "csv", lenet).output.contains("finding"))
  }

  @Test func csvHasARowPerLayer() throws {
    let outcome = try heavytail("analyze", "--format", "csv", "--layers", "fc*", lenet)
    let lines = outcome.output.split(separator: "\n")
    #expect(lines.count == 4)
    #expect(lines[0].hasPrefix("path,format,layer_id,name,kind,element_type,shape,"))
    let width = lines[0].split(separator: ",", omittingEmptySubsequences: false).count
    #expect(lines.dropFirst().allSatisfy { $0.split(separator: ",", omittingEmptySubsequences: false).count == width })
  }

  @Test func jsonLinesAreObjects() throws {
    let outcome = try heavytail("analyze", "--format", "jsonl", lenet)
    let lines = outcome.output.split(separator: "\n")
    #expect(lines.count == 5)
    for line in lines {
      #expect(try JSONSerialization.jsonObject(with: Data(line.utf8)) is [String: Any])
    }
  }

  @Test func oneBadFileDoesNotStopTheOthers() throws {
    let outcome = try heavytail("analyze", Fixtures.sample("Bad/html.onnx"), lenet, "/nowhere/at/all")
    #expect(outcome.status == 1)
    #expect(outcome.output.contains("conv1"))
    #expect(outcome.errors.contains("html.onnx:0: is an HTML page"))
    #expect(outcome.errors.contains("/nowhere/at/all: open fails: No such file or directory"))
  }

  @Test func nothingReadable() throws {
    try Fixtures.withDirectory { directory in
      let empty = try heavytail("analyze", directory)
      #expect(empty.status == 2 && empty.output == "")
      #expect(empty.errors.contains("is a folder without models"))
    }
    let missing = try heavytail("analyze", "/nowhere/at/all")
    #expect(missing.status == 2 && missing.output == "")
  }

  @Test func wrongUsage() throws {
    #expect(try heavytail("analyze").status == 64)
    #expect(try heavytail("analyze", "--format", "xml", lenet).status == 64)
    #expect(try heavytail("analyze", "--ww", "inverse=True", lenet).status == 64)
    #expect(try heavytail("analyze", "--compat", "weightwatcher", "--ww", "fit=TPLX", lenet).status == 64)
    #expect(try heavytail("analyze", "--compat", "weightwatcher", "--ww", "xmin_max=1", lenet).status == 64)
    #expect(try heavytail("analyze", "--compat", "weightwatcher", "--format", "json", lenet).status == 64)
    #expect(try heavytail("analyze", "--compat", "weightwatcher", "--format", "jsonl", lenet).status == 64)
    #expect(try heavytail("analyze", "--threads", "0", lenet).status == 64)
    #expect(try heavytail("analyze", "--threads", "3000000000", lenet).status == 64)
    #expect(try heavytail("analyze", "--max-memory", "lots", lenet).status == 64)
  }

  /// With memory for a part of a spectrum α is the same, and what needs all of it is left out.
  @Test func littleMemoryGivesTheLargestEigenvalues() throws {
    try Fixtures.withDirectory { directory in
      let path = directory + "/spikes.safetensors"
      let size = ["--rows", "700", "--columns", "600", "--seed", "5", "-o", path]
      #expect(try heavytail(["synth", "decaying-spikes"] + size).status == 0)
      func layer(_ memory: String) throws -> [String: Any] {
        let outcome = try heavytail("analyze", "--format", "jsonl", "--max-memory", memory, path)
        #expect(outcome.status == 0)
        return try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
      }
      let (full, partial, none) = try (layer("1G"), layer("20M"), layer("2M"))
      #expect(full["spectrum"] as? String == "full" && partial["spectrum"] as? String == "partial")
      let (alpha, exact) = (try #require(partial["alpha"] as? Double), try #require(full["alpha"] as? Double))
      #expect(abs(alpha - exact) <= 1e-9 * exact)
      #expect(partial["num_pl_spikes"] as? Int == full["num_pl_spikes"] as? Int)
      #expect(partial["hard_rank"] is NSNull && (partial["warning"] as? String)?.hasPrefix("of 600 ") == true)
      #expect(none["status"] as? String == "skipped")
      #expect((none["reason"] as? String)?.contains(" for the largest eigenvalues alone, the limit is 2097152") == true)
    }
  }

  @Test func layersAreChosenByEitherName() throws {
    let variety = Fixtures.sample("Variety/variety.safetensors")
    let rows = try heavytail("analyze", "--format", "csv", "--layers", "lstm.l0", variety).output.split(separator: "\n")
    #expect(rows.count == 3)
    let one = try heavytail("analyze", "--format", "csv", "--layers", "lstm.l0.kernel", variety).output
    #expect(one.split(separator: "\n").count == 2)
  }

  @Test func aPatternWithoutMatchIsAnError() throws {
    let outcome = try heavytail("analyze", "--layers", "conv9", lenet)
    #expect(outcome.status == 1 && outcome.output == "")
    #expect(outcome.errors.hasPrefix("error: no layer matches conv9"))
  }

  @Test func layerNumbersAreThoseOfInspect() throws {
    let variety = Fixtures.sample("Variety/variety.pt")
    func layers(_ text: String) throws -> [[String: Any]] {
      let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
      return try #require((object?["models"] as? [[String: Any]])?.first?["layers"] as? [[String: Any]])
    }
    let graph = try layers(heavytail("inspect", "--format", "json", variety).output)
    for row in try layers(heavytail("analyze", "--format", "json", variety).output) {
      let layer = graph[try #require(row["layer_id"] as? Int)]
      #expect((row["name"] as? String)?.hasPrefix(try #require(layer["name"] as? String)) == true)
    }
  }

  @Test func linksBackDoNotLoop() throws {
    try Fixtures.withDirectory { directory in
      try Fixtures.write(Fixtures.read(lenet), to: directory + "/m.safetensors")
      for name in ["a", "b"] {
        try FileManager.default.createSymbolicLink(atPath: directory + "/" + name, withDestinationPath: ".")
      }
      let outcome = try heavytail("analyze", "--format", "csv", directory)
      for name in ["a", "b"] { try FileManager.default.removeItem(atPath: directory + "/" + name) }
      #expect(outcome.status == 0 && outcome.output.split(separator: "\n").count == 6)
    }
  }

  @Test func otherModelsInAModelsFolderAreMentioned() throws {
    try Fixtures.withDirectory { directory in
      try Fixtures.write(Fixtures.read(lenet), to: directory + "/model.safetensors")
      try Fixtures.write(Fixtures.read(Fixtures.sample("LeNet5/lenet5.onnx")), to: directory + "/model.onnx")
      let outcome = try heavytail("analyze", directory)
      #expect(outcome.status == 0)
      #expect(outcome.errors.contains("model.onnx is not part of the model in its folder"))
      #expect(try heavytail("analyze", "-q", directory).errors == "")
    }
  }

  @Test func devicesAndLinksKeepBeingWhatTheyAre() throws {
    let device = try heavytail("analyze", "-o", "/dev/stdout", lenet)
    #expect(device.status == 0 && device.output.contains("fc3"))
    try Fixtures.withDirectory { directory in
      try Fixtures.write([], to: directory + "/target")
      try FileManager.default.createSymbolicLink(atPath: directory + "/link", withDestinationPath: "target")
      #expect(try heavytail("analyze", "-o", directory + "/link", lenet).status == 0)
      #expect(try !Fixtures.read(directory + "/target").isEmpty)
      #expect(try FileManager.default.destinationOfSymbolicLink(atPath: directory + "/link") == "target")
    }
  }

  @Test func folderOfModels() throws {
    let outcome = try heavytail("analyze", "--format", "csv", Fixtures.sample("LeNet5"))
    #expect(outcome.status == 0)
    #expect(outcome.output.split(separator: "\n").count == 1 + 7 * 5)
  }

  @Test func reportGoesToAFileWhole() throws {
    try Fixtures.withDirectory { directory in
      let path = directory + "/report.json"
      let outcome = try heavytail("analyze", "--format", "json", "-o", path, lenet)
      #expect(outcome.status == 0 && outcome.output == "")
      #expect(try Fixtures.read(path).last == UInt8(ascii: "\n"))
      #expect(try ModelDirectory(path: directory).entries == ["report.json"])
      let failing = try heavytail("analyze", "-o", directory + "/no/such/folder/x", lenet)
      #expect(failing.status == 1 && failing.errors.contains("cannot create"))
    }
  }
}

@Suite struct OtherCommandTests {
  @Test func inspectShowsParameters() throws {
    let outcome = try heavytail("inspect", "--format", "json", Fixtures.sample("LeNet5/lenet5.safetensors"))
    #expect(outcome.status == 0)
    let object = try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    #expect(object["schema"] as? String == "heavytail.graph/1")
    let layers = try #require((object["models"] as? [[String: Any]])?.first?["layers"] as? [[String: Any]])
    let kernel = try #require((layers[0]["parameters"] as? [[String: Any]])?.first)
    #expect(
      kernel["role"] as? String == "kernel"
        && kernel["axes"] as? [String] == ["output", "input", "spatial0", "spatial1"])
    #expect(kernel["byte_count"] as? Int == 600)
  }

  @Test func securityListsWhatALoaderWouldHaveRun() throws {
    let bad = Fixtures.sample("Bad/calls-os-system.pt")
    let lenet = Fixtures.sample("LeNet5/lenet5.pt")
    let outcome = try heavytail("inspect", "--security", "--format", "json", bad, lenet)
    #expect(outcome.status == 1)
    let object = try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    #expect(object["schema"] as? String == "heavytail.security/1")
    let findings = try #require(object["findings"] as? [[String: Any]])
    #expect(findings.count == 1 && findings[0]["refused"] as? Bool == true)
    #expect((findings[0]["message"] as? String)?.contains("os.system") == true)
    let clean = try heavytail("inspect", "--security", lenet)
    #expect(clean.status == 0)
    #expect(clean.output == "1 model: nothing that a loader would have executed or fetched\n")
  }

  @Test func systemNamesTheKernels() throws {
    let outcome = try heavytail("formats", "--system")
    #expect(outcome.status == 0 && outcome.output.contains("OpenBLAS"))
    #expect(outcome.output.split(separator: "\n").contains { $0.hasPrefix("kernels     ") })
  }

  @Test func formatsListsEveryReader() throws {
    let outcome = try heavytail("formats")
    #expect(outcome.status == 0)
    for name in ["safetensors", "pytorch", "keras", "onnx", "gguf", "numpy"] { #expect(outcome.output.contains(name)) }
  }

  @Test func versionAndHelp() throws {
    #expect(try heavytail("--version").output == "0.1.0\n")
    #expect(try heavytail("--help").output.contains("analyze"))
  }
}

@Suite struct ExplainCommandTests {
  @Test func aTermIsExplained() throws {
    let outcome = try heavytail("explain", "large", "D")
    #expect(outcome.status == 0 && outcome.output.hasPrefix("large D\n  D is above 0.06"))
    #expect(try heavytail("explain", "alpha").output.contains("formula: p(λ) ~ λ^−α"))
  }

  @Test func allTermsAreListed() throws {
    let outcome = try heavytail("explain")
    #expect(outcome.status == 0 && outcome.output.contains("Phases\n  RANDOM-LIKE"))
  }

  @Test func anUnknownTermIsWrongUsage() throws {
    let near = try heavytail("explain", "alhpa")
    #expect(near.status == 64 && near.output == "" && near.errors.contains("did you mean alpha"))
    let far = try heavytail("explain", "photosynthesis")
    #expect(far.status == 64 && far.errors.contains("heavytail explain lists all terms"))
  }
}

@Suite struct SynthCommandTests {
  /// `all` and then the analysis, as the help says.
  @Test func theZooShowsItsPhases() throws {
    try Fixtures.withDirectory { directory in
      let path = directory + "/zoo.safetensors"
      let outcome = try heavytail("synth", "all", "--rows", "400", "--columns", "200", "--seed", "5", "-o", path)
      #expect(outcome.status == 0 && outcome.output == "" && outcome.errors == "")
      let report = try heavytail("analyze", "--format", "json", path)
      let object = try JSONSerialization.jsonObject(with: Data(report.output.utf8)) as? [String: Any]
      let model = try #require((object?["models"] as? [[String: Any]])?.first)
      let metadata = try #require(model["metadata"] as? [String: String])
      let layers = try #require(model["layers"] as? [[String: Any]])
      #expect(layers.count == RandomEnsemble.examples(columns: 200).count)
      for layer in layers {
        let name = try #require(layer["name"] as? String)
        let phase = try #require(layer["phase"] as? String)
        #expect(metadata[name + ".weight"]?.hasSuffix(", expected phase \(phase)") == true, "\(name)")
      }
      #expect(try ModelDirectory(path: directory).entries == ["zoo.safetensors"])
    }
  }

  @Test func valuesAreThoseOfTheEnsemble() throws {
    try Fixtures.withDirectory { directory in
      let path = directory + "/g.safetensors"
      let arguments = [
        "--rows", "6", "--columns", "4", "--count", "2", "--seed", "42", "--sigma", "0.5", "--type", "f64",
      ]
      #expect(try heavytail(["synth", "gaussian", "-o", path] + arguments).status == 0)
      let values = [42, 43].flatMap { RandomMatrix.gaussian(seed: $0, rows: 6, columns: 4, sigma: 0.5).values }
      let bytes = values.flatMap { value in (0..<8).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) } }
      let first = try Fixtures.read(path)
      #expect(Array(first.suffix(bytes.count)) == bytes)
      #expect(try heavytail(["synth", "gaussian", "--force", "-o", path] + arguments).status == 0)
      #expect(try Fixtures.read(path) == first)
    }
  }

  @Test func anExistingFileStays() throws {
    try Fixtures.withDirectory { directory in
      let path = directory + "/g.safetensors"
      try Fixtures.write([1], to: path)
      let outcome = try heavytail("synth", "gaussian", "-o", path)
      #expect(outcome.status == 1 && outcome.errors == "error: \(path) exists\n  hint: --force replaces it\n")
      #expect(try Fixtures.read(path) == [1])
      #expect(try heavytail("synth", "uniform", "--rows", "3", "--columns", "9", "--force", "-o", path).status == 0)
      #expect(try heavytail("synth", "gaussian", "-o", directory + "/no/such").status == 1)
      #expect(try ModelDirectory(path: directory).entries == ["g.safetensors"])
    }
  }

  @Test(arguments: [
    (["gaussian", "--mu", "2"], "--mu is no parameter of gaussian, only of lomax, symmetric-pareto, student-t"),
    (["gaussian", "--rows", "0"], "--rows is 0, it must be at least 1"),
    (["gaussian", "--sigma", "nan"], "--sigma is nan, it must be above 0"),
    (["gaussian", "--rows", "4000000000", "--columns", "4000000000"], "does not fit in memory"),
    (["gaussian", "--count", "2000000000"], "--count is 2000000000, it must be from 1 to 100000"),
    (["low-rank", "--rank", "501"], "--rank is 501, it must be from 1 to the shorter side, 500"),
    (["spiked", "--spikes", "2,,5"], "--spikes is '2,,5', it must be"),
    (["spiked", "--spikes", "-1"], "--spikes"),
    (["student-t", "--mu", "2.5"], "it must be a whole number from 1 to 1000"),
    (["traps", "--traps", "0"], "--traps is 0"), (["power-law-covariance", "--alpha", "1"], "--alpha is 1.0"),
    (["all", "--columns", "100"], "all needs at least 200 rows and columns"), (["cauchy"], "cauchy"),
  ])
  func wrongUsage(arguments: [String], message: String) throws {
    let outcome = try heavytail(["synth", "-o", "/tmp/heavytail-never-written"] + arguments)
    #expect(outcome.status == 64 && outcome.errors.contains(message), "\(outcome.errors)")
  }
}

/// What the program loads, and when.
@Suite struct LibraryTests {
  private let lenet = Fixtures.sample("LeNet5/lenet5.safetensors")

  /// Their loading takes longer than most indexes take to read. The loader lists what it would load.
  @Test func librariesOfComputationsAndOfHDF5AreNotLoadedAtStart() throws {
    let list = try heavytail(["--version"], environment: ["LD_TRACE_LOADED_OBJECTS": "1"]).output
    #expect(list.contains("libc.so"))
    for name in ["libhdf5", "libopenblas", "liblapack"] { #expect(!list.contains(name), "\(list)") }
  }

  @Test func withoutBLASOnlyComputationsFail() throws {
    try Fixtures.withDirectory { directory in
      try Fixtures.write(Array("no library".utf8), to: directory + "/libopenblas.so.0")
      let inherited = ProcessInfo.processInfo.environment["LD_LIBRARY_PATH"].map { ":" + $0 } ?? ""
      let environment = ["LD_LIBRARY_PATH": directory + inherited]
      let outcome = try heavytail(["analyze", lenet], environment: environment)
      #expect(outcome.status == 2 && outcome.output == "")
      #expect(outcome.errors.contains("libopenblas.so.0") && outcome.errors.contains("hint: "))
      #expect(try heavytail(["inspect", lenet], environment: environment).status == 0)
    }
  }
}

/// Files that are not what their names say.
@Suite(.enabled(if: Fixtures.shared("models/not-models") != nil))
struct ImpostorTests {
  @Test(arguments: [
    ("html-page.onnx", "is an HTML page"), ("git-lfs-pointer.onnx", "is a Git LFS pointer"),
    ("truncated-zip.pth", "before its central directory"),
    ("u8-images-not-weights.safetensors", "holds no weight matrices"),
  ])
  func isNamed(file: String, cause: String) throws {
    let outcome = try heavytail("analyze", try #require(Fixtures.shared("models/not-models/" + file)))
    #expect(outcome.status == 2 && outcome.output == "")
    #expect(outcome.errors.contains(file) && outcome.errors.contains(cause))
    #expect(outcome.errors.split(separator: "\n").count { $0.hasPrefix("error:") } == 1)
  }
}

@Suite struct DistancesCommandTests {
  private let first = Fixtures.sample("MLP3/mlp3-init.safetensors")
  private let second = Fixtures.sample("MLP3/mlp3-trained.safetensors")

  @Test func tableEndsWithTheMeans() throws {
    let outcome = try heavytail("distances", first, second)
    #expect(outcome.status == 0 && outcome.errors == "")
    let lines = outcome.output.split(separator: "\n")
    #expect(lines.count == 8 && lines[0].contains("↔"))
    #expect(lines[3].hasPrefix("fc1") && lines[3].contains("10.8351"))
    #expect(lines[7].hasPrefix("4 weights compared · 0 unmatched · mean delta_W"))
  }

  @Test func identicalModelsSaySo() throws {
    let onnx = Fixtures.sample("LeNet5/lenet5.onnx")
    let outcome = try heavytail("distances", onnx, Fixtures.sample("LeNet5/lenet5.keras"))
    #expect(outcome.output.contains("identical: every weight and its bias, bit for bit"))
  }

  @Test func csvAndJSON() throws {
    let csv = try heavytail("distances", "--format", "csv", "--layers", "fc1", first, second).output
    let lines = csv.split(separator: "\n")
    #expect(
      lines[0] == "layer_id,name,kind,shape,identical,delta_W,delta_b,euclidean,cka,spectral,status,reason")
    #expect(lines.count == 2 && lines[1].hasPrefix("0,fc1,dense,512x784,false,10.835") && lines[1].hasSuffix(",ok,"))
    let json = try heavytail("distances", "--format", "json", first, second).output
    let object = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
    #expect(object["schema"] as? String == "heavytail.distances/1" && object["identical"] as? Bool == false)
    let layers = try #require(object["layers"] as? [[String: Any]])
    #expect(layers.count == 4 && layers[0]["reason"] is NSNull && layers[0]["cka"] is Double)
    #expect((object["unmatched"] as? [Any])?.isEmpty == true)
  }

  @Test func modelsWithNothingInCommon() throws {
    let outcome = try heavytail("distances", first, Fixtures.sample("LeNet5Large/lenet5-large.safetensors"))
    #expect(outcome.status == 2 && outcome.output == "")
    #expect(outcome.errors.contains("has no weight of the same name and shape"))
  }
}

@Suite struct CompareCommandTests {
  private let initial = Fixtures.sample("MLP3/mlp3-init.safetensors")
  private let trained = Fixtures.sample("MLP3/mlp3-trained.safetensors")

  @Test func tableNamesWhatChanged() throws {
    let outcome = try heavytail("compare", initial, trained)
    #expect(outcome.status == 0 && outcome.errors == "")
    let lines = outcome.output.split(separator: "\n")
    #expect(lines.count == 8 && lines[0].contains("→"))
    #expect(lines[3].hasPrefix("fc1") && lines[3].contains("RANDOM-LIKE → "))
    #expect(lines[7].hasPrefix("4 weights compared · 0 unmatched · "))
  }

  /// Numbers of both models are those of their own analyses; the distance is that of `distances`.
  @Test func numbersAgreeWithTheOtherCommands() throws {
    func object(_ arguments: String...) throws -> [String: Any] {
      let text = try heavytail(arguments).output
      return try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }
    let comparison = try object("compare", "--format", "json", initial, trained, trained)
    #expect(comparison["schema"] as? String == "heavytail.comparison/1")
    let comparisons = try #require(comparison["comparisons"] as? [[String: Any]])
    #expect(comparisons.count == 2)
    let layers = try #require(comparisons[0]["layers"] as? [[String: Any]])
    for (side, path) in [("first", initial), ("second", trained)] {
      let analysis = try object("analyze", "--format", "json", "--bootstrap", "0", path)
      let models = try #require(analysis["models"] as? [[String: Any]])
      let rows = try #require(models[0]["layers"] as? [[String: Any]])
      for (layer, row) in zip(layers, rows) {
        let record = try #require(layer[side] as? [String: Any])
        for column in ["alpha", "sigma", "stable_rank", "entropy", "num_spikes"] {
          #expect(record[column] as? Double == row[column] as? Double, "\(column)")
        }
        #expect(record["phase"] as? String == row["phase"] as? String)
      }
    }
    // ‖W₁ − W₂‖_F by numpy, and ‖W₁‖² of the analysis.
    let analysis = try object("analyze", "--format", "json", "--layers", "fc1", initial)
    let row = try #require(((analysis["models"] as? [[String: Any]])?[0]["layers"] as? [[String: Any]])?[0])
    let distance = try #require(layers[0]["relative_distance"] as? Double)
    let norm = try #require(row["norm"] as? Double)
    #expect(abs(distance - 10.83512414675486 / norm.squareRoot()) <= 1e-12)
  }

  @Test func twoFormatsOfOneModel() throws {
    let outcome = try heavytail(
      "compare", Fixtures.sample("LeNet5/lenet5.onnx"), Fixtures.sample("LeNet5/lenet5.keras"))
    #expect(outcome.status == 0 && outcome.output.contains("5 identical · the same weights, bit for bit"))
  }

  /// The one that cannot be read costs the other nothing.
  @Test func aModelThatCannotBeRead() throws {
    let outcome = try heavytail("compare", "--format", "csv", initial, "/nowhere.pt", trained)
    #expect(outcome.status == 1 && outcome.errors.contains("/nowhere.pt"))
    let lines = outcome.output.split(separator: "\n")
    #expect(lines.count == 5 && lines[0].hasPrefix("first,second,layer_id,name,second_name,kind,shape,status,reason,"))
    let counts = Set(lines.map { $0.split(separator: ",", omittingEmptySubsequences: false).count })
    #expect(counts.count == 1)
    #expect(try heavytail("compare", initial).status == 64)
    #expect(try heavytail("compare", "/nowhere.pt", initial).status == 2)
  }
}
