import ModelReading
import Pickle
import StateDictionary

/// Turns an opened checkpoint into a layer graph.
struct CheckpointGraph {
  private let saved: SavedPickle
  private let file: String
  private let limits: Limits

  private var tensors: [Tensor] = []
  private var inventory: [TensorRecord] = []
  private var aliases: [ByteString: [String]] = [:]
  private var diagnostics: [Diagnostic]
  private var names: Set<ByteString> = []
  private var firstNames: [BuiltTensor.Identity: String] = [:]
  /// The first reason for which a tensor could not be read.
  private var firstError: ReadError?

  init(_ saved: SavedPickle, file: String, limits: Limits) {
    self.saved = saved
    self.file = file
    self.limits = limits
    diagnostics = saved.diagnostics
  }

  /// - Throws: `.unsafeContent` or `.unrecognized` if there is no tensor; the first
  ///   tensor's error if none can be read.
  consuming func graph() throws(ReadError) -> LayerGraph {
    try addMain()
    for companion in saved.companions {
      try add(companion.pickle, companion.storages, prefix: [companion.prefix])
    }
    guard !inventory.isEmpty else { throw withoutTensors() }
    if tensors.isEmpty, let firstError, firstError.code != .unsupported { throw firstError }
    let state = StateDictionary.layers(from: tensors, aliases: aliases, convention: .pytorch, order: .given)
    return LayerGraph(
      format: PyTorchReader.format.name, variant: saved.variant, producer: "PyTorch", files: [file],
      metadata: saved.metadata, layers: state.layers, inventory: inventory,
      diagnostics: diagnostics + state.diagnostics)
  }

  private mutating func addMain() throws(ReadError) {
    try add(saved.pickle, saved.storages, prefix: [])
    diagnostics += GlobalReport.diagnostics(saved.pickle, subject: saved.pickle.source.label)
  }

  private mutating func add(
    _ pickle: Pickle, _ storages: StorageTable, prefix: [String]
  ) throws(ReadError) {
    var builder = TensorBuilder(pickle, storages, limits: limits, depth: 0)
    let found = try TensorWalk.tensors(in: pickle, builder.forms, prefix: prefix, limits: limits)
    let selection = StateSelection(found)
    diagnostics += selection.diagnostics
    for (name, form) in selection.tensors { add(name, form, &builder) }
  }

  private mutating func add(_ name: String, _ form: TensorForm, _ builder: inout TensorBuilder) {
    guard names.insert(ByteString(name)).inserted else {
      diagnostics.append(Diagnostic(.leftOut, name, "is the name of two tensors; the first is taken"))
      return
    }
    do throws(ReadError) {
      let built = try builder.tensor(form, named: name)
      inventory.append(TensorRecord(built.tensor))
      if let identity = built.identity, let first = firstNames[identity] {
        aliases[ByteString(first), default: []].append(name)
        return
      }
      if let identity = built.identity { firstNames[identity] = name }
      tensors.append(built.tensor)
    } catch {
      firstError = firstError ?? error
      inventory.append(TensorRecord(name: name, elementType: "unknown", shape: form.shape))
      let code: Diagnostic.Code = error.code == .unsupported ? .unsupportedTensor : .unreadableTensor
      diagnostics.append(Diagnostic(code, name, error.message, hint: error.hint))
    }
  }

  private func withoutTensors() -> ReadError {
    let pickle = saved.pickle
    if let call = pickle.globals.first(where: { !GlobalReport.isExpected($0) }) {
      return pickle.source.error(
        .unsafeContent, "is a pickle that names \(call) and holds no tensor", at: 0,
        hint: "loading it with Python could run that; nothing of it was run here")
    }
    return pickle.source.error(.unrecognized, "is a pickle that holds no tensor", at: 0)
  }
}
