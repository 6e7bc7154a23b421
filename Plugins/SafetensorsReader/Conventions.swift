import ModelReading
import StateDictionary

/// What the `format` entry of the metadata says about the framework that wrote a file.
struct WriterConvention {
  let axes: StateDictionary.Convention
  let producer: String?

  init(_ metadata: Metadata) {
    switch metadata.first(where: { $0.key == "format" })?.value {
    case nil: (axes, producer) = (.pytorch, nil)
    case "pt": (axes, producer) = (.pytorch, "PyTorch")
    case "tf": (axes, producer) = (.channelsLast, "TensorFlow")
    case "flax": (axes, producer) = (.channelsLast, "Flax")
    case "mlx": (axes, producer) = (.mlx, "MLX")
    case "np": (axes, producer) = (.undetermined, "NumPy")
    case "paddle": (axes, producer) = (.undetermined, "Paddle")
    case .some: (axes, producer) = (.undetermined, nil)
    }
  }
}

/// Names that were left out of a file because another tensor has the same bytes.
///
/// The PyTorch binding writes them into the metadata: dropped name → kept name.
/// - Returns: for each kept name, the dropped ones in alphabetical order.
func tiedNames(_ metadata: Metadata, _ tensors: some Sequence<Tensor>) -> [ByteString: [String]] {
  guard !metadata.isEmpty else { return [:] }
  let kept = Set(tensors.map { ByteString($0.name) })
  var result: [ByteString: [String]] = [:]
  for (dropped, name) in metadata where kept.contains(ByteString(name)) && !kept.contains(ByteString(dropped)) {
    result[ByteString(name), default: []].append(dropped)
  }
  return result.mapValues { $0.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }
}
