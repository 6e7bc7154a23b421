import ModelReading
import NumPyFormat
import TestSupport
import Testing

private func header(_ bytes: [UInt8], limits: Limits = Limits()) throws(ReadError) -> NPYHeader {
  try NPYHeader(ByteSource(owned: bytes, label: "a.npy"), limits: limits)
}

@Suite("Array headers that are read")
struct NPYHeaderTests {
  @Test(arguments: [UInt8(1), 2, 3]) func versions(major: UInt8) throws {
    let header = try header(NPYBuilder.array("'<f4'", "(2, 3)", [], major: major))
    #expect(header.layout.shape == [2, 3])
    #expect(header.layout.byteCount == 24)
    #expect(!header.layout.isFortranOrder)
    #expect(header.dataOffset % 64 == 0)
  }

  @Test(arguments: [
    ("{'descr':'<f4','fortran_order':True,'shape':(3,)}", [3]),
    (#"{"shape": (3L, 4L), "fortran_order": False, "descr": "<f4"}"#, [3, 4]),
    ("  {'descr': u'<f4', 'fortran_order': False, 'shape': ()}  \n", []),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (0, 7)}", [0, 7]),
  ])
  func spellings(text: String, shape: [Int]) throws {
    #expect(try header(NPYBuilder.file(text, [])).layout.shape == shape)
  }

  @Test(arguments: [
    ("|b1", ElementType.bool, ByteOrder.little), ("|i1", .int8, .little), ("|u1", .uint8, .little),
    ("<i2", .int16, .little), (">u2", .uint16, .big), ("<i4", .int32, .little), ("=u4", .uint32, .little),
    ("<i8", .int64, .little), ("<u8", .uint64, .little), ("<f2", .float16, .little), (">f4", .float32, .big),
    (">f8", .float64, .big), ("<c8", .complex64, .little), ("<c16", .complex128, .little), ("f4", .float32, .little),
  ])
  func elementTypes(spelling: String, type: ElementType, order: ByteOrder) throws {
    let layout = try header(NPYBuilder.array("'\(spelling)'", "(1,)", [])).layout
    guard case .element(let found, let foundOrder) = layout.type.content else {
      Issue.record("\(spelling) is no element type")
      return
    }
    #expect(found == type && foundOrder == order)
    #expect(layout.byteCount == type.byteWidth)
  }

  @Test(arguments: [
    ("|O", 8), ("|O8", 8), ("|O4", 8), ("|S5", 5), ("<U3", 12), ("<M8[ns]", 8), ("<V2", 2), ("<f16", 16),
  ])
  func otherTypes(spelling: String, width: Int) throws {
    #expect(NumPyType(spelling)?.byteWidth == width)
    if case .element = try #require(NumPyType(spelling)).content { Issue.record("\(spelling) is an element type") }
  }

  @Test(arguments: ["", "<", "f3", "<x4", "<f4x", "<i16", "<f4[", "float32"])
  func unknownTypes(spelling: String) { #expect(NumPyType(spelling) == nil) }

  @Test func structureGivesATensorPerField() throws {
    let data = (0..<2).flatMap { row in NPYBuilder.bytes([Float(row)]) + [0, 0, 0, 0] + NPYBuilder.bytes([7, 8]) }
    let bytes = NPYBuilder.array("[('a', '<f4'), ('', '|V4'), (('title', 'b'), '<f4', (2,))]", "(2,)", data)
    let header = try header(bytes)
    let source = ByteSource(owned: data, label: "a.npy")
    let contents = try header.layout.contents(named: "x", in: .bytes(source), limits: Limits())
    #expect(contents.tensors.map(\.name) == ["x.a", "x.b"])
    #expect(contents.tensors.map(\.shape) == [[2], [2, 2]])
    #expect(try contents.tensors[0].values(as: Float.self) == [0, 1])
    #expect(try contents.tensors[1].values(as: Float.self) == [7, 8, 7, 8])
  }

  @Test func unalignedFieldsAreGathered() throws {
    let layout = try header(NPYBuilder.array("[('a', '|i1'), ('b', '>f4', (2,))]", "(2,)", [])).layout
    let data: [UInt8] = [1, 0x3F, 0x80, 0, 0, 0x40, 0, 0, 0, 2, 0xBF, 0x80, 0, 0, 0, 0, 0, 0]
    let storage = Tensor.Storage.bytes(ByteSource(owned: data, label: "a.npy"))
    let contents = try layout.contents(named: "x", in: storage, limits: Limits())
    #expect(contents.tensors.map(\.name) == ["x.a", "x.b"])
    #expect(try contents.tensors[0].values() == [1, 2])
    #expect(try contents.tensors[1].values() == [1, 2, -1, 0])
    let short = Tensor.Storage.bytes(ByteSource(owned: Array(data.dropLast()), label: "a.npy"))
    #expect(throws: ReadError.self) { try layout.contents(named: "x", in: short, limits: Limits()) }
  }

  @Test func opaqueElementsAreReported() throws {
    let layout = try header(NPYBuilder.array("'<V2'", "(2,2)", [])).layout
    let storage = Tensor.Storage.bytes(ByteSource(owned: [UInt8](repeating: 0, count: 8), label: "a.npy"))
    let contents = try layout.contents(named: "x", in: storage, limits: Limits())
    #expect(contents.diagnostics.map(\.subject) == ["x"])
    #expect(contents.diagnostics.first?.message.contains("bfloat16") == true)
  }
}

@Suite("Array headers that are refused")
struct NPYHeaderRefusalTests {
  private static func text(_ text: String) -> [UInt8] { NPYBuilder.file(text, []) }

  static let cases: [(name: String, bytes: [UInt8], code: ReadError.Code, message: String)] = [
    ("signature", Array("nothing at all".utf8), .unrecognized, "does not begin with numpy's signature"),
    (
      "version", [0x93] + Array("NUMPY".utf8) + [4, 0, 0, 0, 0, 0], .unsupported,
      "has version 4.0 of the format; 1.0 to 3.0 are known"
    ),
    (
      "length above the limit", NPYBuilder.file("{}", [], major: 2, length: 4_294_967_280), .limitExceeded,
      "announces a header of 4294967280 bytes, the limit is 65536"
    ),
    (
      "length beyond the file", NPYBuilder.file("{}", [], length: 1000), .truncated,
      "the header needs 1000 bytes at 10, 54 remain"
    ),
    ("no dictionary", text("3"), .malformed, "has a header without just descr, fortran_order and shape"),
    (
      "missing key", text("{'descr':'<f4','shape':(1,)}"), .malformed,
      "has a header without just descr, fortran_order and shape"
    ),
    (
      "extra key", text("{'descr':'<f4','fortran_order':False,'shape':(1,),'x':1}"), .malformed,
      "has a header without just descr, fortran_order and shape"
    ),
    (
      "order", text("{'descr':'<f4','fortran_order':0,'shape':(1,)}"), .malformed,
      "has a fortran_order that is neither True nor False"
    ),
    (
      "shape is a number", text("{'descr':'<f4','fortran_order':False,'shape':(1)}"), .malformed,
      "has a shape that is no tuple"
    ),
    (
      "shape is a list", text("{'descr':'<f4','fortran_order':False,'shape':[1]}"), .malformed,
      "has a shape that is no tuple"
    ),
    (
      "text in the shape", text("{'descr':'<f4','fortran_order':False,'shape':('1',)}"), .malformed,
      "has a shape with something other than integers"
    ),
    (
      "negative extent", text("{'descr':'<f4','fortran_order':False,'shape':(-1,)}"), .malformed,
      "has the shape [-1], which is negative or overflows"
    ),
    (
      "overflow", text("{'descr':'<f4','fortran_order':False,'shape':(4611686018427387904, 8)}"), .malformed,
      "has the shape [4611686018427387904, 8], which is negative or overflows"
    ),
    (
      "overflow beside zero", text("{'descr':'<f4','fortran_order':False,'shape':(0,4611686018427387904, 8)}"),
      .malformed,
      "has the shape [0, 4611686018427387904, 8], which is negative or overflows"
    ),
    (
      "number too large", text("{'descr':'<f4','fortran_order':False,'shape':(99999999999999999999,)}"), .malformed,
      "has a number in its header that is no 64-bit integer"
    ),
    (
      "unknown type", text("{'descr':'<x4','fortran_order':False,'shape':(1,)}"), .unsupported,
      "has elements of a type that numpy does not define: '<x4'"
    ),
    ("code", text("__import__('os')"), .malformed, "has '_' where a value is due in the header"),
    (
      "rest", text("{'descr':'<f4','fortran_order':False,'shape':(1,)} x"), .malformed,
      "has 'x' where the end of the header is due in the header"
    ),
    ("depth", text(String(repeating: "(", count: 1000)), .limitExceeded, "nests its header deeper than 8, the limit"),
    (
      "open string", text("{'descr"), .malformed,
      "has the end of its header where the end of a string is due in the header"
    ),
    (
      "axes", text("{'descr':'<f4','fortran_order':False,'shape':(\(String(repeating: "1,", count: 33)))}"),
      .limitExceeded, "has 33 axes, the limit is 32"
    ),
    (
      "structure overflow",
      text(
        "{'descr':[('a','<f8',(1152921504606846976,)),('b','<f8',(1152921504606846976,))],'fortran_order':False,'shape':(1,)}"
      ), .unsupported,
      "has elements of a type that numpy does not define: a structure"
    ),
  ]

  @Test(arguments: cases.indices) func refuses(index: Int) throws {
    let example = Self.cases[index]
    let error = try #require(throws: ReadError.self) { try header(example.bytes) }
    #expect(error.code == example.code, "\(example.name)")
    #expect(error.message == example.message, "\(example.name)")
  }

  @Test func damageNeverTraps() throws {
    let descr = "[('a', '<f4', (2, 3)), ('b', [('c', '>i8'), ('d', '|V3')], (0, 5))]"
    let fixture = NPYBuilder.array(descr, "(3L, 2)", [UInt8](repeating: 1, count: 200))
    let storage = Tensor.Storage.bytes(ByteSource(owned: fixture, label: "a.npy"))
    for bytes in Corruption.singleBytes(of: fixture, count: 3_000, seed: 4) {
      guard let layout = try? header(bytes).layout else { continue }
      _ = try? layout.contents(named: "x", in: storage, limits: Limits())
    }
  }
}
