import ModelReading
import TestSupport
import Testing

/// A reader that recognises files by their first byte and opens none.
private struct Fake<Name: FakeName>: ModelReader {
  var format: Format {
    Format(name: Name.name, summary: "a test", fileExtensions: [Name.name])
  }
  var match: Match
  var code: ReadError.Code?
  func probe(_ prefix: RawSpan) -> Match { match }
  func probe(_ directory: ModelDirectory) -> Match { match }
  func open(_ input: ModelInput, limits: Limits) throws(ReadError) -> LayerGraph {
    if let code { throw ReadError(code, "is not for \(Name.name)", file: input.path) }
    let record = TensorRecord(name: "lost", elementType: "float32", shape: [2, 2])
    return LayerGraph(format: Name.name, variant: "", files: [input.path], layers: [], inventory: [record])
  }
}
private protocol FakeName: Sendable { static var name: String { get } }
private enum A: FakeName { static let name = "aaa" }
private enum B: FakeName { static let name = "bbb" }
private enum C: FakeName { static let name = "ccc" }

@Suite struct RegistryTests {
  private func opened(_ readers: [any ModelReader], _ name: String = "model") throws -> String {
    try Fixtures.withFile([1, 2, 3], named: name) { try ReaderRegistry(readers).open($0).format }
  }

  @Test func theSurestReaderOpens() throws {
    #expect(try opened([Fake<A>(match: .possible), Fake<B>(match: .certain)]) == "bbb")
    #expect(try opened([Fake<A>(match: .no), Fake<B>(match: .possible)]) == "bbb")
  }

  @Test func aCertainReaderOverrulesTheTableOfImpostors() throws {
    let script = Array("#! this is the length of a header".utf8)
    let certain = ReaderRegistry([Fake<A>(match: .certain)])
    #expect(try Fixtures.withFile(script) { try certain.open($0).format } == "aaa")
    let unsure = ReaderRegistry([Fake<A>(match: .possible)])
    let error = #expect(throws: ReadError.self) { try Fixtures.withFile(script) { try unsure.open($0) } }
    #expect(error?.message == "is a script")
  }

  @Test func extensionsBreakTiesOnly() throws {
    let tied: [any ModelReader] = [Fake<A>(match: .possible), Fake<B>(match: .possible)]
    #expect(try opened(tied) == "aaa")
    #expect(try opened(tied, "model.bbb") == "bbb")
    #expect(try opened(tied, "model.BBB") == "bbb")
    #expect(try opened([Fake<A>(match: .certain), Fake<B>(match: .possible)], "model.bbb") == "aaa")
  }

  @Test func theNextReaderIsTriedWhenOneDoesNotRecognise() throws {
    #expect(try opened([Fake<A>(match: .certain, code: .unrecognized), Fake<B>(match: .possible)]) == "bbb")
    let error = #expect(throws: ReadError.self) {
      try opened([Fake<A>(match: .certain, code: .malformed), Fake<B>(match: .possible)])
    }
    #expect(error?.code == .malformed)
  }

  @Test func everyReasonIsTold() {
    let error = #expect(throws: ReadError.self) {
      try opened([
        Fake<A>(match: .certain, code: .unrecognized), Fake<B>(match: .possible, code: .unrecognized),
        Fake<C>(match: .no),
      ])
    }
    #expect(error?.code == .unrecognized)
    #expect(error?.message == "aaa: is not for aaa; bbb: is not for bbb")
    #expect(error?.hint == "known formats: aaa, bbb, ccc")
  }

  @Test func unknownBytesAreSaidToBeUnknown() {
    let error = #expect(throws: ReadError.self) { try opened([Fake<A>(match: .no)]) }
    #expect(error?.code == .unrecognized)
    #expect(error?.message == "is in no format that a reader recognises")
  }

  @Test func lostTensorsAreAccountedFor() throws {
    try Fixtures.withFile([1]) { path in
      let graph = try ReaderRegistry([Fake<A>(match: .possible)]).open(path)
      #expect(graph.diagnostics.map(\.subject) == ["lost"])
      #expect(graph.diagnostics.map(\.code) == [.notAWeight])
    }
  }

  @Test func foldersGoToReadersOfFolders() throws {
    let registry = ReaderRegistry([Fake<A>(match: .possible), Fake<B>(match: .certain)])
    let format = try Fixtures.withDirectory { try registry.open($0).format }
    #expect(format == "bbb")
    let error = #expect(throws: ReadError.self) {
      try Fixtures.withDirectory { try ReaderRegistry([Fake<A>(match: .no)]).open($0).format }
    }
    #expect(error?.code == .unrecognized)
  }

  @Test func modelsAreToldByContentOrExtension() throws {
    let registry = ReaderRegistry([Fake<A>(match: .no), Fake<B>(match: .possible)])
    try Fixtures.withFile([1], named: "x.bbb") { #expect(registry.looksLikeModel($0)) }
    try Fixtures.withFile([1], named: "x.txt") { #expect(!registry.looksLikeModel($0)) }
    try Fixtures.withFile([1], named: "x.txt") {
      #expect(ReaderRegistry([Fake<A>(match: .certain)]).looksLikeModel($0))
    }
    #expect(!registry.looksLikeModel("/nonexistent/x"))
  }

  @Test(arguments: [
    ("version https://git-lfs.github.com/spec/v1\n", "is a Git LFS pointer, not the file it stands for"),
    ("<!DOCTYPE html>", "is an HTML page"), (" \n<html>", "is an HTML page"), ("<!doctype html>", "is an HTML page"),
    ("<?xml version", "is an XML document"), ("Entry not found", "is an error message of a download"),
    ("Repository not found", "is an error message of a download"),
    ("Invalid username or password.", "is an error message of a download"), ("\u{7F}ELF", "is an executable"),
    ("%PDF-1.5", "is a PDF document"), ("#!/bin/sh", "is a script"), ("import torch", "is Python source code"),
    ("Rar!", "is a RAR archive"), ("BZh9", "is a bzip2 archive"),
    ("\u{1C}\0\0\0TFL3", "is a TensorFlow Lite model, which no reader here handles"), ("", "is empty"),
    ("\0\0\0\0", "begins with 4 zero bytes"),
    ("\u{1C}\0\0\0ORTM", "is an ONNX Runtime model (.ort)"),
    ("ir_version: 8\ngraph {", "is an ONNX model in protobuf's text format"),
    ("<\n  ir_version: 8,", "is an ONNX model in ONNX's text format"),
    ("{\n  \"irVersion\": \"8\"", "is an ONNX model in JSON"), ("{\"ir_version\": \"8\"", "is an ONNX model in JSON"),
    ("node {\n  name:", "is a TensorFlow graph in text form"),
    ("saved_model_schema_version: 1", "is a TensorFlow SavedModel in text form"),
    // dims 2 and 3, float, a name.
    ("\u{8}\u{2}\u{8}\u{3}\u{10}\u{1}\u{42}\u{1}w", "is a single ONNX tensor (TensorProto), not a model"),
    // A schema version, a graph with its meta information.
    ("\u{8}\u{1}\u{12}\u{9}\u{A}\u{7}\u{22}\u{5}serve", "is a TensorFlow SavedModel, which no reader here handles"),
    ("\u{A}\u{10}\u{A}\u{1}x\u{12}\u{B}Placeholder", "is a TensorFlow graph (GraphDef), which no reader here handles"),
  ]) func impostorsAreNamed(_ text: String, _ message: String) throws { try expect(Array(text.utf8), message) }

  @Test(
    arguments: [
      ([0x89, 0x50, 0x4E, 0x47], "is a PNG picture"), ([0xFF, 0xD8, 0xFF], "is a JPEG picture"),
      ([0x1F, 0x8B, 8], "is a gzip archive"), ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], "is an xz archive"),
      ([0x28, 0xB5, 0x2F, 0xFD], "is a Zstandard archive"),
      ([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], "is a 7-Zip archive"),
    ] as [([UInt8], String)]) func binaryImpostorsAreNamed(_ bytes: [UInt8], _ message: String) throws
  {
    try expect(bytes, message)
  }

  @Test(arguments: ["weights.npy", "model.onnx"]) func compressedFilesAreNamedWithWhatTheyHold(_ name: String) throws {
    try expect([0x1F, 0x8B, 8], "is a gzip archive of '\(name)'", named: name + ".gz")
  }

  @Test func protobufIsCutAnywhere() throws {
    let graph = Array("\u{A}\u{10}\u{A}\u{1}x\u{12}\u{B}Placeholder".utf8)
    for length in 1..<graph.count {
      try Fixtures.withFile(Array(graph[..<length])) { path in
        _ = #expect(throws: ReadError.self) { try ReaderRegistry([Fake<A>(match: .no)]).open(path) }
      }
    }
  }

  private func expect(_ bytes: [UInt8], _ message: String, named name: String = "model.aaa") throws {
    try Fixtures.withFile(bytes, named: name) { path in
      let error = #expect(throws: ReadError.self) { try ReaderRegistry([Fake<A>(match: .possible)]).open(path) }
      #expect(error?.code == .unrecognized)
      #expect(error?.message == message)
      #expect(error?.file == path)
      #expect(error?.hint != nil)
    }
  }
}
