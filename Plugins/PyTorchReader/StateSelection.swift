import ModelReading
import Pickle

/// The tensors of a checkpoint that are the model, under the names that the model has for them.
struct StateSelection {
  /// The model's tensors with their full names.
  private(set) var tensors: [(name: String, form: TensorForm)] = []
  /// What was left out, and what was taken off the names.
  private(set) var diagnostics: [Diagnostic] = []

  private var remaining: [FoundTensor]
  /// How many components of the paths have been taken off.
  private var level = 0

  /// What becomes of the tensors' names.
  enum Names {
    /// Those of the model, which is looked for.
    case modelOnly
    /// All, as they are.
    case all
  }

  init(_ found: [FoundTensor], _ names: Names) {
    remaining = found
    if names == .modelOnly {
      leaveOutOptimizers()
      while unwrapOnce() {}
    }
    tensors = remaining.map { tensor in
      let path = tensor.path.dropFirst(level)
      return (path.isEmpty ? "tensor" : unpacked(path.joined(separator: ".")), tensor.form)
    }
    if names == .modelOnly { stripSharedPrefixes() }
  }

  // MARK: Optimizers

  private mutating func leaveOutOptimizers() {
    let wrapped = remaining.contains { tensor in
      tensor.path.count > 1 && tensor.containerDepth > 0 && Self.wrappers.contains(tensor.path[0])
    }
    leaveOut("is state of the training, not of the model") { tensor in
      guard let first = tensor.path.first, tensor.containerDepth > 0 else { return tensor.isOptimizerState }
      let name = first.lowercased()
      return tensor.isOptimizerState || name.hasPrefix("optim") && tensor.path.count > 1
        || wrapped && Self.trainingState.contains { name.hasPrefix($0) }
    }
  }

  /// Removes the tensors of which `condition` holds, with one diagnostic for each first component.
  private mutating func leaveOut(_ reason: String, where condition: (FoundTensor) -> Bool) {
    var counts: [(name: String, count: Int)] = []
    var positions: [ByteString: Int] = [:]
    var kept: [FoundTensor] = []
    for tensor in remaining {
      guard condition(tensor) else {
        kept.append(tensor)
        continue
      }
      let name = tensor.path.dropFirst(level).first ?? "state"
      if let position = positions[ByteString(name)] {
        counts[position].count += 1
      } else {
        positions[ByteString(name)] = counts.count
        counts.append((name, 1))
      }
    }
    remaining = kept
    for (name, count) in counts {
      diagnostics.append(Diagnostic(.leftOut, name, "\(reason): \(count) \(count == 1 ? "tensor" : "tensors")"))
    }
  }

  // MARK: Wrappers

  /// Takes one component off all paths, if it is the key of a dictionary around the model.
  private mutating func unwrapOnce() -> Bool {
    let groups = groups()
    guard let chosen = wrapper(among: groups) else { return false }
    leaveOutCopies(of: chosen, among: groups)
    let level = level
    let withMatrices = Set(groups.filter(\.hasMatrices).map { ByteString($0.name) })
    leaveOut("is beside the model's state and no matrix") { tensor in
      tensor.path[level] != chosen && !withMatrices.contains(ByteString(tensor.path[level]))
    }
    guard remaining.allSatisfy({ $0.path[level] == chosen }) else { return false }
    self.level += 1
    return true
  }

  private struct Group {
    var name: String
    /// Whether all its tensors lie deeper, and the way there is a dictionary's key.
    var isContainer: Bool
    /// Whether the names below contain dots: a state dictionary of its own.
    var hasDottedNames: Bool
    var hasMatrices: Bool
  }

  /// The tensors by the component of their path at this level.
  private func groups() -> [Group] {
    var groups: [Group] = []
    var positions: [ByteString: Int] = [:]
    for tensor in remaining {
      guard tensor.path.count > level else { return [] }
      let name = tensor.path[level]
      let isContainer = tensor.path.count > level + 1 && tensor.containerDepth > level
      let isDotted = isContainer && tensor.path[level + 1].utf8.contains(UInt8(ascii: "."))
      let isMatrix = tensor.form.shape.count >= 2
      if let position = positions[ByteString(name)] {
        groups[position].hasMatrices = groups[position].hasMatrices || isMatrix
        groups[position].isContainer = groups[position].isContainer && isContainer
        groups[position].hasDottedNames = groups[position].hasDottedNames || isDotted
      } else {
        positions[ByteString(name)] = groups.count
        groups.append(Group(name: name, isContainer: isContainer, hasDottedNames: isDotted, hasMatrices: isMatrix))
      }
    }
    return groups
  }

  private func wrapper(among groups: [Group]) -> String? {
    let containers = groups.filter(\.isContainer)
    for name in Self.wrappers where containers.contains(where: { $0.name == name }) { return name }
    let own = containers.filter(\.hasDottedNames)
    return own.count == 1 ? own[0].name : nil
  }

  /// Leaves out averaged copies of the chosen state: `model_ema` beside `model`.
  private mutating func leaveOutCopies(of chosen: String, among groups: [Group]) {
    guard !isAverage(chosen) else { return }
    let level = level
    let averages = Set(
      groups.filter { $0.isContainer && $0.name != chosen && isAverage($0.name) }.map { ByteString($0.name) })
    leaveOut("is an average of '\(chosen)' over the training") { averages.contains(ByteString($0.path[level])) }
  }

  private func isAverage(_ name: String) -> Bool {
    name.lowercased().split(whereSeparator: { $0 == "_" || $0 == "." }).contains { $0 == "ema" || $0 == "swa" }
  }

  // MARK: Prefixes

  /// Takes prefixes that wrappers of the model put before every name off the names.
  private mutating func stripSharedPrefixes() {
    var stripped: [String] = []
    while stripped.count < Self.maximumPrefixes,
      let prefix = Self.prefixes.first(where: { prefix in
        !tensors.isEmpty
          && tensors.allSatisfy { $0.name.utf8.count > prefix.utf8.count && $0.name.utf8.starts(with: prefix.utf8) }
      })
    {
      for index in tensors.indices { tensors[index].name = String(tensors[index].name.dropFirst(prefix.count)) }
      stripped.append(prefix)
    }
    guard !stripped.isEmpty else { return }
    diagnostics.append(
      Diagnostic(.inferred, stripped.joined(), "stands before every name, and is left away as a wrapper of the model"))
  }

  private static let maximumPrefixes = 8

  private static let prefixes = [
    "module.", "_orig_mod.", "_fsdp_wrapped_module.", "_checkpoint_wrapped_module.", "model.",
  ]

  /// Keys under which checkpoints keep the model, the likeliest first.
  private static let wrappers = [
    "state_dict", "model_state_dict", "model_state", "model", "module", "net", "network", "params", "weights", "state",
    "generator", "G", "ema_state_dict", "state_dict_ema", "model_ema", "ema_model", "params_ema", "ema", "G_ema",
    "teacher", "student",
  ]

  private static let trainingState = [
    "optim", "lr_scheduler", "scheduler", "scaler", "grad_scaler", "amp", "rng", "cuda_rng", "torch_rng", "exp_avg",
    "ema_optim", "callbacks", "loops",
  ]
}

/// The name of a tensor in the packed parameters of a quantised layer: `fc._packed_params._packed_params.0` is its weight.
func unpacked(_ name: String) -> String {
  let packed = "_packed_params._packed_params."
  let suffixes = [
    (packed + "0", "weight"), (packed + "1", "bias"), (packed + "0.0", "weight"), (packed + "0.1", "bias"),
  ]
  for (suffix, role) in suffixes where name.hasSuffix(suffix) {
    return name.dropLast(suffix.count) + role
  }
  return name
}

/// Names for the parts of a state that is a tuple: a quantised convolution has its weight and bias at 10 and 11.
func stateNames(count: Int) -> [String] {
  (0..<count).map { count > 12 && $0 == 10 ? "weight" : count > 12 && $0 == 11 ? "bias" : "\($0)" }
}
