import DumpFormat
import ModelReading
import StrictJSON

/// The file in which WeightWatcher 0.7 looks up the arrays of a folder.
let weightWatcherIndexName = "ww_config.json"

/// Its text: a dictionary of layers, each with the files of its weight and its bias.
///
/// - Parameter folder: where the dump will be; that tool joins its path and the files' names.
func weightWatcherIndex(of document: DumpDocument, at folder: String) -> String {
  var tensors: [ByteString: DumpTensor] = [:]
  for tensor in document.tensors { tensors[ByteString(tensor.name)] = tensor }
  var entries: [Entry] = []
  for layer in document.layers {
    let bias = layer.parameters.first { $0.role == .bias }?.values.tensors.first.flatMap { tensors[ByteString($0)] }
    for parameter in layer.parameters where parameter.role.isWeight {
      for name in parameter.values.tensors {
        guard let tensor = tensors[ByteString(name)], let type = typeName(tensor.shape) else { continue }
        entries.append(Entry(name: name, layer: layer.name, type: type, weight: tensor, bias: bias))
      }
    }
  }
  var writer = JSONWriter(indented: true)
  writer.object { writer in
    writer.member("framework", "pytorch")
    writer.member("format", "ww_flatfiles")
    writer.member("model_name", document.source.files.first ?? "model")
    writer.member("weights_dir", folder)
    writer.key("layers")
    writer.object { writer in
      for (number, entry) in entries.enumerated() {
        writer.key("\(number)")
        writer.write(entry)
      }
    }
  }
  return writer.text + "\n"
}

/// Tensors that are weights: that tool knows a folder of its arrays by files with `weight` in their names.
func weightNames(of document: DumpDocument) -> Set<ByteString> {
  let weights = document.layers.lazy.flatMap(\.parameters).filter(\.role.isWeight)
  return Set(weights.flatMap(\.values.tensors).map { ByteString($0) })
}

private struct Entry {
  let name: String
  let layer: String
  let type: String
  let weight: DumpTensor
  let bias: DumpTensor?
}

private func typeName(_ shape: [Int]) -> String? {
  switch shape.count {
  case 1: "norm"
  case 2: "dense"
  case 4: "conv2d"
  default: nil
  }
}

extension JSONWriter {
  fileprivate mutating func write(_ entry: Entry) {
    object { writer in
      writer.member("key", entry.name)
      writer.member("name", entry.layer)
      writer.member("longname", entry.name)
      writer.member("weightfile", entry.weight.file)
      writer.member("biasfile", entry.bias?.file)
      writer.member("type", entry.type)
      // Text that holds JSON: so that tool has it.
      writer.member("dims", "[\(entry.weight.shape.map(String.init).joined(separator: ", "))]")
    }
  }
}
