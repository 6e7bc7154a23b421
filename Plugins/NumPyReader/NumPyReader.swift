public import ModelReading
import NumPyFormat
import StateDictionary
import Zip

/// Reads numpy's arrays: `.npy` files, `.npz` archives, and the pickled dictionaries of old model zoos.
public struct NumPyReader: ModelReader {
  public static let format = Format(
    name: "numpy", summary: "numpy: .npy arrays, .npz archives, dictionaries pickled into an .npy file",
    fileExtensions: ["npy", "npz"])
  public var format: Format { Self.format }

  public init() {}

  public func probe(_ prefix: RawSpan) -> Match {
    NPYHeader.matches(prefix) || ArrayArchive.matches(prefix) ? .certain : .no
  }

  public func open(_ input: ModelInput, limits: Limits) throws(ReadError) -> LayerGraph {
    guard case .file(let file) = input else {
      throw ReadError(.unrecognized, "is a folder, not a numpy file", file: input.path)
    }
    let source = ByteSource(file)
    var collection = ArrayCollection(limits)
    if NPYHeader.matches(source.bytes) {
      try collection.addArrays(of: source, named: stem(of: file.path))
    } else if source.bytes.starts(with: "PK") {
      try collection.addMembers(of: ArrayArchive(source, limits))
    } else {
      throw source.error(.unrecognized, "is neither a numpy array nor an archive of them", at: 0)
    }
    return graph(of: collection, file)
  }

  private func graph(of collection: ArrayCollection, _ file: MappedFile) -> LayerGraph {
    let positional = PositionalNames(collection.contents.tensors)
    var result = StateDictionary.layers(
      from: positional.tensors, aliases: collection.aliases, convention: .undetermined,
      order: collection.isOrdered ? .given : .natural)
    positional.restoreNames(in: &result.layers)
    return LayerGraph(
      format: NumPyReader.format.name, variant: collection.variant, files: [file.path], layers: result.layers,
      inventory: collection.contents.inventory, diagnostics: collection.contents.diagnostics + result.diagnostics)
  }
}

extension ModelReader where Self == NumPyReader {
  /// Reads numpy arrays and archives.
  public static var numpy: NumPyReader { NumPyReader() }
}

/// The last component of a path without its extension.
private func stem(of path: String) -> String {
  let name = path.utf8.split(separator: UInt8(ascii: "/")).last ?? path.utf8[...]
  guard let dot = name.lastIndex(of: UInt8(ascii: ".")), dot > name.startIndex else { return String(Substring(name)) }
  return String(Substring(name[..<dot]))
}
