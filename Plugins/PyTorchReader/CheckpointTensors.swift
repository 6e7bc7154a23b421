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
    let parts = [(saved.prefix, saved.pickle, saved.storages)] + saved.companions
    for (prefix, pickle, storages) in parts {
      try add(pickle, storages, names) { saved.names[prefix + $0] ?? prefix + $0 }
    }
    guard inventory.count > countBefore else { throw withoutTensors(saved.pickle, diagnostics) }
    if tensors.isEmpty, let firstError, firstError.code != .unsupported { throw firstError }
    for (_, pickle, _) in parts { diagnostics += GlobalReport.diagnostics(pickle, subject: pickle.source.label) }
    reportPartitions(saved.pickle.source.label)
  }

  /// Says so where the parameters are not the model's own, but parts that several processes hold.
  private mutating func reportPartitions(_ label: String) {
    for tensor in tensors where tensor.rank == 1 {
      let name = tensor.name.split(separator: ".").last ?? ""
      guard name == "_flat_param" || name.hasPrefix("flat_param") else { continue }
      diagnostics.append(
        Diagnostic(
          .unsupportedTensor, tensor.name, "holds the parameters of several layers in a row, as FSDP flattens them",
          hint: "save the full state dict (StateDictType.FULL_STATE_DICT)"))
    }
    guard !tensors.isEmpty, tensors.allSatisfy({ $0.shape == [0] }) else { return }
    diagnostics.append(
      Diagnostic(
        .incomplete, label,
        "has \(tensors.count) tensors without elements, which ZeRO-3 keeps in the files of each process",
        hint: "put them together with zero_to_fp32.py"))
  }

  /// Adds tensors that a container lists by itself.
  mutating func add(_ listed: ListedTensors) {
    for tensor in listed.tensors where isNew(tensor.tensor.name) { add(tensor) }
    inventory += listed.records
    diagnostics += listed.diagnostics
  }

  /// Adds what is the model in a distributed checkpoint.
  /// - Returns: the files that it lies in.
  /// - Throws: the first tensor's error if none can be read.
  mutating func add(_ checkpoint: DistributedCheckpoint) throws(ReadError) -> [String] {
    var files: [String: MappedFile] = [:]
    let selection = StateSelection(checkpoint.found, .modelOnly)
    diagnostics += checkpoint.diagnostics + selection.diagnostics
    for (name, form) in selection.tensors {
      guard case .entry(let position, let shape) = form else { continue }
      add(name, shape) { () throws(ReadError) in
        try checkpoint.tensor(position, named: name, shape: shape, &files)
      }
    }
    if tensors.isEmpty, let firstError { throw firstError }
    return files.values.map(\.path).sorted()
  }

  mutating func add(_ diagnostic: Diagnostic) { diagnostics.append(diagnostic) }

  private mutating func add(
    _ pickle: Pickle, _ storages: StorageTable, _ names: StateSelection.Names, naming: (String) -> String
  ) throws(ReadError) {
    var builder = TensorBuilder(pickle, storages, limits: limits, depth: 0)
    let found = try TensorWalk.tensors(in: pickle, builder.forms, limits: limits)
    let selection = StateSelection(found, names)
    diagnostics += selection.diagnostics
    for (name, form) in selection.tensors {
      let name = naming(name)
      add(name, form.shape) { () throws(ReadError) in try builder.tensor(form, named: name) }
    }
  }

  /// - Parameter build: makes the tensor of that name.
  private mutating func add(_ name: String, _ shape: [Int], _ build: () throws(ReadError) -> BuiltTensor) {
    guard isNew(name) else { return }
    do throws(ReadError) {
      add(try build())
    } catch {
      firstError = firstError ?? error
      inventory.append(TensorRecord(name: name, elementType: "unknown", shape: shape))
      diagnostics.append(Diagnostic(name, error))
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

private func withoutTensors(_ pickle: Pickle, _ diagnostics: [Diagnostic]) -> ReadError {
  if let state = diagnostics.first(where: { $0.code == .leftOut }) {
    return pickle.source.error(
      .unsupported, "holds no model: '\(state.subject)' \(state.message)", at: 0,
      hint: "give the file with the model's own state")
  }
  if let call = pickle.globals.first(where: { !GlobalReport.isExpected($0) }) {
    return pickle.source.error(
      .unsafeContent, "is a pickle that names \(call) and holds no tensor", at: 0,
      hint: "loading it with Python could run that; nothing of it was run here")
  }
  return pickle.source.error(.unrecognized, "is a pickle that holds no tensor", at: 0)
}
