import ExternalReader
import Glibc
import ModelReading
import Synchronization
import TestSupport
import Testing

/// Programs that behave as no reader should, each a shell script.
@Suite struct ProgramTests {
  /// What a reader reports where it cannot throw.
  final class Reports: Sendable {
    private let errors = Mutex<[ReadError]>([])
    func add(_ error: ReadError) { errors.withLock { $0.append(error) } }
    var all: [ReadError] { errors.withLock { $0 } }
  }

  static let capabilities =
    #"{"schema": "heavytail.reader/1", "name": "raw", "summary": "four floats", "extensions": ["raw"]}"#

  /// A reader of files of four floats, of which a script does one thing differently.
  static func script(
    capabilities: String = "echo '\(capabilities)'", probe: String = "echo certain", open: String
  ) -> String {
    """
    #!/bin/sh
    case $1 in
    capabilities) \(capabilities) ;;
    probe) \(probe) ;;
    open) \(open) ;;
    esac

    """
  }

  /// Prints a document, and what stands behind it.
  static func printing(_ document: String, behind: String = "") -> String {
    "cat <<'END'\n\(document)\nEND\n\(behind)"
  }

  /// The document about a file of four floats, [2, 2], with its only tensor's fields.
  static func document(
    _ tensor: String = #""file": "model.raw", "offset": 0, "#, shape: String = "[2, 2]", layout: String = "ranges",
    schema: String = "heavytail.dump/1", axes: String = #"["input", "output"]"#
  ) -> String {
    """
    {"schema": "\(schema)", "tool": {"name": "t", "version": "1"}, "layout": "\(layout)", "topology": "order",
     "source": {"format": "raw", "variant": "plain", "producer": null, "files": [], "metadata": []}, "files": [],
     "layers": [{"name": "fc", "kind": "dense", "groups": 1, "note": null, "parts": [], "parameters": [
       {"role": "kernel", "is_weight": true, "source_name": "w", "aliases": [], "axes": \(axes), "extents": \(shape),
        "tensor": "w"}]}],
     "edges": [], "other_tensors": [], "diagnostics": [],
     "tensors": [{"name": "w", \(tensor)"element_type": "float32", "shape": \(shape)}]}
    """
  }

  /// 1, 2, 3, 4.
  static let floats: [UInt8] = [0, 0, 0x80, 0x3F, 0, 0, 0, 0x40, 0, 0, 0x40, 0x40, 0, 0, 0x80, 0x40]

  /// Opens a file of four floats with a script for a reader, and hands over what it reports.
  private func open(
    _ script: String, _ bytes: [UInt8] = floats, limits: ProgramLimits = ProgramLimits(), reports: Reports = Reports(),
    beside others: [String: [UInt8]] = [:]
  ) throws -> LayerGraph {
    try Fixtures.withDirectory { folder in
      let program = folder + "/heavytail-reader-raw"
      try Fixtures.write(Array(script.utf8), to: program)
      #expect(unsafe chmod(program, 0o755) == 0)
      for (name, bytes) in others { try Fixtures.write(bytes, to: folder + "/" + name) }
      try Fixtures.write(bytes, to: folder + "/model.raw")
      let reader = ExternalReader(path: program, limits: limits) { reports.add($0) }
      let graph = try ReaderRegistry([], fallbacks: [reader]).open(folder + "/model.raw")
      // Before the folder goes.
      for parameter in graph.layers.flatMap(\.parameters) { _ = try parameter.tensor.littleEndianBytes() }
      return graph
    }
  }

  /// The program is named, and so is the file that it was asked for.
  private func expectFault(
    _ code: ReadError.Code, _ message: String, _ script: String, limits: ProgramLimits = ProgramLimits()
  ) {
    let error = #expect(throws: ReadError.self) { try open(script, limits: limits) }
    #expect(error?.code == code)
    #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
    #expect(error?.file.hasSuffix("/heavytail-reader-raw") == true)
    #expect(error?.message.contains("model.raw'") == true)
  }

  // MARK: What is well

  @Test func rangesOfTheFileAreTheValues() throws {
    let graph = try open(Self.script(open: Self.printing(Self.document())))
    #expect(graph.format == "raw" && graph.variant == "plain" && graph.files.count == 1)
    let tensor = graph.layers[0].parameters[0].tensor
    #expect(tensor.storage.fileRange?.range == 0..<16)
    #expect(tensor.axes == [.input, .output] && tensor.canonicalShape == [2, 2])
    #expect(try tensor.canonical.values() == [1, 3, 2, 4])
  }

  @Test func rangesMayLieInFilesBesideAndHaveTheirByteOrder() throws {
    let place = #""file": "values.bin", "offset": 3, "byte_order": "big", "#
    var big: [UInt8] = [0, 0, 0]
    for start in stride(from: 0, to: 16, by: 4) { big += Self.floats[start..<start + 4].reversed() }
    let graph = try open(Self.script(open: Self.printing(Self.document(place))), beside: ["values.bin": big])
    #expect(try graph.layers[0].parameters[0].tensor.values() == [1, 2, 3, 4])
    #expect(graph.files.count == 2)
  }

  @Test func valuesMayStandBehindTheDocument() throws {
    // The length of the header, 64, the header, and 1 and -2 as floats.
    let header = #"{"w":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}"#
    let padded = header + String(repeating: " ", count: 64 - header.utf8.count)
    let behind =
      #"printf '\000\100\000\000\000\000\000\000\000'; printf '%s' '\#(padded)'; "#
      + #"printf '\000\000\200\077\000\000\000\300'"#
    let graph = try open(Self.script(open: Self.printing(Self.document("", shape: "[1, 2]"), behind: behind)))
    #expect(try graph.layers[0].parameters[0].tensor.values() == [1, -2])
  }

  @Test func aRefusalIsTheFilesError() {
    let refusal = #"{"schema": "heavytail.error/1", "code": "truncated", "message": "ends early", "offset": 4}"#
    let error = #expect(throws: ReadError.self) {
      try open(Self.script(open: Self.printing(refusal, behind: "exit 1")))
    }
    #expect(error?.code == .truncated && error?.message == "ends early" && error?.offset == 4)
    #expect(error?.file.hasSuffix("/model.raw") == true)
  }

  @Test func itHasNeitherOurVariablesNorOurInput() throws {
    let check = "if [ -z \"$TERM$USER$HEAVYTAIL_PLUGIN_PATH\" ] && [ -z \"$(cat)\" ]; then "
    let graph = try open(Self.script(open: check + Self.printing(Self.document()) + "\nfi"))
    #expect(graph.layers.count == 1)
  }

  // MARK: What is not

  @Test(arguments: [
    ("kill -SEGV $$", "crashes with signal 11"), ("exit 3", "ends with status 3"), ("exit 1", "ends with status 1"),
    ("exit 0", ""), ("head -c 100 /dev/zero", ""), ("echo garbage", ""), ("echo '{}'", "has no schema"),
    ("echo '['; exit 1", ""),
  ]) func crashAndGarbage(open: String, message: String) {
    let error = #expect(throws: ReadError.self) { try self.open(Self.script(open: open)) }
    #expect(error?.file.hasSuffix("/heavytail-reader-raw") == true, "\(String(describing: error))")
    #expect(error.map { message.isEmpty || $0.message.contains(message) } == true, "\(error?.message ?? "")")
  }

  @Test func hangingIsEnded() {
    var limits = ProgramLimits()
    limits.seconds = 1
    expectFault(.limitExceeded, "takes more than 1 s", Self.script(open: "sleep 600"), limits: limits)
  }

  @Test func floodsAreEnded() {
    var limits = ProgramLimits()
    limits.outputByteCount = 100_000
    expectFault(
      .limitExceeded, "prints more than 100000 bytes", Self.script(open: "while :; do echo flood; done"),
      limits: limits)
  }

  @Test func memoryIsLimited() {
    var limits = ProgramLimits()
    limits.memoryByteCount = 64 << 20
    // The shell holds the text of a substitution in memory; how it fails without is its own matter.
    let hoard = "x=$(head -c 200000000 /dev/zero | tr '\\0' a); " + Self.printing(Self.document())
    expectFault(.malformed, ", reading", Self.script(open: hoard), limits: limits)
  }

  @Test(arguments: [
    (#""file": "model.raw", "offset": 4, "#, "[2, 2]", ReadError.Code.malformed, "has 16 bytes at 4 of 'model.raw'"),
    (#""file": "model.raw", "offset": 0, "#, "[2, 3]", .malformed, "has 24 bytes at 0"),
    (#""file": "model.raw", "offset": 17, "#, "[0, 2]", .malformed, "has 0 bytes at 17"),
    (#""file": "model.raw", "offset": 9223372036854775807, "#, "[2, 2]", .malformed, "bytes at 9223372036854775807"),
    (#""file": "model.raw", "offset": 0, "#, "[4611686018427387904, 8]", .malformed, "overflows"),
    (#""file": "model.raw", "offset": 0, "#, "[4611686018427387904, 1]", .malformed, "overflows"),
    (#""file": "model.raw", "offset": -1, "#, "[2, 2]", .malformed, "natural number"),
    (#""file": "model.raw", "#, "[2, 2]", .malformed, "lacks offset"),
    (#""file": "../model.raw", "offset": 0, "#, "[2, 2]", .unsafeContent, "could lie outside"),
    (#""file": "/etc/passwd", "offset": 0, "#, "[2, 2]", .unsafeContent, "could lie outside"),
    ("", "[2, 2]", .malformed, "nothing stands behind the document"),
  ]) func liesAboutRanges(place: String, shape: String, code: ReadError.Code, message: String) {
    expectFault(code, message, Self.script(open: Self.printing(Self.document(place, shape: shape))))
  }

  @Test func aFileThatIsNotThereIsNamed() {
    let place = #""file": "weights.bin", "offset": 0, "#
    let error = #expect(throws: ReadError.self) { try open(Self.script(open: Self.printing(Self.document(place)))) }
    #expect(error?.code == .io && error?.file.hasSuffix("/weights.bin") == true)
  }

  @Test func otherDocumentsAreRefused() {
    func print(_ document: String) -> String { Self.script(open: Self.printing(document)) }
    expectFault(.unsupported, "heavytail.dump/2", print(Self.document(schema: "heavytail.dump/2")))
    let stored = Self.document(#""file": "w.npy", "sha256": "\#(String(repeating: "0", count: 64))", "#, layout: "npy")
    expectFault(.malformed, "where ranges belongs", print(stored))
    expectFault(.malformed, "has the axis 'up'", print(Self.document(axes: #"["up", "output"]"#)))
    expectFault(.malformed, "1 axes and 2 extents", print(Self.document(axes: #"["output"]"#)))
  }

  // MARK: What it says of itself

  @Test(arguments: [
    ("heavytail.reader/1", "heavytail.reader/2", "speaks 'heavytail.reader/2'"),
    ("\"raw\",", "\"other\",", "calls itself"), ("four floats", "", "has no summary"),
    ("[\"raw\"]", "[\"RAW\"]", "has extensions"), ("\"schema\"", "\"s\"", "no schema"),
  ]) func wrongCapabilitiesAreReportedOnce(part: String, change: String, message: String) throws {
    let reports = Reports()
    let capabilities = Self.capabilities.replacing(part, with: change)
    let script = Self.script(capabilities: "echo '\(capabilities)'", open: Self.printing(Self.document()))
    let error = #expect(throws: ReadError.self) { try open(script, reports: reports) }
    #expect(error?.code == .unrecognized)
    #expect(reports.all.count == 1 && reports.all[0].message.contains(message), "\(reports.all)")
  }

  @Test(arguments: [("kill -SEGV $$", "crashes with signal 11, asked for"), ("echo perhaps", "answers 'perhaps'")])
  func wrongProbesAreReported(probe: String, message: String) throws {
    let reports = Reports()
    let error = #expect(throws: ReadError.self) {
      try open(Self.script(probe: probe, open: Self.printing(Self.document())), reports: reports)
    }
    #expect(error?.code == .unrecognized)
    #expect(reports.all.count == 1 && reports.all[0].message.contains(message), "\(reports.all)")
  }

  @Test func aScriptWithoutItsInterpreterIsReported() throws {
    let reports = Reports()
    #expect(throws: ReadError.self) { try open("#!/nowhere/python\n", reports: reports) }
    #expect(reports.all.map(\.code) == [.io])
  }
}

/// Where readers are looked for.
@Suite struct SearchTests {
  private func arrange(_ folder: String, _ files: [(name: String, mode: mode_t)]) throws {
    for file in files {
      try Fixtures.write(Array("#!/bin/sh\n".utf8), to: folder + "/" + file.name)
      #expect(unsafe chmod(folder + "/" + file.name, file.mode) == 0)
    }
  }

  @Test func onlyExecutablesOfTheNameAreReaders() throws {
    try Fixtures.withDirectory { folder in
      try arrange(
        folder,
        [
          ("heavytail-reader-b", 0o755), ("heavytail-reader-a", 0o755), ("heavytail-reader-plain", 0o644),
          ("heavytail-reader-", 0o755), ("heavytail-reader-UP", 0o755), ("other", 0o755),
        ])
      let names = ReaderSearch.executables(in: [folder, "/nowhere"]).map { $0.split(separator: "/").last ?? "" }
      #expect(names == ["heavytail-reader-a", "heavytail-reader-b"])
    }
  }

  @Test func theFirstOfANameIsTaken() throws {
    try Fixtures.withDirectory { first in
      try Fixtures.withDirectory { second in
        for folder in [first, second] { try arrange(folder, [("heavytail-reader-a", 0o755)]) }
        #expect(ReaderSearch.executables(in: [second, first]) == [second + "/heavytail-reader-a"])
        #expect(ReaderSearch.executable("heavytail-reader-a", in: [first]) == first + "/heavytail-reader-a")
        #expect(ReaderSearch.executable(second + "/heavytail-reader-a", in: []) == second + "/heavytail-reader-a")
        #expect(ReaderSearch.executable("heavytail-reader-b", in: [first]) == nil)
      }
    }
  }

  @Test func theWorkingDirectoryIsSearchedOnlyIfItIsGiven() {
    let folders = ReaderSearch.folders(given: ["."])
    #expect(folders.first == ".")
    #expect(folders.dropFirst().allSatisfy { $0.hasPrefix("/") })
  }
}
