import ModelReading
import Testing

@Suite struct ElementDecodingTests {
  /// FNV-1a over the float32 patterns of all values, NaNs as 0x7FC00000. The
  /// expected ones come from ml_dtypes 0.6.0 and NumPy.
  @Test(
    arguments: [
      (ElementType.float8e4m3fn, 0xDAD1_D9C5_0F74_9CA5), (.float8e4m3fnuz, 0xF518_51CB_11C6_3018),
      (.float8e5m2, 0x6C1E_56B6_FB09_C905), (.float8e5m2fnuz, 0x94AE_6FC4_93D4_9818),
      (.float8e8m0fnu, 0x6D2C_8B41_C3F0_E5A5), (.float16, 0x1F87_F165_810E_A7C5), (.bfloat16, 0xCF8E_0917_5D8F_5BA5),
    ] as [(ElementType, UInt64)]) func everyPatternOfSmallFloats(_ type: ElementType, _ expected: UInt64) throws
  {
    for order in [ByteOrder.little, .big] {
      #expect(hash(try decoded(allPatterns(type, order), type, order, as: Float.self)) == expected)
      let doubles = try decoded(allPatterns(type, order), type, order, as: Double.self)
      #expect(hash(doubles.map { Float($0) }) == expected)
    }
  }

  private func allPatterns(_ type: ElementType, _ order: ByteOrder) -> [UInt8] {
    if type.byteWidth == 1 { return Array(UInt8.min...UInt8.max) }
    return (UInt16.min...UInt16.max).flatMap { pattern in
      let bytes = [UInt8(truncatingIfNeeded: pattern), UInt8(pattern >> 8)]
      return order == .little ? bytes : bytes.reversed()
    }
  }

  private func hash(_ values: [Float]) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for value in values {
      let bits = value.isNaN ? 0x7FC0_0000 : value.bitPattern
      for shift in stride(from: UInt32(0), to: 32, by: 8) {
        hash = (hash ^ UInt64(UInt8(truncatingIfNeeded: bits >> shift))) &* 0x100_0000_01B3
      }
    }
    return hash
  }

  @Test func halvesAreThoseOfTheCompiler() throws {
    let values = try decoded(allPatterns(.float16, .little), .float16, .little, as: Float.self)
    for (pattern, value) in values.enumerated() {
      let half = Float16(bitPattern: UInt16(pattern))
      #expect(half.isNaN ? value.isNaN : Float(half).bitPattern == value.bitPattern)
    }
  }

  @Test func signedZerosAndSubnormalsSurvive() throws {
    #expect(try one(.float16, [0x00, 0x80], as: Float.self).bitPattern == 0x8000_0000)
    #expect(try one(.float16, [0x01, 0x00], as: Float.self) == 0x1p-24)
    #expect(try one(.float16, [0xFF, 0x03], as: Float.self) == 0x1.FF8p-15)
    #expect(try one(.float32, [1, 0, 0, 0], as: Double.self) == Double(Float.leastNonzeroMagnitude))
    #expect(try one(.float16, [0x00, 0xFC], as: Double.self) == -.infinity)
  }

  @Test(
    arguments: [
      (ElementType.bool, [0x00], 0), (.bool, [0x01], 1), (.bool, [0xFF], 1), (.int8, [0x80], -128),
      (.uint8, [0xFF], 255),
      (.int16, [0x00, 0x80], -32768), (.uint16, [0xFF, 0xFF], 65535), (.int32, [0, 0, 0, 0x80], -2_147_483_648),
      (.uint32, [0xFF, 0xFF, 0xFF, 0xFF], 4_294_967_295), (.int64, [0xFE, 255, 255, 255, 255, 255, 255, 255], -2),
      (.uint64, [0, 0, 0, 0, 0, 0, 0, 0x80], 0x1p63), (.float32, [0, 0, 0xC0, 0x3F], 1.5),
      (.float64, [0, 0, 0, 0, 0, 0, 0xF8, 0xBF], -1.5), (.bfloat16, [0xC0, 0x3F], 1.5), (.float16, [0x00, 0x3E], 1.5),
      (.float8e4m3fn, [0x7E], 448), (.float8e5m2, [0x7B], 57344), (.float8e4m3fnuz, [0x7F], 240),
      (.float8e5m2fnuz, [0x7F], 57344), (.float8e8m0fnu, [0x80], 2),
    ] as [(ElementType, [UInt8], Double)]) func oneOfEachType(_ type: ElementType, _ bytes: [UInt8], _ value: Double)
    throws
  {
    #expect(bytes.count == type.byteWidth)
    #expect(try one(type, bytes, as: Double.self) == value)
    #expect(try Double(one(type, bytes, as: Float.self)) == Double(Float(value)))
    #expect(try decoded(bytes.reversed(), type, .big, as: Double.self) == [value])
  }

  /// Elements at odd addresses, with gaps between them, in either order.
  @Test(arguments: ElementType.allCases.filter { !$0.isComplex }, [ByteOrder.little, .big])
  func stridedAndUnaligned(_ type: ElementType, _ order: ByteOrder) throws {
    let width = type.byteWidth
    let bytes = (0..<(1 + 12 * width)).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 11) }
    let source = try ByteSource(owned: bytes, label: "test").slice(at: 1, count: 12 * width, "odd")
    func tensor(_ shape: [Int], _ strides: [Int], _ offset: Int) throws -> Tensor {
      try Tensor(
        name: "t", elementType: type, byteOrder: order, shape: shape, strides: strides, elementOffset: offset,
        storage: .bytes(source))
    }
    let plain = try tensor([12], [1], 0).values(as: Double.self).map(\.bitPattern)
    #expect(try tensor([4], [3], 1).values(as: Double.self).map(\.bitPattern) == [1, 4, 7, 10].map { plain[$0] })
    #expect(
      try tensor([2, 3], [1, 4], 2).values(as: Double.self).map(\.bitPattern) == [2, 6, 10, 3, 7, 11].map { plain[$0] })
    #expect(try tensor([3], [0], 5).values(as: Double.self).map(\.bitPattern) == [5, 5, 5].map { plain[$0] })
  }

  @Test func littleEndianBytesAreGatheredInOrder() throws {
    let source = ByteSource(owned: [0, 1, 0, 2, 0, 3, 0, 4], label: "test")
    let tensor = try Tensor(
      name: "t", elementType: .int16, byteOrder: .big, shape: [2, 2], storage: .bytes(source))
    #expect(try tensor.littleEndianBytes() == [1, 0, 2, 0, 3, 0, 4, 0])
    #expect(try tensor.permuted([1, 0]).littleEndianBytes() == [1, 0, 3, 0, 2, 0, 4, 0])
  }

  @Test func complexComponentsAreSwappedEachByItself() throws {
    let tensor = try Tensor(
      name: "t", elementType: .complex64, byteOrder: .big, shape: [1],
      storage: .bytes(ByteSource(owned: [1, 2, 3, 4, 5, 6, 7, 8], label: "test")))
    #expect(try tensor.littleEndianBytes() == [4, 3, 2, 1, 8, 7, 6, 5])
    let error = #expect(throws: ReadError.self) { try tensor.values() }
    #expect(error?.code == .unsupported)
  }

  private func one<Value: DecodedElement>(_ type: ElementType, _ bytes: [UInt8], as _: Value.Type) throws -> Value {
    try decoded(bytes, type, .little, as: Value.self)[0]
  }

  private func decoded<Value: DecodedElement>(
    _ bytes: [UInt8], _ type: ElementType, _ order: ByteOrder, as _: Value.Type
  ) throws -> [Value] {
    try Tensor(
      name: "t", elementType: type, byteOrder: order, shape: [bytes.count / type.byteWidth],
      storage: .bytes(ByteSource(owned: bytes, label: "test"))
    ).values(as: Value.self)
  }
}
