import ModelReading
import SafetensorsReader
import TestSupport

/// A file from header text and data.
func safetensors(_ header: String, data: Int = 0, headerSize: UInt64? = nil) -> [UInt8] {
  safetensors(header, (0..<data).map { UInt8(truncatingIfNeeded: $0) }, headerSize: headerSize)
}

func safetensors(_ header: String, _ data: [UInt8], headerSize: UInt64? = nil) -> [UInt8] {
  let count = headerSize ?? UInt64(header.utf8.count)
  return (0..<8).map { UInt8(truncatingIfNeeded: count >> ($0 * 8)) } + Array(header.utf8) + data
}

/// The header entry of one tensor.
func entry(_ name: String, _ type: String, _ shape: String, _ start: Int, _ end: Int) -> String {
  #""\#(name)":{"dtype":"\#(type)","shape":\#(shape),"data_offsets":[\#(start),\#(end)]}"#
}

/// A file of tensors, in the order given.
func file(_ tensors: [(name: String, type: String, shape: [Int], bytes: [UInt8])]) -> [UInt8] {
  var entries: [String] = []
  var data: [UInt8] = []
  for tensor in tensors {
    entries.append(entry(tensor.name, tensor.type, "\(tensor.shape)", data.count, data.count + tensor.bytes.count))
    data += tensor.bytes
  }
  return safetensors("{\(entries.joined(separator: ","))}", data)
}

func words(_ values: [UInt32]) -> [UInt8] {
  values.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) } }
}

func floats(_ values: [Float]) -> [UInt8] { words(values.map(\.bitPattern)) }

/// What the reader makes of these bytes.
func open(_ bytes: [UInt8], limits: Limits = Limits()) throws -> LayerGraph {
  try Fixtures.withFile(bytes, named: "x.safetensors") { path in
    try SafetensorsReader().open(.file(MappedFile(path: path)), limits: limits).accountingForEveryTensor()
  }
}

/// What the reader makes of a folder with these files.
func open(folder files: [(String, [UInt8])]) throws -> LayerGraph {
  try Fixtures.withDirectory { path in
    for (name, bytes) in files { try Fixtures.write(bytes, to: path + "/" + name) }
    return try SafetensorsReader().open(.directory(ModelDirectory(path: path)), limits: Limits())
      .accountingForEveryTensor()
  }
}
