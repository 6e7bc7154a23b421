import Foundation
import Glibc
import TestSupport
import Testing

/// The commands with a reader outside the program: a shell script for files of two floats.
@Suite struct ExternalReaderCommandTests {
  private static let document = #"""
    {"schema": "heavytail.dump/1", "tool": {"name": "t", "version": "1"}, "layout": "ranges", "topology": "order",
     "source": {"format": "two", "variant": "plain", "producer": null, "files": [], "metadata": []}, "files": [],
     "layers": [{"name": "fc", "kind": "dense", "groups": 1, "note": null, "parts": [], "parameters": [
       {"role": "kernel", "is_weight": true, "source_name": "w", "aliases": [], "axes": ["input", "output"],
        "extents": [2, 1], "tensor": "w"}]}],
     "edges": [], "other_tensors": [], "diagnostics": [],
     "tensors": [{"name": "w", "file": "'${2##*/}'", "offset": 4, "element_type": "float32", "shape": [2, 1]}]}
    """#

  /// Knows its files by `TWO!`, refuses those of fewer than 12 bytes, and crashes over those that say so.
  private static let script = #"""
    #!/bin/sh
    case $1 in
    capabilities)
      echo '{"schema": "heavytail.reader/1", "name": "two", "summary": "two floats", "extensions": ["two"]}' ;;
    probe) case $(tr '\000' ' ') in TWO!*) echo certain ;; *) echo no ;; esac ;;
    open)
      case $(tr '\000' ' ' < "$2") in *crash*) kill -SEGV $$ ;; esac
      if [ "$(wc -c < "$2")" -lt 12 ]; then
        echo '{"schema": "heavytail.error/1", "code": "truncated", "message": "ends early", "offset": 4}'
        exit 1
      fi
      echo '\#(document)' ;;
    esac

    """#

  private func withReader(_ body: (_ plugins: String, _ folder: String) throws -> Void) throws {
    try Fixtures.withDirectory { plugins in
      try Fixtures.withDirectory { folder in
        let program = plugins + "/heavytail-reader-two"
        try Fixtures.write(Array(Self.script.utf8), to: program)
        #expect(unsafe chmod(program, 0o755) == 0)
        try Fixtures.write(Array("TWO!".utf8) + [0, 0, 0x80, 0x3F, 0, 0, 0, 0x40], to: folder + "/good.two")
        try body(plugins, folder)
      }
    }
  }

  @Test func formatsListThemWithTheirPath() throws {
    try withReader { plugins, _ in
      let outcome = try heavytail("formats", "--plugin-path", plugins)
      #expect(outcome.status == 0 && outcome.errors == "")
      #expect(outcome.output.contains("two          two floats\n"))
      #expect(outcome.output.contains("read by \(plugins)/heavytail-reader-two\n"))
      let listed = try heavytail(["formats"], environment: ["HEAVYTAIL_PLUGIN_PATH": "/nowhere:" + plugins])
      #expect(listed.output == outcome.output)
    }
  }

  @Test func theirFilesAreModels() throws {
    try withReader { plugins, folder in
      let outcome = try heavytail("inspect", "--plugin-path", plugins, "--format", "json", folder)
      #expect(outcome.status == 0 && outcome.errors == "", "\(outcome.errors)")
      #expect(outcome.output.contains(#""format": "two""#) && outcome.output.contains(#""offset": 4"#))
      #expect(try heavytail("inspect", folder).status == 2)
    }
  }

  @Test func aFailureCostsNoOtherFile() throws {
    try withReader { plugins, folder in
      try Fixtures.write(Array("TWO!crash...".utf8), to: folder + "/a.two")
      try Fixtures.write(Array("TWO!".utf8), to: folder + "/b.two")
      let outcome = try heavytail("inspect", "--plugin-path", plugins, folder)
      #expect(outcome.status == 1)
      #expect(outcome.output.contains("good.two  (two, plain"))
      let lines = outcome.errors.split(separator: "\n")
      #expect(lines.count == 2, "\(outcome.errors)")
      #expect(lines[0].contains("heavytail-reader-two: crashes with signal 11, reading '\(folder)/a.two'"))
      #expect(lines[1].hasSuffix("b.two:4: ends early"))
    }
  }

  @Test func conformanceTellsWhatHolds() throws {
    try withReader { plugins, folder in
      let program = plugins + "/heavytail-reader-two"
      let outcome = try heavytail("conformance", program, folder + "/good.two")
      #expect(outcome.status == 1)
      #expect(outcome.output.contains("ok   says what it reads: two floats\n"))
      #expect(outcome.output.contains("ok   \(folder)/good.two: values load\n"))
      // It does not look at what it opens.
      #expect(outcome.output.contains("FAIL noise: opening is an error\n     gives 1 layers\n"))
      let lines = outcome.output.split(separator: "\n").filter { !$0.hasPrefix("     ") }
      #expect(lines.allSatisfy { $0.hasPrefix("ok   ") || $0.hasPrefix("FAIL ") })
      #expect(try heavytail("conformance", "heavytail-reader-two", "--plugin-path", plugins, program).status == 1)
      #expect(try heavytail("conformance", "/nowhere/heavytail-reader-two", program).status == 2)
    }
  }

  @Test(arguments: ["0", "-1", "100000", "soon"]) func timeIsASensibleNumber(seconds: String) throws {
    #expect(try heavytail("formats", "--reader-timeout=" + seconds).status == 64)
  }
}
