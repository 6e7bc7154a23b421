import Glibc
import HDF5Parsing
import HDF5TestSupport
import ModelReading
import TestSupport
import Testing

@testable import HDF5

private func sample() throws -> [UInt8] {
  var builder = HDF5Builder()
  builder.weights("a/kernel", [3, 4])
  builder.weights("a/packed", [30, 40], .chunked(deflate: 4))
  builder.attribute("a", "weight_names", .variableStrings(["kernel", "packed"]))
  return try builder.bytes()
}

/// libhdf5 in a process of its own.
@Suite struct WorkerTests {
  @Test func answersAsThisProcessDoes() throws {
    let bytes = try sample()
    try Fixtures.withFile(bytes) { path in
      for source in [ByteSource(try MappedFile(path: path)), ByteSource(owned: bytes, label: "memory")] {
        let index = try HDF5Worker.index(of: source, limits: Limits())
        #expect(try index == HDF5Index.build(source))
        let values = try HDF5Worker.values(
          of: ByteString("a/packed"), byteCount: 4800, in: source, limits: Limits())
        #expect(values.count == 4800)
        #expect(Array(values[4...7]) == [0, 0, 0x80, 0x3F])
      }
    }
  }

  /// A member of an archive starts anywhere.
  @Test func readsAPartOfAFile() throws {
    let bytes = try sample()
    try Fixtures.withFile([UInt8](repeating: 1, count: 777) + bytes + [2]) { path in
      let part = try ByteSource(MappedFile(path: path)).slice(at: 777, count: bytes.count, "the member")
      let index = try HDF5Worker.index(of: part, limits: Limits())
      #expect(index.datasets.map(\.path.description) == ["a/kernel", "a/packed"])
    }
  }

  @Test func passesErrorsOn() throws {
    let source = ByteSource(owned: try sample(), label: "model.keras!model.weights.h5")
    var limits = Limits()
    limits.maximumHDF5Objects = 2
    let error = #expect(throws: ReadError.self) {
      try HDF5Worker.index(of: source, limits: limits)
    }
    let expected = #expect(throws: ReadError.self) {
      try HDF5Index.build(source, limits: limits)
    }
    #expect(error == expected)
    #expect(error?.message == "has more than 2 groups, datasets and attributes")
  }

  @Test func errorsSurviveTheJourney() {
    let all = [
      ReadError(.malformed, "m", file: "f", offset: 12, subject: "s", hint: "h"), ReadError(.io, "m", file: "f"),
    ]
    for error in all {
      let caught = #expect(throws: ReadError.self) {
        try WorkerAnswer.decode(WorkerAnswer.encode(.failure(error)), file: "x")
      }
      #expect(caught == error)
    }
    for bytes in [[], [2], [1], [1, 0, 0]] as [[UInt8]] {
      #expect(throws: ReadError.self) { try WorkerAnswer.decode(bytes, file: "x") }
    }
  }

  @Test func missingExecutable() throws {
    let source = ByteSource(owned: try sample(), label: "model.h5")
    let error = #expect(throws: ReadError.self) {
      try HDF5Worker.index(of: source, limits: Limits(), executable: "/nowhere/worker")
    }
    #expect(error?.code == .io)
    #expect(error?.message == "cannot be read: '/nowhere/worker' does not start: No such file or directory")
  }

  /// A program that is no worker, and one that dies.
  @Test func deathIsAnError() throws {
    let source = ByteSource(owned: try sample(), label: "model.h5")
    let error = #expect(throws: ReadError.self) {
      try HDF5Worker.index(of: source, limits: Limits(), executable: "/bin/false")
    }
    #expect(error?.code == .malformed)
    #expect(error?.message == "makes libhdf5 end with status 1")
    try Fixtures.withDirectory { directory in
      let script = directory + "/dies"
      try Fixtures.write(Array("#!/bin/sh\nkill -SEGV $$\n".utf8), to: script)
      _ = unsafe chmod(script, 0o700)
      let error = #expect(throws: ReadError.self) {
        try HDF5Worker.index(of: source, limits: Limits(), executable: script)
      }
      #expect(error?.message == "makes libhdf5 crash with signal 11")
    }
  }

  /// A worker that waits costs no processor time, and one that computes is slow on a busy machine: the clock ends both.
  @Test(arguments: ["exec sleep 60", "while :; do :; done"])
  func aWorkerThatDoesNotAnswerIsEnded(_ program: String) throws {
    let source = ByteSource(owned: try sample(), label: "model.h5")
    try Fixtures.withDirectory { directory in
      let script = directory + "/hangs"
      try Fixtures.write(Array("#!/bin/sh\n\(program)\n".utf8), to: script)
      _ = unsafe chmod(script, 0o700)
      let clock = ContinuousClock()
      let start = clock.now
      let error = #expect(throws: ReadError.self) {
        try HDF5Worker.index(of: source, limits: Limits(), executable: script)
      }
      #expect(error?.code == .limitExceeded)
      #expect(error?.message == "keeps libhdf5 busy for more than 4 s")
      #expect((.seconds(4)...(.seconds(6))).contains(clock.now - start))
    }
  }

  /// A file of a thousand datasets that each take too long costs the time of one.
  @Test func patienceEndsWithTheFirst() throws {
    let patience = WorkerPatience()
    var asked = 0
    func ask(_ code: ReadError.Code) -> ReadError? {
      #expect(throws: ReadError.self) {
        try patience.ask { () throws(ReadError) in
          asked += 1
          throw ReadError(code, "attempt \(asked)", file: "x")
        }
      }
    }
    #expect(ask(.malformed)?.message == "attempt 1")
    #expect(ask(.limitExceeded)?.message == "attempt 2")
    #expect(ask(.malformed)?.message == "attempt 2")
    #expect(asked == 2)
  }

  @Test func requestsAreChecked() {
    for arguments in [[], ["a"], ["0", "1", "zz", "1", "1", "1", "1"], ["-1", "5", "00", "1", "1", "1", "1"]] {
      #expect(throws: ReadError.self) { try WorkerRequest(arguments: arguments) }
    }
    #expect(bytes(hexadecimal: hexadecimal([0, 15, 255])) == [0, 15, 255])
    #expect(bytes(hexadecimal: "0") == nil)
    #expect(bytes(hexadecimal: "+1") == nil)
  }

  /// Whatever a byte becomes, there is an index or an error, and this process lives.
  @Test func everyDamageEndsWell() throws {
    let bytes = try sample()
    for damaged in Corruption.singleBytes(of: bytes, count: 150, seed: 5) {
      let source = ByteSource(owned: damaged, label: "damaged.h5")
      do throws(ReadError) {
        let index = try HDF5Worker.index(of: source, limits: Limits())
        for dataset in index.datasets where dataset.path == ByteString("a/packed") {
          _ = try HDF5Worker.values(
            of: dataset.path, byteCount: 4800, in: source, limits: Limits())
        }
      } catch { #expect(!error.message.isEmpty) }
    }
  }
}
