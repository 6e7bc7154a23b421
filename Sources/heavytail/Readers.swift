import GGUFReader
import KerasReader
import LayerDumpReader
import ModelReading
import NumPyReader
import ONNXReader
import PyTorchReader
import SafetensorsReader

/// The readers of this program. A new one is added here and nowhere else.
let builtInReaders: [any ModelReader] = [.safetensors, .pytorch, .keras, .onnx, .gguf, .numpy, .dump]
