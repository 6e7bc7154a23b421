import ModelReading
import Pickle
import StateDictionary

/// The tensors of an opened checkpoint that are the model's, each under one name.
struct CheckpointTensors {
  private(set) var tensors: [Tensor] = []
  private(set) var inventory: [TensorRecord] = []
  /// For a tensor's name, the others that the same elements have.
  private(set) var aliases: [ByteString: [String]] = [:]
  private(set) var diagnostics: [Diagnostic] = []

  private let limits: Limits
  private var names: Set<ByteString> = []
  private var firstNames: [BuiltTensor.Identity: String] = [:]
  /// The first reason for which a tensor could not be read.
  private var firstError: ReadError?

  init(limits: Limits) { self.limits = limits }

  /// Adds what is the model in a checkpoint.
  /// - Throws: `.unsafeContent` or `.unrecognized` if there is no tensor; the first
  ///   tensor's error if none can be read.
  mutating func add(_ saved: SavedPickle, names: StateSelection.Names = .modelOnly) throws(ReadError) {
    let countBefore = inventory.count
    diagnostics += saved.diagnostics
    try add(saved.pickle, saved.storages, names) { $0 }
    for companion in saved.companions {
      try add(companion.pickle, companion.storages, names) { companion.prefix + $0 }
    }
    guard inventory.count > countBefore else { throw withoutTensors(saved.pickle) }
    if tensors.isEmpty, let firstError, firstError.code != .unsupported { throw firstError }
    diagnostics += GlobalReport.diagnostics(saved.pickle, subject: saved.pickle.source.label)
  }

  mutating func add(_ program: ExportedProgram) {
    for tensor in program.tensors where isNew(tensor.tensor.name) { add(tensor) }
    inventory += program.records
    diagnostics += program.diagnostics
  }

  mutating func add(_ diagnostic: Diagnostic) { diagnostics.append(diagnostic) }

  private mutating func add(
    _ pickle: Pickle, _ storages: StorageTable, _ names: StateSelection.Names, naming: (String) -> String
  ) throws(ReadError) {
    var builder = TensorBuilder(pickle, storages, limits: limits, depth: 0)
    let found = try TensorWalk.tensors(in: pickle, builder.forms, limits: limits)
    let selection = StateSelection(found, names)
    diagnostics += selection.diagnostics
    for (name, form) in selection.tensors { add(naming(name), form, &builder) }
  }

  private mutating func add(_ name: String, _ form: TensorForm, _ builder: inout TensorBuilder) {
    guard isNew(name) else { return }
    do throws(ReadError) {
      add(try builder.tensor(form, named: name))
    } catch {
      firstError = firstError ?? error
      inventory.append(TensorRecord(name: name, elementType: "unknown", shape: form.shape))
      let code: Diagnostic.Code = error.code == .unsupported ? .unsupportedTensor : .unreadableTensor
      diagnostics.append(Diagnostic(code, name, error.message, hint: error.hint))
    }
  }

  private mutating func add(_ built: BuiltTensor) {
    inventory.append(TensorRecord(built.tensor))
    if let identity = built.identity {
      if let first = firstNames[identity] {
        aliases[ByteString(first), default: []].append(built.tensor.name)
        return
      }
      firstNames[identity] = built.tensor.name
    }
    tensors.append(built.tensor)
  }

  private mutating func isNew(_ name: String) -> Bool {
    if names.insert(ByteString(name)).inserted { return true }
    diagnostics.append(Diagnostic(.leftOut, name, "is the name of two tensors; the first is taken"))
    return false
  }
}

private func withoutTensors(_ pickle: Pickle) -> ReadError {
  if let call = pickle.globals.first(where: { !GlobalReport.isExpected($0) }) {
    return pickle.source.error(
      .unsafeContent, "is a pickle that names \(call) and holds no tensor", at: 0,
      hint: "loading it with Python could run that; nothing of it was run here")
  }
  return pickle.source.error(.unrecognized, "is a pickle that holds no tensor", at: 0)
}
