public import DumpFormat
public import MatrixSlicing
public import ModelReading

/// What to dump of a model, and how.
public struct DumpOptions: Sendable {
  /// The matrices that weights are cut into.
  public struct Matrices: Sendable {
    /// `.positions` or `.unfold`; the matrices of `.fourier` are complex and not written.
    public var slicing: Slicing
    /// Whether attention projections are cut into heads, where their number is known.
    public var perHead: Bool
    /// Width of a head, for models that do not say how many there are.
    public var headWidth: Int?

    public init(slicing: Slicing = .positions, perHead: Bool = false, headWidth: Int? = nil) {
      self.slicing = slicing
      self.perHead = perHead
      self.headWidth = headWidth
    }
  }

  public var layout = DumpDocument.Layout.safetensors
  /// Bytes of values from which a safetensors file is divided. A larger tensor has a file of its own.
  public var shardByteCount = 4 << 30
  /// What floating-point values are converted to; `nil` for their own type.
  public var elementType: ElementType?
  /// Only layers, or weights by the names of their tensors, that match one of these shell patterns; all if empty.
  public var layerPatterns: [String] = []
  /// Whether weights are written as matrices, and which; `nil` for whole tensors.
  public var matrices: Matrices?
  public var limits = Limits()

  public init() {}
}
