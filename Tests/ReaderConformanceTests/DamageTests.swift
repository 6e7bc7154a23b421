import Glibc
import ModelReading
import TestSupport
import Testing

/// What every reader makes of damaged files: an error that says where, or a
/// model, and never the end of the process.
@Suite struct DamageTests {
  @Test(arguments: Sample.bad) func badFilesAreNamedWordForWord(_ sample: Sample) throws {
    do throws(ReadError) {
      let graph = try sample.open()
      #expect(sample.expectation == "diagnosed", "\(sample.path) is accepted")
      #expect(graph.diagnostics.contains { $0.message == sample.message }, "\(graph.diagnostics)")
      #expect(!graph.layers.contains { $0.parameters.contains(where: \.isWeight) })
    } catch {
      #expect(sample.expectation == "error")
      #expect(error.message == sample.message)
      #expect(error.file.contains(sample.path), "\(error)")
      #expect((error.offset ?? 0) <= sample.byteCount, "\(error)")
    }
  }

  @Test(arguments: Sample.smallest(2)) func truncatedFilesAreErrorsOrModels(_ sample: Sample) throws {
    let bytes = try Fixtures.read(sample.fullPath)
    let step = max(1, bytes.count / 150)
    try Fixtures.withDirectory { folder in
      let path = folder + "/" + (sample.path.split(separator: "/").last ?? "model")
      for length in stride(from: 0, to: bytes.count, by: step) {
        try check(Array(bytes[..<length]), path, "\(length) of \(bytes.count) bytes")
      }
    }
  }

  @Test(arguments: Sample.smallest(3)) func changedBytesAreErrorsOrModels(_ sample: Sample) throws {
    let bytes = try Fixtures.read(sample.fullPath)
    try Fixtures.withDirectory { folder in
      let path = folder + "/" + (sample.path.split(separator: "/").last ?? "model")
      let index = min(bytes.count, 2048)
      for (number, damaged) in Corruption.singleBytes(of: Array(bytes[..<index]), count: 150, seed: 7).enumerated() {
        try check(damaged + bytes[index...], path, "start, change \(number)")
      }
      let tail = max(0, bytes.count - 2048)
      for (number, damaged) in Corruption.singleBytes(of: Array(bytes[tail...]), count: 150, seed: 11).enumerated() {
        try check(bytes[..<tail] + damaged, path, "end, change \(number)")
      }
    }
  }

  /// Opens and reads; an error has to point into the file.
  private func check(_ bytes: [UInt8], _ path: String, _ what: String) throws {
    unsafe unlink(path)
    try Fixtures.write(bytes, to: path)
    do throws(ReadError) {
      try loadEverything(try registry.open(path))
    } catch {
      #expect(error.file.contains(path), "\(what): \(error)")
      #expect(!error.message.isEmpty, "\(what)")
      #expect((error.offset ?? 0) >= 0, "\(what): \(error)")
      if error.file == path { #expect((error.offset ?? 0) <= bytes.count, "\(what): \(error)") }
    }
  }

  /// A sparse file of 8 GiB opens in no time and takes no memory.
  @Test func openingTouchesNoWeights() throws {
    let count = 1 << 31
    let header = #"{"w.weight":{"dtype":"F32","shape":[32768,65536],"data_offsets":[0,\#(count * 4)]}}"#
    let padded = header + String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
    let length = (0..<8).map { UInt8(truncatingIfNeeded: padded.utf8.count >> ($0 * 8)) }
    try expectOpensUntouched(length + Array(padded.utf8), dataBytes: count * 4, "sparse.safetensors")
    let description = "{'descr': '<f4', 'fortran_order': False, 'shape': (32768, 65536), }"
    let text = description + String(repeating: " ", count: 117 - description.utf8.count) + "\n"
    try expectOpensUntouched(
      [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + Array(text.utf8), dataBytes: count * 4, "sparse.npy")
  }

  private func expectOpensUntouched(_ start: [UInt8], dataBytes: Int, _ name: String) throws {
    try Fixtures.withFile(start, named: name) { path in
      guard unsafe truncate(path, start.count + dataBytes) == 0 else { return }
      // Other tests take memory at the same time; they do not do so every time.
      let growth = try (0..<5).map { _ in
        let before = try residentBytes()
        let graph = try registry.open(path)
        #expect(graph.layers.map { $0.parameters[0].tensor.shape } == [[32768, 65536]])
        return try residentBytes() - before
      }
      #expect(growth.contains { $0 < 64 << 20 }, "\(growth)")
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
