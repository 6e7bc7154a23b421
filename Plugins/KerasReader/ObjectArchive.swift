import ModelReading
import NumPyFormat
import Pickle
import Zip

/// `model.weights.npz`: a member per layer, each a pickled dictionary of numbered arrays.
///
/// The pickles are read as data. Arrays get the paths that they would have in
/// HDF5: entry `1` of the member `layers/dense.npy` is `layers/dense/vars/1`.
struct ObjectArchive {
  private(set) var tensors: [Tensor] = []
  private(set) var others: [TensorRecord] = []
  private(set) var diagnostics: [Diagnostic] = []
  private let limits: Limits
  private var names: Set<ByteString> = []
  private var reported: Set<Pickle.Global> = []

  /// - Throws: as the zip archive and the pickles inside; `.malformed` for a member that is no dictionary of arrays.
  init(_ source: ByteSource, _ limits: Limits) throws(ReadError) {
    self.limits = limits
    let archive = try ZipArchive(source, limits: limits, names: .exact)
    for entry in archive.entries where entry.name.description.hasSuffix(".npy") {
      let member = String(entry.name.description.dropLast(4))
      try add(archive.contents(of: entry), at: member == "__root__" ? "" : member)
    }
  }

  private mutating func add(_ source: ByteSource, at path: String) throws(ReadError) {
    let header = try NPYHeader(source, limits: limits)
    guard case .object = header.layout.type.content else {
      throw source.error(.malformed, "holds numbers where a layer's dictionary of arrays is expected", at: 0)
    }
    let pickle = try Pickle(source, at: header.dataOffset, limits: limits)
    report(pickle.globals)
    guard let array = try PickledArray(pickle.root, in: pickle), case .objects(let items) = array.elements,
      items.count == 1, let entries = pickle.entries(items[0])
    else { throw source.error(.malformed, "holds no dictionary of arrays", at: header.dataOffset) }
    for entry in entries {
      guard let key = pickle.text(entry.key) else {
        throw source.error(.malformed, "has an array without a name", at: header.dataOffset)
      }
      try add(entry.value, pickle, join(join(path, "vars"), key))
    }
  }

  private mutating func add(_ id: Pickle.ID, _ pickle: Pickle, _ name: String) throws(ReadError) {
    guard names.insert(ByteString(name)).inserted else {
      throw pickle.source.error(.malformed, "has two arrays of one name", subject: name)
    }
    guard names.count <= limits.maximumTensorCount else {
      throw pickle.source.error(.limitExceeded, "has more than \(limits.maximumTensorCount) arrays, the limit")
    }
    do throws(ReadError) {
      guard let array = try PickledArray(id, in: pickle) else {
        let kind = pickle.callable(of: id).map { "an object of \($0)" } ?? "something else"
        diagnostics.append(
          Diagnostic(
            .unsupportedTensor, name, "is \(kind) where an array is expected",
            hint: "save the model again with model.save('name.keras')"))
        return
      }
      let contents = try array.contents(named: name, limits: limits)
      tensors += contents.tensors
      let known = Set(contents.tensors.map { ByteString($0.name) })
      others += contents.inventory.filter { !known.contains(ByteString($0.name)) }
      diagnostics += contents.diagnostics
    } catch {
      guard error.code == .unsupported else { throw error.about(name) }
      diagnostics.append(Diagnostic(.unreadableTensor, name, error.message, hint: error.hint))
    }
  }

  /// Names what Python would import to load the file, other than what makes arrays.
  private mutating func report(_ globals: [Pickle.Global]) {
    for global in globals
    where global.module != "ml_dtypes" && !Self.arrayMakers.contains(global.description)
      && reported.insert(global).inserted
    {
      diagnostics.append(
        Diagnostic(.unsafeContent, global.description, "is imported by Python's own loader, which may run it"))
    }
  }

  private static let arrayMakers: Set<String> = [
    "numpy.ndarray", "numpy.dtype", "numpy._core.multiarray._reconstruct", "numpy._core.multiarray.scalar",
    "numpy._core.numeric._frombuffer", "_codecs.encode",
  ]
}
