import Dispatch
public import ModelReading
import Synchronization

/// An HDF5 file: its index, and tensors over its datasets.
public struct HDF5File: Sendable {
  public let index: HDF5Index
  public let source: ByteSource
  private let limits: Limits
  private let datasetPositions: [ByteString: Int]
  private let groupPositions: [ByteString: Int]
  private let patience = WorkerPatience()

  /// Reads the index, in a process of its own.
  ///
  /// - Parameter source: the file, or the part of an archive that is one.
  /// - Throws: `.unrecognized` without the HDF5 signature, `.truncated`, `.malformed`, `.limitExceeded`;
  ///   `.io` if the process cannot be started.
  public init(_ source: ByteSource, limits: Limits = Limits()) throws(ReadError) {
    index = try HDF5Worker.index(of: source, limits: limits)
    self.source = source
    self.limits = limits
    datasetPositions = Self.positions(index.datasets.map(\.path))
    groupPositions = Self.positions(index.groups.map(\.path))
  }

  /// Reads the indices of several files, as many side by side as there are processors: processes take longer to start
  /// than indices to read.
  ///
  /// - Parameter sources: the files, and why others are none.
  /// - Returns: for each of them what `init` gives or throws.
  public static func all(
    _ sources: [Result<ByteSource, ReadError>], limits: Limits = Limits()
  ) -> [Result<HDF5File, ReadError>] {
    let files = Mutex([Result<HDF5File, ReadError>?](repeating: nil, count: sources.count))
    DispatchQueue.concurrentPerform(iterations: sources.count) { position in
      let file = sources[position].flatMap { source in
        Result { () throws(ReadError) in try HDF5File(source, limits: limits) }
      }
      files.withLock { $0[position] = file }
    }
    return files.withLock { $0.compactMap(\.self) }
  }

  /// Whether bytes from the start of a file have the HDF5 signature, a user block before it allowed.
  public static func hasSignature(_ prefix: RawSpan) -> Bool { Superblock.signature(in: prefix) != nil }

  /// The dataset at `path` (names from the root, joined by `/`), or `nil`.
  public func dataset(_ path: String) -> HDF5Index.Dataset? {
    datasetPositions[ByteString(path)].map { index.datasets[$0] }
  }

  /// The group at `path`, the root being `""`, or `nil`.
  public func group(_ path: String) -> HDF5Index.Group? {
    groupPositions[ByteString(path)].map { index.groups[$0] }
  }

  /// A dataset as a tensor named by its path; mapped where it is stored in one piece.
  ///
  /// - Throws: `.unsupported` for elements that no `ElementType` describes,
  ///   `.truncated` if the values do not lie in the file, `.limitExceeded` if
  ///   they expand beyond the limits, `.unsafeContent` if they lie in another file.
  public func tensor(_ dataset: HDF5Index.Dataset, axes: [Axis]? = nil) throws(ReadError) -> Tensor {
    let name = dataset.path.description
    guard let elementType = dataset.elementType else {
      throw source.error(.unsupported, "has elements of type \(dataset.typeName)", subject: name)
    }
    do {
      return try Tensor(
        name: name, elementType: elementType, byteOrder: dataset.byteOrder, shape: dataset.shape, axes: axes,
        storage: try storage(of: dataset, elementType), limits: limits)
    } catch { throw error.about(name) }
  }

  private func storage(
    of dataset: HDF5Index.Dataset, _ elementType: ElementType
  ) throws(ReadError) -> Tensor.Storage {
    switch dataset.storage {
    case .refused(let reason): throw source.error(.unsafeContent, "is not read: \(reason)")
    case .contiguous(let offset, let byteCount):
      return .bytes(try source.slice(at: offset, count: byteCount, "a dataset"))
    case .gathered(let layout, let stored):
      let byteCount = try decodedByteCount(dataset, elementType, layout, stored)
      let (source, path, limits, patience) = (source, dataset.path, limits, patience)
      return .produced(
        ProducedBytes(byteCount: byteCount, label: source.label) { () throws(ReadError) in
          try patience.ask { () throws(ReadError) in
            try HDF5Worker.values(of: path, byteCount: byteCount, in: source, limits: limits)
          }
        })
    }
  }

  /// What a dataset occupies once decoded, if that is in proportion to what the file holds of it.
  private func decodedByteCount(
    _ dataset: HDF5Index.Dataset, _ elementType: ElementType, _ layout: String, _ stored: Int
  ) throws(ReadError) -> Int {
    guard let count = Tensor.elementCount(dataset.shape) else {
      throw source.error(.malformed, "has the shape \(dataset.shape), whose element count overflows")
    }
    let (byteCount, overflow) = count.multipliedReportingOverflow(by: elementType.byteWidth)
    guard !overflow, byteCount <= limits.maximumDecodedBytes else {
      throw source.error(
        .limitExceeded, "decodes to \(count) elements, the limit is \(limits.maximumDecodedBytes) bytes")
    }
    // Small ones are harmless, whatever they expand from: a fill value costs no byte of the file.
    guard byteCount <= 64 << 20 || byteCount / limits.maximumInflationRatio <= stored else {
      throw source.error(
        .limitExceeded, "decodes to \(byteCount) bytes from \(stored) of \(layout) storage",
        hint: "no compression reaches this ratio; the shape is not that of real weights")
    }
    return byteCount
  }

  private static func positions(_ paths: [ByteString]) -> [ByteString: Int] {
    Dictionary(paths.enumerated().map { ($0.element, $0.offset) }, uniquingKeysWith: { first, _ in first })
  }
}
