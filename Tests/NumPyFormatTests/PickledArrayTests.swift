import ModelReading
import NumPyFormat
import Pickle
import TestSupport
import Testing

private let float = "cnumpy\ndtype\n(S'f4'\nI0\nI1\ntR(I3\nS'<'\nNNNI-1\nI-1\nI0\ntb"

/// `numpy.core.multiarray._reconstruct(ndarray, (0,), 'b')` and its state, in protocol 0.
private func reconstructed(
  shape: String, type: String = float, fortran: String = "I00", data: String, version: String = "I1\n"
) -> String {
  "cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR(\(version)\(shape)\(type)\(fortran)\n\(data)tb."
}

private func array(_ program: String) throws -> PickledArray? {
  let pickle = try Pickle(ByteSource(owned: Array(program.utf8), label: "a.pkl"), limits: Limits())
  return try PickledArray(pickle.root, in: pickle)
}

private func values(_ program: String) throws -> [Float] {
  let array = try #require(try array(program))
  return try #require(try array.contents(named: "x", limits: Limits()).tensors.first).values(as: Float.self)
}

private let fourFloats = "S'\\x00\\x00\\x80?\\x00\\x00\\x00@\\x00\\x00@@\\x00\\x00\\x80@'\n"

@Suite("Arrays in pickles")
struct PickledArrayTests {
  @Test func rowsFirst() throws {
    #expect(try values(reconstructed(shape: "(I2\nI2\nt", data: fourFloats)) == [1, 2, 3, 4])
  }

  @Test func columnsFirst() throws {
    #expect(try values(reconstructed(shape: "(I2\nI2\nt", fortran: "I01", data: fourFloats)) == [1, 3, 2, 4])
  }

  @Test func stateWithoutVersion() throws {
    #expect(try values(reconstructed(shape: "(I4\nt", data: fourFloats, version: "")) == [1, 2, 3, 4])
  }

  @Test func bigEndian() throws {
    let type = float.replacing("S'<'", with: "S'>'")
    let program = reconstructed(shape: "(I1\nt", type: type, data: "S'?\\x80\\x00\\x00'\n")
    #expect(try values(program) == [1])
  }

  @Test func textInPlaceOfBytes() throws {
    let data = "c_codecs\nencode\n(V\\u0000\\u0000\\u0080?\nVlatin1\ntR"
    #expect(try values(reconstructed(shape: "(I1\nt", data: data)) == [1])
  }

  @Test func bufferOfProtocol5() throws {
    #expect(
      try values("cnumpy.core.numeric\n_frombuffer\n(\(fourFloats)\(float)(I2\nI2\ntS'F'\ntR.") == [1, 3, 2, 4])
  }

  @Test func singleNumber() throws {
    let array = try #require(try array("cnumpy.core.multiarray\nscalar\n(\(float)S'\\x00\\x00\\x80?'\ntR."))
    #expect(array.layout.shape.isEmpty)
  }

  @Test func extensionType() throws {
    let type = "cnumpy\ndtype\n(cml_dtypes\nbfloat16\nI0\nI1\ntR(I3\nS'<'\nNNNI2\nI2\nI64\ntb"
    #expect(try values(reconstructed(shape: "(I1\nt", type: type, data: "S'\\x80?'\n")) == [1])
  }

  @Test func objects() throws {
    let type = "cnumpy\ndtype\n(S'O8'\nI0\nI1\ntR(I3\nS'|'\nNNNI-1\nI-1\nI63\ntb"
    let array = try #require(try array(reconstructed(shape: "(I2\nt", type: type, data: "(lI5\naI6\na")))
    guard case .objects(let items) = array.elements else {
      Issue.record("no objects")
      return
    }
    #expect(items.count == 2)
  }

  @Test(arguments: ["I5\n.", "(lI1\na.", "cos\nsystem\n(S'ls'\ntR.", "cnumpy\nndarray\n."])
  func otherObjectsAreNoArrays(program: String) throws { #expect(try array(program) == nil) }

  @Test(arguments: [
    (
      reconstructed(shape: "(I5\nt", data: fourFloats), ReadError.Code.malformed,
      "has a numpy array of <f4 [5], 20 bytes, in 16"
    ),
    (
      reconstructed(shape: "(I-4\nt", data: fourFloats), .malformed,
      "has a numpy array whose shape is no tuple of natural numbers, or overflows"
    ),
    (
      reconstructed(shape: "(I4611686018427387904\nI8\nt", data: fourFloats), .malformed,
      "has a numpy array whose shape is no tuple of natural numbers, or overflows"
    ),
    (
      reconstructed(shape: "S'x'\n", data: fourFloats), .malformed,
      "has a numpy array whose shape is no tuple of natural numbers, or overflows"
    ),
    (
      reconstructed(shape: "(I4\nt", type: "I7\n", data: fourFloats), .unsupported,
      "has a numpy array of a type that is not known"
    ),
    (reconstructed(shape: "(I4\nt", data: "I3\n"), .malformed, "has a numpy array without bytes"),
    (reconstructed(shape: "(I4\nt", data: fourFloats + "I1\n"), .malformed, "has a numpy array with 6 parts, not 5"),
  ])
  func contradictionsAreRefused(program: String, code: ReadError.Code, message: String) throws {
    let error = try #require(throws: ReadError.self) { try array(program) }
    #expect(error.code == code)
    #expect(error.message == message)
  }

  @Test func damageNeverTraps() {
    let fixture = Array(reconstructed(shape: "(I2\nI2\nt", fortran: "I01", data: fourFloats).utf8)
    for bytes in Corruption.singleBytes(of: fixture, count: 5_000, seed: 5) {
      guard let pickle = try? Pickle(ByteSource(owned: bytes, label: "a.pkl"), limits: Limits()) else { continue }
      _ = try? PickledArray(pickle.root, in: pickle)?.contents(named: "x", limits: Limits())
    }
  }
}
