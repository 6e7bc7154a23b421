import ModelReading
import Pickle

/// What a pickle would have imported and called in the program it was made for.
enum GlobalReport {
  /// One diagnostic that names every global beyond those that any checkpoint has.
  static func diagnostics(_ pickle: Pickle, subject: String) -> [Diagnostic] {
    let unknown = pickle.globals.filter { !isExpected($0) }.map(\.description)
    guard !unknown.isEmpty else { return [] }
    let shown = unknown.prefix(maximumShown).joined(separator: ", ")
    let rest = unknown.count > maximumShown ? " and \(unknown.count - maximumShown) more" : ""
    return [
      Diagnostic(
        .unsafeContent, subject, "names Python code that a pickle loader would import: \(shown)\(rest)",
        hint: "nothing of it was run; load such a file with torch.load(weights_only=True) or not at all")
    ]
  }

  private static let maximumShown = 20

  /// Whether a global is one of those that PyTorch itself lets pass with `weights_only`.
  static func isExpected(_ global: Pickle.Global) -> Bool {
    switch global.module {
    case "torch", "torch.cuda":
      isTensorType(global) || StorageType(dtype: global) != nil && dtypes(global.name)
        || torchNames.contains(global.name)
    case "torch._utils": global.name.hasPrefix("_rebuild_")
    case "torch.jit._pickle": global.name.hasPrefix("build_") || global.name == "restore_type_tag"
    // Records of a distributed checkpoint's index.
    case "torch.distributed.checkpoint.metadata", "torch.distributed.checkpoint.filesystem": true
    // Classes of TorchScript: names within the archive.
    case _ where global.module.hasPrefix("__torch__"): true
    default: expected.contains(global.description)
    }
  }

  private static func isTensorType(_ global: Pickle.Global) -> Bool {
    global.name.hasSuffix("Storage") || global.name.hasSuffix("Tensor")
  }

  private static func dtypes(_ name: String) -> Bool {
    if case .elements? = StorageType(dtype: Pickle.Global("torch", name)) { return true }
    return ["complex32", "chalf", "float4_e2m1fn_x2", "quint4x2", "quint2x4"].contains(name) || name.hasPrefix("bits")
  }

  private static let torchNames: Set<String> = [
    "Size", "device", "strided", "sparse_coo", "sparse_csr", "sparse_csc", "sparse_bsr", "sparse_bsc",
    "per_tensor_affine", "per_channel_affine", "per_tensor_symmetric", "per_channel_symmetric",
    "per_channel_affine_float_qparams", "contiguous_format", "channels_last", "preserve_format",
  ]

  private static let expected: Set<String> = [
    "collections.OrderedDict", "collections.defaultdict", "collections.Counter", "builtins.dict", "builtins.list",
    "builtins.set", "builtins.frozenset", "builtins.tuple", "builtins.bytes", "builtins.bytearray", "builtins.complex",
    "builtins.slice", "builtins.object", "_codecs.encode", "copyreg._reconstructor", "torch._tensor._rebuild_from_type",
    "torch._tensor._rebuild_from_type_v2", "torch.nn.parameter.Parameter", "torch.nn.parameter.Buffer",
    "torch.nn.parameter.UninitializedParameter", "torch.nn.parameter.UninitializedBuffer",
    "torch.autograd.variable.Variable", "torch.storage.UntypedStorage", "torch.storage.TypedStorage",
    "torch.storage._load_from_bytes", "torch.serialization._get_layout", "torch._tensor.Tensor",
    "numpy._core.multiarray._reconstruct", "numpy._core.multiarray.scalar", "numpy._core.numeric._frombuffer",
    "numpy.ndarray", "numpy.dtype", "torch.nested._internal.nested_tensor._rebuild_njt",
    "torch.nested._internal.nested_tensor.NestedTensor", "torch._dynamo.decorators._DimRange", "pathlib.PosixPath",
    "pathlib._local.PosixPath",
  ]
}
