import ModelReading

/// A layer class of Keras, any version, as far as its weights are concerned.
enum KerasClass: Sendable, Equatable {
  case dense
  case convolution(rank: Int)
  case depthwise(rank: Int)
  case separable(rank: Int)
  case transposed(rank: Int)
  case locallyConnected(rank: Int)
  case embedding
  case recurrent(LayerKind.RecurrentCell)
  /// An LSTM whose products are convolutions.
  case convolutionalLSTM(rank: Int)
  case einsum
  case attention
  case normalization
  /// Holds other layers: a model, or a wrapper of one layer.
  case container
  /// Not a class of Keras, or one without weights.
  case other(String)

  /// By the name that `class_name` gives, of any version of Keras.
  init(className: String) {
    // A registered class is "package>Name".
    let name = className.split(separator: ">").last.map(String.init) ?? className
    self = Self.byName[name] ?? .other(name)
  }

  /// By a name in snake case, as Keras 3 writes paths and as layers are named
  /// unless someone names them: `conv2d_transpose_4`.
  init?(automaticName: String) {
    guard let found = Self.bySnakeName[withoutIndex(automaticName)] else { return nil }
    self = found
  }

  private static let byName: [String: KerasClass] = {
    var names: [String: KerasClass] = [
      "Dense": .dense, "TimeDistributedDense": .dense, "EinsumDense": .einsum, "Embedding": .embedding,
      "ReversibleEmbedding": .embedding, "MultiHeadAttention": .attention, "GroupedQueryAttention": .attention,
      "GroupQueryAttention": .attention, "BatchNormalization": .normalization, "BatchNormalizationV1": .normalization,
      "SyncBatchNormalization": .normalization, "LayerNormalization": .normalization,
      "GroupNormalization": .normalization, "RMSNormalization": .normalization,
      "InstanceNormalization": .normalization, "SeparableConvolution1D": .separable(rank: 1),
      "SeparableConvolution2D": .separable(rank: 2), "Deconvolution2D": .transposed(rank: 2),
      "Deconvolution3D": .transposed(rank: 3), "DepthwiseConv1D": .depthwise(rank: 1),
      "DepthwiseConv2D": .depthwise(rank: 2), "DepthwiseConvolution2D": .depthwise(rank: 2),
      "LocallyConnected1D": .locallyConnected(rank: 1), "LocallyConnected2D": .locallyConnected(rank: 2),
    ]
    for rank in 1...3 {
      for stem in ["Conv\(rank)D", "Convolution\(rank)D"] {
        names[stem] = .convolution(rank: rank)
        names["Atrous" + stem] = .convolution(rank: rank)
        names[stem + "Transpose"] = .transposed(rank: rank)
      }
      names["SeparableConv\(rank)D"] = .separable(rank: rank)
      names["ConvLSTM\(rank)D"] = .convolutionalLSTM(rank: rank)
    }
    for (stem, cell) in [("SimpleRNN", LayerKind.RecurrentCell.rnn), ("GRU", .gru), ("LSTM", .lstm)] {
      for name in [stem, stem + "Cell", "CuDNN" + stem, stem + "V2", stem + "CellV2"] { names[name] = .recurrent(cell) }
    }
    for name in [
      "Model", "Functional", "Sequential", "Graph", "Bidirectional", "TimeDistributed", "RNN", "SpectralNormalization",
      "WeightNormalization", "Wrapper",
    ] { names[name] = .container }
    return names
  }()

  private static let bySnakeName: [String: KerasClass] = Dictionary(
    byName.map { (snakeCase($0.key), $0.value) }, uniquingKeysWith: { first, _ in first })

  /// The kind that reports show; `nil` for classes that are split or say nothing.
  var kind: LayerKind? {
    switch self {
    case .dense, .einsum: .dense
    case .convolution(let rank): .convolution(rank: rank)
    case .depthwise(let rank), .separable(let rank): .depthwiseConvolution(rank: rank)
    case .transposed(let rank): .transposedConvolution(rank: rank)
    case .locallyConnected(let rank): .other("locally_connected\(rank)d")
    case .embedding: .embedding
    case .recurrent(let cell): .recurrent(cell)
    case .convolutionalLSTM: .recurrent(.lstm)
    case .attention: .attention
    case .normalization: .normalization
    case .container: nil
    case .other(let name): .other(name)
    }
  }
}

/// `name` without a trailing `_` and digits.
func withoutIndex(_ name: String) -> String {
  guard let underscore = name.lastIndex(of: "_"), underscore > name.startIndex else { return name }
  let digits = name[name.index(after: underscore)...]
  let isIndex = !digits.isEmpty && digits.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  return isIndex ? String(name[..<underscore]) : name
}

/// The name that Keras derives from a class's: `Conv2DTranspose` → `conv2d_transpose`.
func snakeCase(_ className: String) -> String {
  let letters = className.unicodeScalars.filter {
    $0.properties.isAlphabetic || $0.properties.numericType != nil || $0 == "_"
  }
  let scalars = Array(letters)
  func isUpper(_ index: Int) -> Bool { scalars.indices.contains(index) && ("A"..."Z").contains(scalars[index]) }
  func isLower(_ index: Int) -> Bool { scalars.indices.contains(index) && ("a"..."z").contains(scalars[index]) }
  var result = ""
  for index in scalars.indices {
    // A word starts at a capital that a small letter follows, or that follows a small letter.
    if index > 0, isUpper(index), isLower(index + 1) || isLower(index - 1) { result += "_" }
    result.unicodeScalars.append(scalars[index])
  }
  return result.lowercased()
}
