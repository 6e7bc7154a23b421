import ModelReading
import NumPyFormat
import Pickle
import Zip

/// All arrays of a file under unique names.
struct ArrayCollection {
  private(set) var contents = ArrayLayout.Contents()
  private(set) var aliases: [ByteString: [String]] = [:]
  /// Whether the order of the arrays is somebody's choice; that of a Python 2 dictionary is not.
  private(set) var isOrdered = true
  private(set) var variant = "array"
  private let limits: Limits
  private var usedNames: Set<ByteString> = []

  init(_ limits: Limits) { self.limits = limits }

  /// The arrays of an `.npy` file: one, or several that were saved one behind the other.
  mutating func addArrays(of source: ByteSource, named name: String) throws(ReadError) {
    var offset = 0
    var number = 1
    repeat {
      let part = try source.slice(at: offset, count: source.byteCount - offset, "array")
      let header = try NPYHeader(part, limits: limits)
      let name = number == 1 ? name : "\(name)#\(number)"
      if case .object = header.layout.type.content {
        return try addObjects(of: part, at: header.dataOffset, named: "")
      }
      let elements = try part.slice(at: header.dataOffset, count: header.layout.byteCount, "the array")
      add(try header.layout.contents(named: name, in: .bytes(elements), limits: limits))
      offset += header.dataOffset + header.layout.byteCount
      number += 1
      guard contents.inventory.count <= limits.maximumTensorCount else {
        throw source.error(.limitExceeded, "has more than \(limits.maximumTensorCount) arrays, the limit", at: offset)
      }
    } while NPYHeader.starts(source.bytes, at: offset)
    guard offset < source.byteCount else { return }
    note(.leftOut, name, "is followed by \(source.byteCount - offset) bytes that are no array")
  }

  /// The members of an `.npz` archive.
  mutating func addMembers(of archive: ArrayArchive) throws(ReadError) {
    variant = "archive"
    for (name, entry) in archive.arrays {
      do throws(ReadError) {
        try addMember(name, entry, of: archive)
      } catch {
        guard error.code == .unsupported else { throw error }
        note(.unreadableTensor, name, error.message, hint: error.hint)
      }
    }
    for entry in archive.others {
      note(.leftOut, entry.name.description, "is a member of \(entry.byteCount) bytes and no array")
    }
  }

  private mutating func addMember(
    _ name: String, _ entry: ZipArchive.Entry, of archive: ArrayArchive
  ) throws(ReadError) {
    let header = try archive.header(of: entry, limits)
    if case .object = header.layout.type.content {
      try addObjects(of: archive.zip.contents(of: entry), at: header.dataOffset, named: name)
    } else {
      let elements = try archive.elements(of: entry, header)
      add(try header.layout.contents(named: name, in: elements, limits: limits))
    }
  }

  /// The arrays inside a pickle.
  private mutating func addObjects(
    of source: ByteSource, at offset: Int, named name: String
  ) throws(ReadError) {
    let pickle = try Pickle(source, at: offset, limits: limits)
    if variant == "array" { variant = "pickled dictionary" }
    var walk = ObjectWalk(pickle, limits)
    try walk.collect(from: pickle.root, named: name)
    add(walk.contents)
    aliases.merge(walk.aliases) { $0 + $1 }
    isOrdered = isOrdered && walk.isOrdered
    for global in pickle.globals where !ObjectWalk.isHarmless(global) {
      note(.unsafeContent, global.description, "is imported by Python's own loader, which may run it")
    }
  }

  /// Takes arrays over, but for those whose name is taken.
  private mutating func add(_ other: ArrayLayout.Contents) {
    var other = other
    other.tensors.removeAll { tensor in
      guard !usedNames.insert(ByteString(tensor.name)).inserted else { return false }
      other.diagnostics.append(
        Diagnostic(
          .leftOut, tensor.name, "is a second array of this name, \(tensor.elementType.rawValue) \(tensor.shape)"))
      return true
    }
    contents.append(other)
  }

  private mutating func note(_ code: Diagnostic.Code, _ subject: String, _ message: String, hint: String? = nil) {
    contents.diagnostics.append(Diagnostic(code, subject, message, hint: hint))
  }
}
