public import ModelReading

/// What an HDF5 file contains: its groups, datasets and attributes, as plain values.
///
/// The index holds no handle of the library and no value of a dataset. It is
/// built in another process and sent here as bytes (`encoded()`), which is
/// what keeps a file that crashes libhdf5 from crashing its reader.
///
/// Objects stand in the order of a walk from the root, parents before their
/// children. Only hard links are followed; everything else is a `Finding`.
public struct HDF5Index: Sendable, Equatable {
  public struct Group: Sendable, Equatable {
    /// Names from the root, joined by `/`; empty for the root itself.
    public var path: ByteString
    public var attributes: [Attribute]
    /// Position of the object's header: objects made later usually lie later.
    public var address: UInt64

    package init(path: ByteString, attributes: [Attribute], address: UInt64) {
      self.path = path
      self.attributes = attributes
      self.address = address
    }
  }

  public struct Dataset: Sendable, Equatable {
    public var path: ByteString
    /// `nil` for a type that has no counterpart; `typeName` says which it is.
    public var elementType: ElementType?
    public var byteOrder: ByteOrder
    /// The type in words, for messages.
    public var typeName: String
    /// Extent of each axis, outermost first; empty for a scalar.
    public var shape: [Int]
    public var storage: Storage
    public var attributes: [Attribute]
    /// Position of the object's header.
    public var address: UInt64

    package init(
      path: ByteString, elementType: ElementType?, byteOrder: ByteOrder, typeName: String, shape: [Int],
      storage: Storage, attributes: [Attribute], address: UInt64
    ) {
      self.path = path
      self.elementType = elementType
      self.byteOrder = byteOrder
      self.typeName = typeName
      self.shape = shape
      self.storage = storage
      self.attributes = attributes
      self.address = address
    }
  }

  /// Where the values of a dataset are.
  public enum Storage: Sendable, Equatable {
    /// In one piece, as they are, at a distance from the start of the file, in bytes.
    case contiguous(offset: Int, byteCount: Int)
    /// In the object header, in chunks, or nowhere yet (the fill value stands for them).
    /// - storedByteCount: what they occupy in the file.
    case gathered(layout: String, storedByteCount: Int)
    /// Not read, for the reason given.
    case refused(reason: String)
  }

  public struct Attribute: Sendable, Equatable {
    public var name: ByteString
    public var value: Value

    package init(name: ByteString, value: Value) {
      self.name = name
      self.value = value
    }
  }

  public enum Value: Sendable, Equatable {
    case strings([ByteString])
    case integers([Int64])
    case numbers([Double])
    /// A type that is not read, in words.
    case other(String)
  }

  /// Something that was not followed or could not be read.
  public struct Finding: Sendable, Equatable {
    public enum Kind: UInt8, Sendable {
      /// A link or storage that leads elsewhere: to another path or another file.
      case refused
      /// An object that the library cannot read.
      case unreadable
    }
    public var kind: Kind
    public var path: ByteString
    /// Present tense, no full stop.
    public var message: String

    package init(kind: Kind, path: ByteString, message: String) {
      self.kind = kind
      self.path = path
      self.message = message
    }
  }

  public var groups: [Group] = []
  public var datasets: [Dataset] = []
  public var findings: [Finding] = []

  package init() {}
}

extension HDF5Index.Group {
  /// The attribute called `name`, or `nil`.
  public func attribute(_ name: String) -> HDF5Index.Value? { attributes.value(of: name) }
}

extension HDF5Index.Dataset {
  /// The attribute called `name`, or `nil`.
  public func attribute(_ name: String) -> HDF5Index.Value? { attributes.value(of: name) }
}

extension [HDF5Index.Attribute] {
  package func value(of name: String) -> HDF5Index.Value? { first { $0.name.bytes.elementsEqual(name.utf8) }?.value }
}

extension HDF5Index.Value {
  /// The only string, or `nil`.
  public var string: String? {
    if case .strings(let all) = self, all.count == 1 { all[0].description } else { nil }
  }

  /// The strings; none for an empty array of any type, which is how h5py
  /// stores an empty list (as floats). `nil` for anything else.
  public var strings: [ByteString]? {
    switch self {
    case .strings(let all): all
    case .numbers(let all): all.isEmpty ? [] : nil
    case .integers(let all): all.isEmpty ? [] : nil
    case .other: nil
    }
  }

  /// The only whole number, or `nil`.
  public var integer: Int? {
    if case .integers(let all) = self, all.count == 1 { Int(exactly: all[0]) } else { nil }
  }
}
