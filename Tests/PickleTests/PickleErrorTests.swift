import ModelReading
import Pickle
import TestSupport
import Testing

/// A program, the code of its error and the message.
struct BadPickle: Sendable, CustomTestStringConvertible {
  let program: String
  let code: ReadError.Code
  let message: String
  var testDescription: String { message }

  init(_ program: String, _ code: ReadError.Code, _ message: String) {
    self.program = program
    self.code = code
    self.message = message
  }

  static let all: [BadPickle] = [
    BadPickle("", .truncated, "the pickle ends at 0 without its STOP opcode"),
    BadPickle("N", .truncated, "the pickle ends at 1 without its STOP opcode"),
    BadPickle(".", .malformed, "STOP needs a value, the stack is empty"),
    BadPickle("\u{FF}.", .malformed, "0xff is no pickle opcode"),
    BadPickle("0.", .malformed, "POP needs a value, the stack is empty"),
    BadPickle("(2.", .malformed, "DUP needs a value, the stack is empty"),
    BadPickle("t.", .malformed, "TUPLE needs a MARK, there is none"),
    BadPickle("N(\u{85}.", .malformed, "TUPLE needs 1 values, the stack has 0"),
    BadPickle("(Nd.", .malformed, "DICT needs pairs, 1 values are stacked"),
    BadPickle("NNa.", .malformed, "APPEND adds elements to something that has none"),
    BadPickle("]N\u{90}.", .malformed, "ADDITEMS needs a MARK, there is none"),
    BadPickle("](N\u{90}.", .malformed, "ADDITEMS adds elements to something that has none"),
    BadPickle("]NNs.", .malformed, "SETITEM sets entries of something that is no dictionary"),
    BadPickle("g7\n.", .malformed, "GET recalls memo 7, which was never PUT"),
    BadPickle("Np-1\n.", .malformed, "'-1' is no memo number"),
    BadPickle("cos\nsystem\nNR.", .malformed, "REDUCE needs a tuple of arguments"),
    BadPickle("N)R.", .malformed, "REDUCE calls something that is neither class nor function"),
    BadPickle("cm\nT\n)N\u{92}.", .malformed, "NEWOBJ_EX needs a dictionary of keyword arguments"),
    BadPickle("(o.", .malformed, "OBJ needs a class, there is none"),
    BadPickle("]Nb.", .malformed, "BUILD sets the state of something that is no object"),
    BadPickle("NN\u{93}.", .malformed, "STACK_GLOBAL needs two texts"),
    BadPickle("c\n\n.", .malformed, "GLOBAL names nothing"),
    BadPickle("cos", .truncated, "GLOBAL needs a line, the file ends within it"),
    BadPickle("\u{82}\u{1}.", .unsupported, "the pickle uses the extension registry of the program that wrote it"),
    BadPickle("\u{97}.", .unsupported, "the pickle refers to buffers stored outside it"),
    BadPickle("\u{95}\u{FF}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}.", .truncated, "a frame needs 255 bytes, 1 remain"),
    BadPickle(
      "\u{8D}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{80}.", .malformed, "opcode 0x8d has the length 9223372036854775808"),
    BadPickle("X\u{FF}\u{FF}\u{FF}\u{FF}.", .truncated, "opcode 0x58 needs 4294967295 bytes, 1 remain"),
    BadPickle("T\u{FF}\u{FF}\u{FF}\u{FF}.", .malformed, "opcode 0x54 has the length -1"),
    BadPickle("\u{8B}\u{FF}\u{FF}\u{FF}\u{FF}.", .malformed, "opcode 0x8b has the length -1"),
    BadPickle("S'a\n.", .malformed, "STRING is not quoted"),
    BadPickle("S'\\xg0'\n.", .malformed, "STRING has an escape that is none"),
    BadPickle("Ix\n.", .malformed, "'x' is no integer"),
    BadPickle("Fx\n.", .malformed, "'x' is no number"),
    BadPickle(
      "L" + String(repeating: "9", count: 129) + "\n.", .limitExceeded, "an integer has 129 digits, the limit is 128"),
  ]
}

@Suite struct PickleErrorTests {
  @Test(arguments: BadPickle.all) func namesWhatIsWrong(bad: BadPickle) throws {
    let error = try #require(throws: ReadError.self) {
      try pickle(bad.program.unicodeScalars.map { UInt8($0.value) })
    }
    #expect(error.code == bad.code)
    #expect(error.message == bad.message)
    #expect(error.file == "test.pkl")
    #expect(error.offset != nil)
  }

  @Test func limitsOpcodes() throws {
    var limits = Limits()
    limits.maximumPickleOpcodes = 2
    let error = try #require(throws: ReadError.self) { try pickle("N0N.", limits: limits) }
    #expect(error.code == .limitExceeded)
    #expect(error.message == "the pickle has more than 2 opcodes")
  }

  @Test func limitsObjects() throws {
    var limits = Limits()
    limits.maximumPickleObjects = 10
    let error = try #require(throws: ReadError.self) {
      try pickle(String(repeating: "]", count: 20) + ".", limits: limits)
    }
    #expect(error.message == "the pickle makes more than 10 objects")
  }

  @Test func limitsEscapedStrings() throws {
    var limits = Limits()
    limits.maximumIndexBytes = 3
    let error = try #require(throws: ReadError.self) { try pickle("S'\\n'\n.", limits: limits) }
    #expect(error.code == .limitExceeded)
  }

  @Test func recallsLargeMemoNumbersWithoutRoomForThem() throws {
    let pickle = try pickle([0x4E, 0x72, 0xFF, 0xFF, 0xFF, 0xFF, 0x6A, 0xFF, 0xFF, 0xFF, 0xFF, 0x2E])
    #expect(pickle.isNone(pickle.root))
  }

  @Test(arguments: 0...5) func refusesEveryTruncation(version: Int) {
    let bytes = standardSamples[version]
    for count in 0..<bytes.count {
      #expect(throws: ReadError.self, "\(count) bytes") { try pickle(Array(bytes.prefix(count))) }
    }
  }

  @Test(arguments: 0...5) func survivesCorruption(version: Int) {
    var random = SplitMix(seed: UInt64(version))
    for _ in 0..<4_000 {
      var bytes = standardSamples[version]
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      if let pickle = try? pickle(bytes) { touch(pickle) }
    }
  }

  /// Calls every accessor on every node.
  private func touch(_ pickle: Pickle) {
    for index in pickle.objects.indices { _ = pickle.callable(of: pickle.objects[index].callable) }
    _ = pickle.entries(pickle.root)?.map { (pickle.text($0.key), pickle.bytes($0.value), pickle.elements($0.value)) }
    _ = pickle.value(in: pickle.root, forKey: "text")
  }
}
