import Glibc
import ModelReading
import TestSupport
import Testing

/// Files far larger than memory open in no time and take none: their weights are holes that nothing touches.
@Suite struct LargeFileTests {
  @Test func safetensors() throws {
    let count = 1 << 31
    try expectUntouched([("sparse.safetensors", safetensorsHeader("w.weight", [32768, 65536]), count * 4)])
  }

  @Test func numpy() throws {
    let description = "{'descr': '<f4', 'fortran_order': False, 'shape': (32768, 65536), }"
    let text = description + String(repeating: " ", count: 117 - description.utf8.count) + "\n"
    let start: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + Array(text.utf8)
    try expectUntouched([("sparse.npy", start, (1 << 31) * 4)])
  }

  /// Twenty shards of 1 GiB and their index.
  @Test func shardedSafetensors() throws {
    let names = (1...20).map { "model-\($0)-of-20.safetensors" }
    let entries = names.enumerated().map { #""layers.\#($0).weight":"\#($1)""# }.joined(separator: ",")
    let index = Array(#"{"metadata":{},"weight_map":{\#(entries)}}"#.utf8)
    let shards = names.enumerated().map { number, name in
      (name, safetensorsHeader("layers.\(number).weight", [16384, 16384]), 1 << 30)
    }
    try expectUntouched([("model.safetensors.index.json", index, 0)] + shards, open: "", layers: 20)
  }

  /// A plain tensor of 8 GiB, and one of 1 GiB in blocks.
  @Test(arguments: [(UInt8(0), 1 << 33), (UInt8(8), (1 << 30) / 32 * 34)]) func gguf(type: UInt8, size: Int) throws {
    func word(_ value: Int) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) } }
    let name = Array("w.weight".utf8)
    let start = Array("GGUF".utf8) + [3, 0, 0, 0] + word(1) + word(0) + word(name.count) + name + [2, 0, 0, 0]
    let rows = type == 0 ? 32768 : 16384
    let header = start + word(65536) + word(rows) + [type, 0, 0, 0] + word(0)
    let padding = [UInt8](repeating: 0, count: (32 - header.count % 32) % 32)
    try expectUntouched([("sparse.gguf", header + padding, size)])
  }

  /// One tensor of 3 GiB within the model: beyond what protobuf's own library reads.
  @Test func onnxInline() throws {
    let (start, size) = onnxModel(shape: [24576, 32768], dataIn: nil)
    try expectUntouched([("inline.onnx", start, size)])
  }

  @Test func onnxExternal() throws {
    let (start, size) = onnxModel(shape: [24576, 32768], dataIn: "weights.bin")
    try expectUntouched([("weights.bin", [], size), ("external.onnx", start, 0)])
  }

  // MARK: - Files

  private func safetensorsHeader(_ name: String, _ shape: [Int]) -> [UInt8] {
    let end = shape.reduce(4, *)
    let header = #"{"\#(name)":{"dtype":"F32","shape":\#(shape),"data_offsets":[0,\#(end)]}}"#
    let padded = header + String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
    return (0..<8).map { UInt8(truncatingIfNeeded: padded.utf8.count >> ($0 * 8)) } + Array(padded.utf8)
  }

  /// The start of a model with one product, up to the data of its weight or, if they are in another file, to its end.
  private func onnxModel(shape: [Int], dataIn file: String?) -> (start: [UInt8], dataBytes: Int) {
    let size = shape.reduce(4, *)
    func field(_ number: Int, _ contents: [UInt8], hole: Int = 0) -> [UInt8] {
      varint(number << 3 | 2) + varint(contents.count + hole) + contents
    }
    func text(_ number: Int, _ value: String) -> [UInt8] { field(number, Array(value.utf8)) }
    func entry(_ key: String, _ value: String) -> [UInt8] { field(13, text(1, key) + text(2, value)) }
    let hole = file == nil ? size : 0
    let outline = shape.flatMap { [8] + varint($0) } + [16, 1] + text(8, "fc.weight")
    let data = file.map { entry("location", $0) + entry("length", "\(size)") + [0x70, 1] }
    let tensor = outline + (data ?? varint(9 << 3 | 2) + varint(size))
    let node = text(1, "x") + text(1, "fc.weight") + text(2, "y") + text(4, "MatMul")
    let graph = field(1, node) + field(5, tensor, hole: hole)
    return ([8, 8] + field(8, [16, 17]) + field(7, graph, hole: hole), size)
  }

  private func varint(_ value: Int) -> [UInt8] {
    value < 0x80 ? [UInt8(value)] : [UInt8(value & 0x7F) | 0x80] + varint(value >> 7)
  }

  // MARK: - Memory

  /// - Parameters:
  ///   - files: name, first bytes, and bytes of the hole behind them.
  ///   - name: what to open, the last file or, if empty, the folder.
  private func expectUntouched(
    _ files: [(name: String, start: [UInt8], hole: Int)], open name: String? = nil, layers: Int = 1
  ) throws {
    try Fixtures.withDirectory { folder in
      for file in files {
        try Fixtures.write(file.start, to: folder + "/" + file.name)
        guard unsafe truncate(folder + "/" + file.name, file.start.count + file.hole) == 0 else { return }
      }
      let path = name.map { $0.isEmpty ? folder : folder + "/" + $0 } ?? folder + "/" + files[files.count - 1].name
      // Other tests take memory and time as well; they do not do so every time.
      var growth: [Int] = []
      var times: [Duration] = []
      for _ in 0..<5 {
        let before = try residentBytes()
        times.append(
          try ContinuousClock().measure {
            let graph = try registry.open(path)
            #expect(graph.layers.count == layers)
            #expect(graph.layers.allSatisfy { $0.parameters[0].tensor.byteCount >= 1 << 30 })
          })
        growth.append(try residentBytes() - before)
      }
      #expect(growth.contains { $0 < 16 << 20 }, "\(growth)")
      #expect(times.contains { $0 < .milliseconds(500) }, "\(times)")
    }
  }

  /// Memory of this process that is in RAM, in bytes.
  private func residentBytes() throws -> Int {
    guard let file = unsafe fopen("/proc/self/statm", "r") else { return 0 }
    defer { unsafe fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    let count = unsafe fread(&line, 1, 255, file)
    let text = String(decoding: line[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 4096
  }
}
