import ModelReading
import Pickle

/// How a pickle says that a tensor is to be rebuilt.
enum TensorForm {
  /// Elements of a storage.
  case view(StoredView)
  /// A NumPy array.
  case array(Pickle.ID, shape: [Int])
  /// Elements that are not zero, and their places.
  case sparse(SparseForm)
  /// A tensor of this class, whose elements lie in other tensors: those of its state.
  case wrapper(String, shape: [Int])
  /// A tensor that the container itself lists, by its position there.
  case entry(Int, shape: [Int])
  /// A kind of tensor that is not read: the reason, and its shape if it says so.
  case unsupported(String, shape: [Int])

  var shape: [Int] {
    switch self {
    case .view(let view): view.shape
    case .sparse(let sparse): sparse.shape
    case .array(_, let shape), .wrapper(_, let shape), .entry(_, let shape), .unsupported(_, let shape): shape
    }
  }
}

/// A tensor as a view of a storage: all numbers as the pickle has them, unchecked.
struct StoredView {
  enum Storage {
    /// A node that stands for a storage.
    case node(Pickle.ID)
    /// A storage of the container.
    case key(String)
  }
  var storage: Storage
  var elementOffset: Int
  var shape: [Int]
  var strides: [Int]
  /// The element type, where it is the tensor's and not the storage's.
  var dtype: StorageType?
  var quantizer: Pickle.ID?
  /// Whether the elements are to be conjugated when read, or negated.
  var isConjugated = false
  var isNegated = false
}

/// Recognises tensors among the calls of a pickle.
struct TensorForms {
  let pickle: Pickle
  let views: [String: StorageTable.View]
  /// Longer shapes are not looked at: one may be shared by many tensors.
  let maximumRank: Int

  /// What the node is, if it is a tensor.
  func form(of id: Pickle.ID) -> TensorForm? {
    if case .persistent(let key) = pickle[id] { return view(key: key) }
    guard pickle.object(id) != nil, var function = pickle.callable(of: id), var arguments = pickle.arguments(of: id)
    else { return nil }
    var node = id
    // Wrappers around wrappers exist, but not many.
    for _ in 0..<8 {
      if let form = form(function, arguments, node) { return form }
      if function.module == "torch._tensor", function.name.hasPrefix("_rebuild_from_type") {
        guard arguments.count > 2, let inner = pickle.global(arguments[0]), let given = pickle.tuple(arguments[2])
        else { return nil }
        (function, arguments) = (inner, given)
        continue
      }
      guard Self.wrappers.contains(function.description), let inner = arguments.first else { return nil }
      if case .persistent(let key) = pickle[inner] { return view(key: key) }
      guard let innerFunction = pickle.callable(of: inner), let given = pickle.arguments(of: inner) else { return nil }
      (function, arguments, node) = (innerFunction, given, inner)
    }
    return nil
  }

  private func form(_ function: Pickle.Global, _ arguments: [Pickle.ID], _ id: Pickle.ID) -> TensorForm? {
    switch function.description {
    case "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2":
      return view(arguments, metadata: arguments.count > 6 ? arguments[6] : nil)
    case "torch._utils._rebuild_tensor_v3":
      let dtype = arguments.count > 6 ? pickle.global(arguments[6]).flatMap(StorageType.init(dtype:)) : nil
      return view(arguments, dtype: dtype, metadata: arguments.count > 7 ? arguments[7] : nil)
    case "torch._utils._rebuild_qtensor": return view(arguments, quantizer: arguments.count > 4 ? arguments[4] : nil)
    case "torch._utils._rebuild_sparse_tensor", "torch._utils._rebuild_sparse_csr_tensor":
      return sparse(arguments)
    case "torch._utils._rebuild_nested_tensor", "torch.nested._internal.nested_tensor._rebuild_njt":
      return .unsupported("is a nested tensor: several of different shapes", shape: [])
    case "torch._utils._rebuild_meta_tensor_no_storage":
      return .unsupported(
        "is a meta tensor, saved without its elements", shape: arguments.count > 1 ? size(arguments[1]) ?? [] : [])
    case "torch._utils._rebuild_wrapper_subclass":
      return .wrapper(
        arguments.first.flatMap(pickle.global)?.description ?? "tensor subclass",
        shape: arguments.count > 2 ? size(arguments[2]) ?? [] : [])
    case _ where Self.arrays.contains(function.description): return .array(id, shape: arrayShape(id))
    default: return plainTensor(function, id)
    }
  }

  /// `torch.FloatTensor()` with its state set: (storage, offset, size, stride).
  private func plainTensor(_ function: Pickle.Global, _ id: Pickle.ID) -> TensorForm? {
    guard function.module == "torch" || function.module == "torch.cuda", function.name.hasSuffix("Tensor"),
      StorageType(function, suffix: "Tensor") != nil, let state = pickle.state(of: id),
      let arguments = pickle.tuple(state)
    else { return nil }
    return view(arguments)
  }

  /// (storage, offset, size, stride, …)
  private func view(
    _ arguments: [Pickle.ID], dtype: StorageType? = nil, quantizer: Pickle.ID? = nil, metadata: Pickle.ID? = nil
  ) -> TensorForm {
    guard arguments.count >= 4, let offset = pickle.integer(arguments[1]), let shape = size(arguments[2]),
      let strides = size(arguments[3])
    else { return .unsupported("is rebuilt from arguments that are not (storage, offset, size, stride)", shape: []) }
    return .view(
      StoredView(
        storage: .node(arguments[0]), elementOffset: offset, shape: shape, strides: strides, dtype: dtype,
        quantizer: quantizer, isConjugated: has("conj", metadata), isNegated: has("neg", metadata)))
  }

  /// Whether this is `{"conj": True}` or `{"neg": True}`, and the flag that one.
  private func has(_ flag: String, _ metadata: Pickle.ID?) -> Bool {
    // There are two keys; a large dictionary that many tensors share is not searched for each.
    guard let metadata, case .dictionary(let flat) = pickle[metadata], flat.count <= 32 else { return false }
    return pickle.value(in: metadata, forKey: flag).flatMap(pickle.boolean) == true
  }

  /// A tensor that the container describes under a number.
  private func view(key: Pickle.ID) -> TensorForm? {
    guard !views.isEmpty, let name = pickle.text(key) ?? pickle.integer(key).map({ "\($0)" }),
      let view = views[name]
    else { return nil }
    return .view(
      StoredView(
        storage: .key(view.storageKey), elementOffset: view.elementOffset, shape: view.shape, strides: view.strides))
  }

  /// A shape: a tuple or list of integers, or `torch.Size` of one.
  func size(_ id: Pickle.ID) -> [Int]? {
    if let plain = pickle.elements(id) { return plain.count <= maximumRank ? pickle.integers(id) : nil }
    guard pickle.callable(of: id)?.name == "Size", let inner = pickle.arguments(of: id)?.first,
      let plain = pickle.elements(inner), plain.count <= maximumRank
    else { return nil }
    return pickle.integers(inner)
  }

  /// (layout, (indices, values, size, …)) or (layout, (starts, indices, values, size)).
  private func sparse(_ arguments: [Pickle.ID]) -> TensorForm {
    guard arguments.count > 1, let layout = layout(arguments[0]), let parts = pickle.tuple(arguments[1]),
      parts.count > layout.partCount, let shape = size(parts[layout.partCount])
    else { return .unsupported("is sparse, in a layout that is not known", shape: []) }
    return .sparse(SparseForm(layout: layout, parts: Array(parts[..<layout.partCount]), shape: shape))
  }

  /// `torch.sparse_coo`, or `torch.serialization._get_layout("torch.sparse_coo")`.
  private func layout(_ id: Pickle.ID) -> SparseLayout? {
    if let global = pickle.global(id) { return SparseLayout(rawValue: global.name) }
    guard pickle.callable(of: id)?.name == "_get_layout",
      let name = pickle.arguments(of: id)?.first.flatMap(pickle.text)
    else { return nil }
    return SparseLayout(rawValue: String(name.dropFirst("torch.".count)))
  }

  private static let wrappers: Set<String> = [
    "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state", "torch.nn.parameter.Parameter",
    "torch.nn.Parameter", "torch.nn.parameter.Buffer", "torch.autograd.variable.Variable",
    "torch._utils._rebuild_device_tensor_from_cpu_tensor", "torch._utils._rebuild_device_tensor_from_numpy",
    "torch._utils._rebuild_xla_tensor",
  ]

  private static let arrays: Set<String> = [
    "numpy._core.multiarray._reconstruct", "numpy._core.numeric._frombuffer", "numpy.ndarray",
  ]
}
