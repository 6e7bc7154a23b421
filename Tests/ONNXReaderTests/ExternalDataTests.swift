import Glibc
import ModelReading
import ONNXReader
import TestSupport
import Testing

/// Weights in files beside the model.
@Suite struct ExternalDataTests {
  static func weight(_ entries: [(String, String)], _ shape: [Int] = [2, 2]) -> Proto {
    Onnx.tensor("fc.weight", shape).int(14, 1).messages(13, entries.map { Proto().text(1, $0.0).text(2, $0.1) })
  }

  static func open(
    _ entries: [(String, String)], limits: Limits = Limits(), prepare: (String) throws -> Void = { _ in }
  ) throws -> LayerGraph {
    try Fixtures.withDirectory { folder in
      try prepare(folder)
      try Fixtures.write([9, 9] + floatBytes([1, 2, 3, 4]), to: folder + "/w.bin")
      let model = folder + "/model.onnx"
      try Fixtures.write(Onnx.model([Onnx.node("Gemm", ["x", "fc.weight"])], [weight(entries)]), to: model)
      return try ONNXReader().open(.file(MappedFile(path: model)), limits: limits)
    }
  }

  static func code(_ entries: [(String, String)], prepare: (String) throws -> Void = { _ in }) throws -> ReadError.Code?
  {
    do {
      _ = try open(entries, prepare: prepare)
      return nil
    } catch let error as ReadError {
      return error.code
    }
  }

  @Test(arguments: [
    [("location", "w.bin"), ("offset", "2"), ("length", "16")], [("location", "./w.bin"), ("offset", "2")],
    [("checksum", "0"), ("offset", "2"), ("location", "w.bin"), ("basepath", "/etc")],
  ])
  func dataAreMapped(_ entries: [(String, String)]) throws {
    let graph = try Self.open(entries)
    let tensor = graph.layers[0].parameters[0].tensor
    #expect(try tensor.values() == [1, 2, 3, 4])
    #expect(tensor.storage.fileRange?.range == 2..<18)
    #expect(graph.files.count == 2 && graph.files[1].hasSuffix("/w.bin"))
    #expect(graph.variant == "external data")
  }

  @Test(arguments: [
    ([("location", "../w.bin")], ReadError.Code.unsafeContent), ([("location", "/etc/passwd")], .unsafeContent),
    ([("location", "*/_ORT_MEM_ADDR_/*"), ("offset", "4096")], .unsafeContent), ([("location", "")], .unsafeContent),
    ([("location", "a\\w.bin")], .unsafeContent), ([("offset", "2")], .malformed),
    ([("location", "w.bin"), ("offset", "-1")], .malformed), ([("location", "w.bin"), ("offset", "x")], .malformed),
    ([("location", "w.bin"), ("length", "15")], .malformed), ([("location", "w.bin"), ("offset", "3")], .truncated),
    ([("location", "w.bin"), ("offset", "9223372036854775807")], .truncated),
    ([("location", "w.bin"), ("offset", "99999999999999999999")], .malformed),
  ])
  func locationsAreChecked(_ entries: [(String, String)], _ code: ReadError.Code) throws {
    #expect(try Self.code(entries) == code)
  }

  @Test func foldersBelowAndLinksInsideAreFollowed() throws {
    func prepare(_ folder: String) throws {
      #expect(unsafe mkdir(folder + "/data", 0o755) == 0)
      try Fixtures.write(floatBytes([5, 6, 7, 8]), to: folder + "/data/w.bin")
      #expect(unsafe symlink("data/w.bin", folder + "/link") == 0)
    }
    for location in ["data/w.bin", "link"] {
      let graph = try Self.open([("location", location)], prepare: prepare)
      #expect(try graph.layers[0].parameters[0].tensor.values() == [5, 6, 7, 8])
    }
    #expect(try Self.code([("location", "data/../w.bin"), ("offset", "2")], prepare: prepare) == .unsafeContent)
  }

  /// A Hugging Face cache: the model and its data are links to blobs, each called by its sum.
  @Test func dataInACacheAreFollowed() throws {
    try Fixtures.withDirectory { cache in
      let (blobs, snapshot) = (cache + "/models--a--b/blobs", cache + "/models--a--b/snapshots/1")
      for folder in ["/models--a--b", "/models--a--b/blobs", "/models--a--b/snapshots", "/models--a--b/snapshots/1"] {
        #expect(unsafe mkdir(cache + folder, 0o755) == 0)
      }
      let weight = Self.weight([("location", "model.onnx_data")])
      try Fixtures.write(Onnx.model([Onnx.node("Gemm", ["x", "fc.weight"])], [weight]), to: blobs + "/0a")
      try Fixtures.write(floatBytes([1, 2, 3, 4]), to: blobs + "/0b")
      #expect(unsafe symlink("../../blobs/0a", snapshot + "/model.onnx") == 0)
      #expect(unsafe symlink("../../blobs/0b", snapshot + "/model.onnx_data") == 0)
      let graph = try ONNXReader().open(.file(MappedFile(path: snapshot + "/model.onnx")), limits: Limits())
      #expect(try graph.layers[0].parameters[0].tensor.values() == [1, 2, 3, 4])
    }
  }

  @Test func linksOutOfTheFolderAreRefused() throws {
    #expect(try Self.code([("location", "link")]) { unsafe symlink("/etc/passwd", $0 + "/link") } == .unsafeContent)
  }

  @Test func missingFilesAreNamed() throws {
    let graph = try Self.open([("location", "gone.bin")])
    #expect(graph.layers.isEmpty)
    #expect(graph.diagnostics.map(\.code) == [.incomplete])
    #expect(graph.diagnostics[0].message == "has its data in 'gone.bin', which cannot be opened")
    #expect(graph.diagnostics[0].hint == "put 'gone.bin' into the folder of the model")
  }
}
