import ModelReading
import SpectralCore

extension RandomMatrix {
  /// A weight of these entries, stored as doubles or, if `inFloats`, as floats.
  func tensor(_ name: String, axes: [Axis] = [.output, .input], inFloats: Bool = false) throws -> Tensor {
    let bytes = values.flatMap { inFloats ? littleEndian(Float($0).bitPattern) : littleEndian($0.bitPattern) }
    return try Tensor(
      name: name, elementType: inFloats ? .float32 : .float64, shape: [rows, columns], axes: axes,
      storage: .bytes(ByteSource(owned: bytes, label: "memory")))
  }

  /// A model of one dense layer with this weight.
  func model(axes: [Axis] = [.output, .input], inFloats: Bool = false) throws -> LayerGraph {
    let parameter = Parameter(.kernel, try tensor("w", axes: axes, inFloats: inFloats))
    let layer = Layer(name: "w", kind: .dense, parameters: [parameter])
    return LayerGraph(format: "test", variant: "", files: [], layers: [layer], inventory: [])
  }
}

private func littleEndian<Bits: FixedWidthInteger>(_ bits: Bits) -> [UInt8] {
  stride(from: 0, to: Bits.bitWidth, by: 8).map { UInt8(truncatingIfNeeded: bits >> Bits($0)) }
}
