import Analysis
import Foundation
import ModelReading
import TestSupport
import Testing

/// Rows of a CSV file without quoted fields, by column name.
func rows(_ path: String) throws -> [[String: String]] {
  let lines = String(decoding: try Fixtures.read(path), as: UTF8.self).split(separator: "\n")
  let names = lines[0].split(separator: ",").map(String.init)
  return lines.dropFirst().map { line in
    let fields = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    return Dictionary(zip(names, fields)) { first, _ in first }
  }
}

/// WeightWatcher 0.7.7 on the same weights, where its conventions are ours: dense layers of 20 eigenvalues and more.
@Suite(.enabled(if: Fixtures.shared("golden/weightwatcher/synthetic17.safetensors") != nil))
struct PeerTests {
  @Test func denseLayersOfTheSyntheticModelAgree() throws {
    let folder = try #require(Fixtures.shared("golden/weightwatcher"))
    let report = try report(folder + "/synthetic17.safetensors")
    let expected = try rows(folder + "/ww077_default.csv").filter {
      $0["layer_type"] == "dense" && Int($0["M"]!)! >= 20
    }
    #expect(expected.count == 11)
    for row in expected {
      let layer = try #require(report.layers.first { $0.name == row["name"] })
      let pairs: [(String, Double?)] = [
        ("alpha", layer.alpha), ("D", layer.distance), ("xmin", layer.xmin), ("sigma", layer.sigma),
        ("log_norm", layer.logNorm), ("log_spectral_norm", layer.logSpectralNorm), ("stable_rank", layer.stableRank),
        ("alpha_weighted", layer.alphaWeighted), ("log_alpha_norm", layer.logAlphaNorm),
      ]
      for (name, value) in pairs {
        let reference = try #require(Double(row[name]!))
        #expect(abs(try #require(value) - reference) <= 1e-9 * abs(reference), "\(name) of \(layer.name)")
      }
      #expect(layer.tailCount == Int(row["num_pl_spikes"]!))
    }
  }
}

/// `--compat weightwatcher` against that tool's own tables.
@Suite(.enabled(if: Fixtures.shared("golden/weightwatcher") != nil))
struct CompatibilityTests {
  /// A table, how it was made, and what cannot agree.
  struct Table: Sendable, CustomTestStringConvertible {
    var csv: String
    var model = "golden/weightwatcher/synthetic17.safetensors"
    /// The tool's options, by our names and by its own.
    var perSlice = false
    var studies: Studies = []
    var options: [String] = []
    /// What its names have beside ours.
    var prefix = ""
    var suffix = ""
    /// Layers of its that are none of ours.
    var absent: Set<String> = []
    /// Columns that differ, by layer; `*` is any.
    var exceptions: [String: Set<String>] = ["rankdef_120x90": small]
    var testDescription: String { csv }
  }

  /// Where singular values below 1e-8 of the largest matter, which a Gram matrix cannot tell from zero.
  static let small: Set = ["detX_val", "detX_val_unrescaled", "entropy", "matrix_rank", "rank_loss", "sv_min"]
  /// Small layers whose product of eigenvalues never falls below one; the value there is that tool's accident.
  static let product: Set = ["detX_val", "detX_val_unrescaled"]
  /// Where no cut-off improves on the power law its search for one creeps along Λ = 0, until rounding ends it.
  static let chance: Set = [
    "D", "Lambda", "alpha", "alpha_weighted", "log_alpha_norm", "num_pl_spikes", "warning", "xmin",
  ]
  static let truncated = ["rankdef_120x90": small, "spiked_300x250": chance]
  /// Of seven eigenvalues it fits a power law with a negative σ, or fails.
  static let tail: Set = [
    "D", "alpha", "alpha_weighted", "log_alpha_norm", "num_pl_spikes", "raw_alpha", "sigma", "status", "warning",
    "xmax",
    "xmin",
  ]
  /// Where its rounding puts the vector at xmin into the bulk: see `theVectorAtTheBoundary`.
  static let boundary: Set = [
    "conv_16x64x1x1", "edge_40x20", "gauss_300x200", "gauss_wide_100x400", "pl_alpha1p8_400x200",
    "pl_alpha2p5_400x200", "small_30x12", "spiked_300x250", "student3_400x300",
  ]
  /// What its random numbers, which nobody can repeat, decide.
  static let random: Set = [
    "max_rand_eval", "num_traps", "rand_bulk_max", "rand_bulk_min", "rand_distance", "rand_mp_softrank",
    "rand_num_spikes", "rand_sigma_mp", "ww_maxdist", "ww_softrank",
  ]
  static let tables = [
    Table(csv: "ww077_default.csv"), Table(csv: "ww077_pool_false.csv", perSlice: true),
    Table(csv: "ww077_vectors.csv", studies: .vectors, absent: boundary.union(["rankdef_120x90", "square_256"])),
    Table(
      csv: "ww077_randomize_npseed0.csv", studies: .randomized,
      exceptions: ["*": random, "rankdef_120x90": small]),
    Table(csv: "ww077_conv_nonorm.csv", options: ["conv2d_norm=False"]),
    Table(
      csv: "ww077_xmax_m1.csv", options: ["xmax=-1"], exceptions: ["minlimit_40x8": tail, "rankdef_120x90": small]),
    Table(
      csv: "ww077_clip_xmax.csv", options: ["fix_fingers=clip_xmax"],
      exceptions: ["minlimit_40x8": tail, "rankdef_120x90": small]),
    Table(csv: "pl15_powerlaw.csv", options: ["pl_package=powerlaw"]),
    Table(csv: "pl15_powerlaw_force.csv", options: ["pl_package=powerlaw", "xmax=force"]),
    Table(csv: "pl15_xmin_peak.csv", options: ["pl_package=powerlaw", "fix_fingers=xmin_peak"]),
    Table(csv: "pl15_TPL.csv", options: ["pl_package=powerlaw", "fit=TPL"], exceptions: truncated),
    Table(csv: "pl15_TPL_force.csv", options: ["pl_package=powerlaw", "fit=TPL", "xmax=force"], exceptions: truncated),
    Table(csv: "pl15_E_TPL.csv", options: ["pl_package=powerlaw", "fit=E_TPL"], exceptions: truncated),
    // It inverts pooled slices again and again, and what is zero but for rounding.
    Table(
      csv: "ww077_inverse.csv", options: ["inverse=True"],
      absent: ["conv_64x32x3x3", "conv_first_32x3x7x7", "rankdef_120x90"]),
    Table(csv: "ww077_example_onnx.csv", model: "models/real/matlab-example.onnx", suffix: "_W"),
    Table(
      csv: "ww077_tempNetwork_onnx.csv", model: "models/real/matlab-tempnetwork.onnx", suffix: "_W",
      absent: ["bilstmLayer_B"]),
    Table(csv: "real_lenet-mnist-zip.csv", model: "models/real/lenet-mnist-zip.pth"),
    Table(
      csv: "real_resnet20-cifar10-legacy.csv", model: "models/real/resnet20-cifar10-legacy.th", prefix: "module.",
      exceptions: ["linear": product]),
    Table(
      csv: "real_rfb320-legacy.csv", model: "models/real/rfb320-legacy.pth",
      exceptions: ["*": product.union(["sv_min"])]),
  ]

  @Test(arguments: tables) func everyOtherColumnAgrees(table: Table) throws {
    var options = AnalysisOptions()
    options.compatibility = .weightwatcher
    options.perSlice = table.perSlice
    options.studies = table.studies
    for option in table.options {
      let isKnown = options.weightWatcher.set(option)
      #expect(isKnown)
    }
    let records = try report(try #require(Fixtures.shared(table.model)), options).layers.compactMap(\.weightWatcher)
    let expected = try rows(try #require(Fixtures.shared("golden/weightwatcher/" + table.csv)))
    for row in expected where !table.absent.contains(row["longname"]!) {
      let longName = row["longname"]!.dropFirst(table.prefix.count)
      let name = longName.hasSuffix(table.suffix) ? String(longName.dropLast(table.suffix.count)) : String(longName)
      let record = try #require(
        records.first { record in
          let slice = record.columns.first { $0.name == "slice_id" }?.value
          return record.name == name && slice == row["slice_id"].flatMap(Int.init).map(Column.Value.integer)
        }, "\(name)")
      let ignored = (table.exceptions[name] ?? []).union(table.exceptions["*"] ?? []).union(["longname"])
      let values = Dictionary(uniqueKeysWithValues: record.columns.map { ($0.name, $0.value) })
      for (column, reference) in row where !ignored.contains(column) && column != "layer_id" && column != "name" {
        let value = try #require(values[column], "\(column)")
        #expect(
          agree(value, reference) || column == "Lambda" && isNoCutoff(value, reference, values["lambda_max"]),
          "\(column) of \(name): \(value) for \(reference)")
      }
    }
  }

  private func agree(_ value: Column.Value, _ reference: String) -> Bool {
    switch value {
    case .null: reference.isEmpty
    case .text(let text): text == reference
    case .integer(let integer): Double(reference) == Double(integer)
    case .number(let number): Double(reference).map { abs(number - $0) <= 1e-9 * abs($0) } ?? false
    case .integers, .numbers: false
    }
  }

  /// Whether neither cut-off reaches down to the largest eigenvalue, so that only rounding is left of it.
  private func isNoCutoff(_ value: Column.Value, _ reference: String, _ largest: Column.Value?) -> Bool {
    guard case .number(let rate) = value, case .number(let largest)? = largest, let other = Double(reference) else {
      return false
    }
    return rate * largest < 1e-6 && other * largest < 1e-6
  }

  /// Bulk and tail together have the same sums, with one vector more in its bulk.
  @Test func theVectorAtTheBoundary() throws {
    var options = AnalysisOptions()
    options.compatibility = .weightwatcher
    options.studies = .vectors
    options.layerPatterns = Array(Self.boundary)
    let layers = try report(try #require(Fixtures.shared(Table(csv: "").model)), options).layers
    let expected = try rows(try #require(Fixtures.shared("golden/weightwatcher/ww077_vectors.csv")))
    #expect(layers.count == Self.boundary.count)
    for layer in layers {
      let row = try #require(expected.first { $0["name"] == layer.name })
      let columns = try #require(layer.weightWatcher).columns
      let (count, tailCount) = (Double(row["num_evals"]!)!, Double(row["num_pl_spikes"]!)!)
      for name in ["loc_ratio", "part_ratio", "vec_entropy"] {
        func mean(_ part: String) -> Double {
          guard case .number(let mean)? = columns.first(where: { $0.name == "\(part)_mean_\(name)" })?.value else {
            return 0
          }
          return mean
        }
        let sum = (count - tailCount) * mean("bulk") + tailCount * mean("tail")
        let bulk = Double(row["bulk_mean_" + name]!)!
        let reference = (count - tailCount + 1) * bulk + (tailCount - 1) * Double(row["tail_mean_" + name]!)!
        #expect(abs(sum - reference) <= 1e-9 * reference, "\(name) of \(layer.name)")
      }
    }
  }

  /// A last digit of an eigenvalue changes what it finds there: another BLAS kernel moves α between 1.94 and 2.04, the
  /// table's being 2.02; the distance is as good to 1 %.
  @Test(arguments: [("TPL", ["fit=TPL"]), ("TPL_force", ["fit=TPL", "xmax=force"]), ("E_TPL", ["fit=E_TPL"])])
  func theSearchThatEndsByChance(table: String, texts: [String]) throws {
    var options = AnalysisOptions()
    options.compatibility = .weightwatcher
    options.layerPatterns = ["spiked_300x250"]
    for text in texts where !options.weightWatcher.set(text) { Issue.record("\(text)") }
    let record = try report(try #require(Fixtures.shared(Table(csv: "").model)), options).layers[0].weightWatcher
    let values = Dictionary(uniqueKeysWithValues: try #require(record).columns.map { ($0.name, $0.value) })
    let path = try #require(Fixtures.shared("golden/weightwatcher/pl15_\(table).csv"))
    let row = try #require(try rows(path).first { $0["name"] == "spiked_300x250" })
    guard case .number(let distance)? = values["D"], case .number(let alpha)? = values["alpha"],
      case .number(let rate)? = values["Lambda"]
    else {
      Issue.record("no fit")
      return
    }
    #expect(abs(distance / Double(row["D"]!)! - 1) < 0.01)
    #expect(abs(alpha - Double(row["alpha"]!)!) < 0.1)
    #expect(rate < 1e-4)
  }

  @Test func optionsAreThatToolsOwn() {
    var options = WeightWatcherOptions()
    for text in ["xmax=force", "xmax=-3", "inverse=True", "xmin_max=2.5", "fit=E_TPL"] where !options.set(text) {
      Issue.record("\(text)")
    }
    #expect(options.maximum == .leavingOut(3) && options.isInverse && options.normalizesConvolutions)
    #expect(options.largestXmin == 2.5 && options.law == .extended && options.conflict == nil)
    let before = options
    let unknown = [
      "", "xmax=3", "xmax=-9223372036854775808", "inverse", "fit=PLX", "xmin_max=-1", "xmin_max=inf", "xmin_max=x",
    ]
    for text in unknown where options.set(text) { Issue.record("\(text)") }
    #expect(options == before)
  }

  @Test(arguments: [
    ["fix_fingers=clip_xmax", "fit=TPL"], ["fix_fingers=clip_xmax", "xmax=force"], ["xmin_max=1"],
    ["fix_fingers=clip_xmax", "xmax=-2"], ["fix_fingers=xmin_peak", "xmax=-2"],
  ])
  func someExcludeEachOther(texts: [String]) {
    var options = WeightWatcherOptions()
    for text in texts where !options.set(text) { Issue.record("\(text)") }
    #expect(options.conflict != nil)
  }
}

/// Two files of the same weights in different formats.
@Suite(.enabled(if: Fixtures.shared("models/real") != nil))
struct TwinTests {
  /// All numbers of each row, in an order of their own: names and layer order differ between formats.
  private func spectra(_ name: String) throws -> [[String]] {
    let report = try report(try #require(Fixtures.shared("models/real/" + name)))
    return bits(report).map { row in row.filter { !$0.hasPrefix("layer_id") && !$0.hasPrefix("name") } }
      .sorted { $0.description < $1.description }
  }

  @Test(arguments: [
    ("rfb320-opset9.onnx", "rfb320-legacy.pth"), ("lenet-mnist-opset11.onnx", "lenet-mnist-zip.pth"),
  ])
  func numbersAreTheSameBits(first: String, second: String) throws {
    let a = try spectra(first)
    #expect(!a.isEmpty)
    #expect(try a == spectra(second))
  }
}

/// A published model: how many weights it has, and which of its tensors of two axes or more are none.
struct RealModel: Sendable, CustomTestStringConvertible {
  var file: String
  var weights: Int
  var others: [String] = []
  var testDescription: String { file }
}

@Suite(.enabled(if: Fixtures.shared("models/real") != nil))
struct RealModelTests {
  static let models = [
    RealModel(
      file: "basic-pitch-tf2onnx.onnx", weights: 9, others: ["model_1/cq_t2010v2_1/Sqrt;model_1/cq_t2010v2_1/Sqrt"]),
    RealModel(
      file: "compact-cnn-keras1-theano-weights.hdf5", weights: 2,
      others: ["melgram/param_0", "melgram/param_1", "melgram/param_2"]),
    RealModel(file: "lenet-mnist-keras2100.h5", weights: 5), RealModel(file: "lenet-mnist-opset11.onnx", weights: 5),
    RealModel(file: "lenet-mnist-zip.pth", weights: 5),
    RealModel(file: "matlab-example.onnx", weights: 5, others: ["imageinput_Mean"]),
    RealModel(
      file: "matlab-tempnetwork.onnx", weights: 8, others: ["bilstmLayer_initial_h", "bilstmLayer_initial_c"]),
    RealModel(file: "mnist-cnn-zip.pt", weights: 5), RealModel(file: "mnist-cnn.safetensors", weights: 5),
    RealModel(file: "mnist-cntk-opset8.onnx", weights: 3), RealModel(file: "mtcnn-pnet-legacy.pt", weights: 5),
    RealModel(file: "mtcnn-pnet-pickled-dict-py2.npy", weights: 5),
    RealModel(file: "resnet20-cifar10-legacy.th", weights: 20),
    RealModel(file: "resnet8-cifar10-keras240.h5", weights: 10), RealModel(file: "rfb320-legacy.pth", weights: 52),
    RealModel(file: "rfb320-opset9.onnx", weights: 52, others: ["465", "467", "473"]),
    RealModel(file: "silero-vad-16k.safetensors", weights: 8),
    RealModel(file: "tiny-xception-keras205.hdf5", weights: 23),
  ]

  @Test(arguments: models) func everyTensorIsAWeightOrSpokenOf(model: RealModel) throws {
    let report = try report(try #require(Fixtures.shared("models/real/" + model.file)))
    #expect(report.summary.analyzed == model.weights && report.summary.failed == 0 && report.summary.skipped == 0)
    #expect(report.graph.diagnostics.filter { $0.code == .notAWeight }.map(\.subject) == model.others)
    // Tensors of one axis, and those that a diagnostic leaves out as a group, are all that remains.
    let accounted = Set(report.graph.layers.flatMap(\.parameters).flatMap { [$0.tensor.name] + $0.aliases })
    let groups = report.graph.diagnostics.map(\.subject)
    for tensor in report.graph.inventory where tensor.shape.count >= 2 && !accounted.contains(tensor.name) {
      #expect(groups.contains { tensor.name.hasPrefix($0) }, "\(tensor.name)")
    }
  }

  @Test func noFileIsForgotten() throws {
    let folder = try ModelDirectory(path: try #require(Fixtures.shared("models/real")))
    #expect(Set(folder.entries.filter { !$0.hasSuffix(".tflite") }) == Set(Self.models.map(\.file)))
  }
}
