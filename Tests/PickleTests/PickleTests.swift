import Glibc
import ModelReading
import Pickle
import TestSupport
import Testing

/// A pickle of these bytes.
func pickle(_ bytes: [UInt8], limits: Limits = Limits()) throws(ReadError) -> Pickle {
  try Pickle(ByteSource(owned: bytes, label: "test.pkl"), limits: limits)
}

/// A pickle written as text: the opcodes are mostly letters.
func pickle(_ text: String, limits: Limits = Limits()) throws(ReadError) -> Pickle {
  try pickle(Array(text.utf8), limits: limits)
}

@Suite struct PickleTests {
  @Test(arguments: 0...5) func readsEveryProtocol(version: Int) throws {
    let bytes = standardSamples[version]
    let pickle = try pickle(bytes)
    let root = pickle.root
    func value(_ key: String) throws -> Pickle.ID { try #require(pickle.value(in: root, forKey: key)) }

    #expect(pickle.endOffset == bytes.count)
    #expect(pickle.version == (version < 2 ? 0 : version))
    #expect(try pickle.text(value("text")) == "h\u{E9}llo")
    #expect(try pickle.bytes(value("bytes"))?.copy() == [0x00, 0xFF, 0x80])
    #expect(try pickle.integer(value("neg")) == -300)
    #expect(try pickle.integer(value("long")) == -(1 << 40))
    #expect(try pickle.number(value("f")) == 1.5)
    #expect(try pickle.boolean(value("t")) == true)
    #expect(try pickle.isNone(value("n")))
    #expect(try pickle.integers(value("list")) == [1, 70000, -(1 << 31)])
    #expect(try pickle.integers(value("tuple")) == [1, 2, 3, 4])
    #expect(try value("a") == value("b"))
    let ordered = try #require(try pickle.entries(value("od")))
    #expect(ordered.map { pickle.text($0.key) } == ["w", "b"])
    #expect(try pickle.callable(of: value("od")) == Pickle.Global("collections", "OrderedDict"))
    guard case .bigInteger(let content) = pickle[try value("big")] else {
      Issue.record("not a big integer")
      return
    }
    #expect(pickle.source(content).copy().prefix(10) == [0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19])
  }

  @Test func sharesObjectsByReference() throws {
    // l = []; l.append(l); the memo still sees what is appended after PUT.
    let pickle = try pickle("]q\u{0}h\u{0}a.")
    #expect(pickle.elements(pickle.root) == [pickle.root])
  }

  @Test func survivesDeepNests() throws {
    let depth = 200_000
    let bytes =
      [UInt8](repeating: UInt8(ascii: "]"), count: depth) + [UInt8](repeating: UInt8(ascii: "a"), count: depth - 1)
    let pickle = try pickle(bytes + [UInt8(ascii: ".")])
    #expect(pickle.count >= depth)
  }

  @Test func describesManyPathsWithFewNodes() throws {
    // Each list holds the one before it twice: 2⁵⁰ paths.
    var bytes = Array("]".utf8)
    for _ in 0..<50 { bytes += Array("2\u{86}".unicodeScalars.map { UInt8($0.value) }) }
    let pickle = try pickle(bytes + [UInt8(ascii: ".")])
    #expect(pickle.count < 60)
  }

  /// Four times as many elements take about four times as long, not sixteen.
  @Test(arguments: ["]": "K\u{1}a", "}": "K\u{1}K\u{1}s"]) func growsContainersInPlace(_ start: String, _ step: String)
    throws
  {
    func seconds(_ count: Int) throws -> Double {
      let bytes = Array(start.utf8) + (0..<count).flatMap { _ in Array(step.utf8) } + Array(".".utf8)
      // Time of this thread alone: other tests run beside it.
      let begin = threadSeconds()
      _ = try pickle(bytes)
      return threadSeconds() - begin
    }
    _ = try seconds(1000)
    #expect(try seconds(400_000) < 10 * seconds(100_000))
  }

  @Test func recordsCallsWithoutMakingThem() throws {
    let pickle = try pickle("cos\nsystem\n(S'rm -rf /'\ntR.")
    #expect(pickle.callable(of: pickle.root) == Pickle.Global("os", "system"))
    #expect(pickle.arguments(of: pickle.root)?.compactMap(pickle.text) == ["rm -rf /"])
    #expect(pickle.globals.map(\.description) == ["os.system"])
    #expect(pickle.object(pickle.root)?.isInstance == false)
  }

  @Test(arguments: [
    "(imodule\nType\n.", "(cmodule\nType\no.", "cmodule\nType\n)\u{81}.", "cmodule\nType\n)R.",
    "S'module'\nS'Type'\n\u{93})\u{81}.", "ccopy_reg\n_reconstructor\n(cmodule\nType\nc__builtin__\nobject\nNtR.",
    "cmodule\nType\n)}\u{92}.",
  ])
  func namesTheTypeOfInstances(program: String) throws {
    let pickle = try pickle(program.unicodeScalars.map { UInt8($0.value) })
    #expect(pickle.callable(of: pickle.root) == Pickle.Global("module", "Type"))
  }

  @Test func keepsStateItemsAndEntriesOfObjects() throws {
    let pickle = try pickle("cm\nT\n)R}b(K\u{1}K\u{2}e(S'k'\nK\u{3}u.")
    let object = try #require(pickle.object(pickle.root))
    #expect(object.states.count == 1)
    #expect(pickle.state(of: pickle.root) == object.states[0])
    #expect(pickle.integers(pickle.root) == [1, 2])
    #expect(pickle.value(in: pickle.root, forKey: "k").flatMap(pickle.integer) == 3)
  }

  @Test(arguments: ["Pkey\n.", "S'key'\nQ."]) func recordsPersistentIdentifiers(program: String) throws {
    let pickle = try pickle(program)
    guard case .persistent(let key) = pickle[pickle.root] else {
      Issue.record("not persistent")
      return
    }
    #expect(pickle.text(key) == "key")
  }

  @Test(arguments: [
    ("S'a\\x41\\n\\101\\''\n.", "aA\nA'"), ("Va\\u00e9\\U0001F600\n.", "a\u{E9}\u{1F600}"), ("S\"plain\"\n.", "plain"),
  ])
  func unescapesStrings(program: String, text: String) throws {
    let pickle = try pickle(program)
    #expect(pickle.text(pickle.root) == text)
  }

  @Test(arguments: [("I01\n.", true), ("I00\n.", false)]) func readsTextBooleans(program: String, value: Bool) throws {
    let pickle = try pickle(program)
    #expect(pickle.boolean(pickle.root) == value)
  }

  @Test func readsNegativeBigIntegers() throws {
    let pickle = try pickle("L-18446744073709551616L\n.")
    guard case .bigInteger(let content) = pickle[pickle.root] else {
      Issue.record("not a big integer")
      return
    }
    #expect(pickle.source(content).copy() == [0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF])
  }

  @Test func readsPicklesInARow() throws {
    let source = ByteSource(owned: Array("K\u{1}.K\u{2}.".utf8), label: "test")
    let first = try Pickle(source, limits: Limits())
    let second = try Pickle(source, at: first.endOffset, limits: Limits())
    #expect(second.integer(second.root) == 2)
    #expect(second.endOffset == 6)
  }
}

/// Processor time that this thread has taken so far.
private func threadSeconds() -> Double {
  var time = timespec()
  _ = unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
