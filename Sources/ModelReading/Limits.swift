/// What may be spent on a file that nobody trusts.
///
/// Every number is compared with what a file *declares* before anything is
/// allocated for it, and every one of them is printed in the error it causes.
public struct Limits: Sendable, Equatable {
  /// Bytes of a header or index held in memory: JSON, pickle program, protobuf skeleton.
  public var maximumIndexBytes = 100_000_000
  /// Bytes of one tensor that has to be decoded into memory (inflated, dequantised, gathered).
  public var maximumDecodedBytes = 64 << 30
  /// Bytes that a tensor may describe beyond those it has, by repeating elements (stride 0).
  public var maximumExpandedBytes = 1 << 30
  /// Tensors in one model.
  public var maximumTensorCount = 1_000_000
  /// UTF-8 bytes of one name.
  public var maximumNameBytes = 65_536
  /// Axes of one tensor.
  public var maximumRank = 32
  /// Depth of nested JSON values, protobuf messages or subgraphs.
  public var maximumNesting = 128
  /// Opcodes that one pickle may execute.
  public var maximumPickleOpcodes = 50_000_000
  /// Objects that one pickle may create.
  public var maximumPickleObjects = 20_000_000
  /// Members of one zip archive.
  public var maximumArchiveMembers = 1_000_000
  /// Uncompressed bytes per compressed byte; deflate itself cannot exceed 1032.
  public var maximumInflationRatio = 1_100
  /// Groups, datasets and attributes of one HDF5 file.
  public var maximumHDF5Objects = 1_000_000
  /// Files beside the model that it may refer to: shards, external data.
  public var maximumExternalFiles = 10_000
  /// Steps in working out which layer feeds which; a model that needs more is reported without its dataflow.
  public var maximumDataflow = 1_000_000
  /// Containers inside containers: a zip in a zip, a pickle in a pickle.
  public var maximumContainerDepth = 4

  public init() {}
}
