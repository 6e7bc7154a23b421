import ArgumentParser
import DumpFormat
import Glibc
import LayerDump
import MatrixSlicing
import ModelReading

enum ExportType: String, ExpressibleByArgument, CaseIterable {
  case f32, f16, bf16

  var elementType: ElementType {
    switch self {
    case .f32: .float32
    case .f16: .float16
    case .bf16: .bfloat16
    }
  }
}

enum ExportLayout: String, ExpressibleByArgument, CaseIterable {
  case safetensors, npy, weightwatcher

  var layout: DumpDocument.Layout {
    switch self {
    case .safetensors: .safetensors
    case .npy: .npy
    case .weightwatcher: .weightwatcher
    }
  }
}

struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write the layers of models in one form, whatever format they come in: a canonical layer dump.",
    discussion: """
      A dump is a folder: graph.json says what the layers are, weights.safetensors holds their \
      values in the orientation [output, input/groups, spatial…], quantised ones as floats. The \
      folder appears when it is whole. All commands read it; analysing it gives the same numbers.

      One model becomes the folder DIR itself, several become one folder each in DIR, named after \
      their files.
      """)

  @OptionGroup var paths: PathArguments

  @Option(name: .shortAndLong, help: ArgumentHelp("The folder to write.", valueName: "dir"), completion: .directory)
  var output: String

  @Option(
    help: """
      How values are stored: one safetensors file, or several and an index; one .npy file per tensor; the same with \
      the index that WeightWatcher reads.
      """)
  var layout: ExportLayout = .safetensors

  @Option(name: .customLong("as"), help: "Convert all floating-point values to this type.")
  var type: ExportType?

  @Option(help: ArgumentHelp("Begin another safetensors file at this size, such as 4G.", valueName: "bytes"))
  var shardSize: ByteCount?

  @Option(
    help: ArgumentHelp(
      "Only layers whose whole name, or tensors whose <layer>.<role>, matches this pattern (* ? [a-z]); may be repeated.",
      valueName: "glob"))
  var layers: [String] = []

  @Flag(help: "Write the matrices N×M that an analysis would make of the weights, instead of the weights.")
  var matrices = false

  @Option(help: "With --matrices, how convolutions become matrices: positions or unfold.")
  var slicing: Slicing?

  @OptionGroup var heads: HeadArguments

  @Flag(help: "Replace the folder if it is a dump; nothing else is ever replaced.")
  var force = false

  func validate() throws {
    if !matrices, slicing != nil || heads.perHead || heads.headWidth != nil {
      throw ValidationError("--slicing, --per-head and --head-width are for --matrices")
    }
    if slicing == .fourier { throw ValidationError("--slicing is fourier, whose matrices are complex and not written") }
    if shardSize != nil, layout != .safetensors { throw ValidationError("--shard-size is for --layout safetensors") }
    if type == .bf16, layout != .safetensors { throw ValidationError("--as is bf16, which numpy does not have") }
    if matrices, layout == .weightwatcher { throw ValidationError("--layout weightwatcher has matrices of its own") }
  }

  func run() throws {
    var failed = false
    var folders = FolderNames()
    let readers = paths.readers.registry()
    let isSingle = paths.isOneModel(readers)
    let isNewFolder = isSingle ? false : try makeFolder()
    var run = try paths.open(readers, limits: options.limits) { path, graph in
      let target = isSingle ? output : output + "/" + folders.next(path)
      do throws(DumpError) {
        try export(graph, from: path, to: target)
      } catch {
        switch error {
        case .read(let error): throw error
        case .write(let error):
          Terminal.printError("error: \(printable(path)): \(error)")
          failed = true
        }
      }
    }
    // Nothing happens unless it is empty.
    if isNewFolder { _ = unsafe rmdir(output) }
    run.failed = failed
    try run.exit()
  }

  private func export(_ graph: LayerGraph, from path: String, to target: String) throws(DumpError) {
    let dump = LayerDump(graph, options: options)
    guard dump.layerCount > 0 || graph.layers.isEmpty else {
      throw .read(
        ReadError(
          .unsupported, "has no layer that matches \(layers.joined(separator: " or "))", file: path,
          hint: "heavytail inspect lists them"))
    }
    let progress = paths.progress.line
    defer { progress.clear() }
    let total = dump.byteCount
    try dump.write(to: target, replacing: force) { written in
      progress.show("\(written >> 20)/\(total >> 20) MiB \(printable(path))")
    }
  }

  /// The folder of several dumps.
  /// - Returns: whether it was not there.
  private func makeFolder() throws -> Bool {
    if isDirectory(output) { return false }
    guard unsafe mkdir(output, 0o777) != 0 else { return true }
    Terminal.printError("error: \(WriteError("create", output))")
    throw ExitCode(1)
  }

  private var options: DumpOptions {
    var options = DumpOptions()
    options.layout = layout.layout
    options.elementType = type?.elementType
    options.layerPatterns = layers
    if let shardSize { options.shardByteCount = shardSize.value }
    if matrices {
      options.matrices = DumpOptions.Matrices(
        slicing: slicing ?? .positions, perHead: heads.perHead, headWidth: heads.headWidth)
    }
    options.limits.maximumDecodedBytes = min(options.limits.maximumDecodedBytes, Machine.memoryByteCount / 4 * 3)
    return options
  }
}

/// Names of folders after the models in them.
private struct FolderNames {
  private var taken: Set<ByteString> = []

  /// The file's name without its extension, or the folder's; with a number if it is taken.
  mutating func next(_ path: String) -> String {
    let component = path.split(separator: "/").last.map(String.init) ?? "model"
    let dot = isDirectory(path) ? nil : component.lastIndex(of: ".")
    let stem = String(dot.map { component[..<$0] } ?? component[...]).drop { $0 == "." }
    let name = stem.isEmpty ? "model" : String(stem)
    var unique = name
    var number = 1
    while !taken.insert(ByteString(unique)).inserted {
      number += 1
      unique = "\(name)-\(number)"
    }
    return unique
  }
}
