import GGUFReader
import KerasReader
import LayerDumpReader
public import ModelReading
import NumPyReader
import ONNXReader
import PyTorchReader
import SafetensorsReader

extension ReaderRegistry {
  /// A reader of each format that this package reads, and no fallbacks: no program is looked for.
  ///
  ///     let graph = try ReaderRegistry.builtIn.open("model.safetensors")
  ///
  /// A new reader is added here and nowhere else. To add one from outside, make a registry of both:
  /// `ReaderRegistry(ReaderRegistry.builtIn.readers + [mine])`.
  public static let builtIn = ReaderRegistry([
    .safetensors,
    .pytorch,
    .keras,
    .onnx,
    .gguf,
    .numpy,
    .dump,
  ])
}
