import ModelReading

/// Replaces quantised weights by what they stand for.
///
/// A quantised weight is several tensors: packed numbers, scales, zero points.
/// Analysed as they are they would give the spectrum of something else. Here each group becomes one
/// tensor `<layer>.weight` of float32, computed when it is loaded.
struct Dequantization {
  /// All tensors, a dequantised one at the place of the packed numbers.
  private(set) var tensors: [Tensor] = []
  private(set) var diagnostics: [Diagnostic] = []
  /// For the name of each dequantised weight: what it is made of, and a sentence that says so.
  private var origins: [ByteString: (parts: [Tensor], note: String)] = [:]

  init(_ all: [Tensor], _ limits: Limits, _ hints: QuantizationHints = QuantizationHints()) {
    let names = QuantizedTensors(all, limits, hints)
    var used = Set<ByteString>()
    var found: [ByteString: Recognition] = [:]
    for tensor in all where tensor.elementCount > 0 {
      if let (scheme, parts) = OpaqueScheme.find(tensor, names) {
        used.formUnion(parts.map { ByteString($0.name) })
        let reason = "is part of a weight quantised by \(scheme), which is not dequantised"
        diagnostics += parts.map { Diagnostic(.unsupportedTensor, $0.name, reason) }
      } else if let recognition = Dequantization.recognise(tensor, names) {
        used.formUnion(recognition.parts.map { ByteString($0.name) })
        found[ByteString(tensor.name)] = recognition
      }
    }
    for tensor in all {
      if let recognition = found[ByteString(tensor.name)] {
        replace(recognition, limits)
      } else if !used.contains(ByteString(tensor.name)) {
        tensors.append(tensor)
        if tensor.isDecoded { origins[ByteString(tensor.name)] = ([], "decoded from floats of 4 bits") }
      }
    }
  }

  /// Each scheme is asked in turn; `nil` if the tensor does not hold the numbers of a quantised weight.
  private static func recognise(_ tensor: Tensor, _ names: QuantizedTensors) -> Recognition? {
    PackedWeight.recognise(tensor, names) ?? RowPackedWeight.recognise(tensor, names)
      ?? BlockwiseWeight.recognise(tensor, names) ?? FloatBlockWeight.recognise(tensor, names)
      ?? AffineWeight.recognise(tensor, names) ?? ScaledWeight.recognise(tensor, names)
  }

  /// Adds the parts to the layers, so that every tensor of the file is accounted for.
  func describe(_ layers: inout [Layer]) {
    guard !origins.isEmpty else { return }
    for index in layers.indices {
      for parameter in layers[index].parameters {
        guard let origin = origins[ByteString(parameter.tensor.name)] else { continue }
        layers[index].note = [layers[index].note, origin.note].compactMap { $0 }.joined(separator: "; ")
        layers[index].parameters += origin.parts.filter { $0.name != parameter.tensor.name }.map {
          Parameter(.part(lastComponent($0.name)), $0)
        }
      }
    }
  }

  private mutating func replace(_ recognition: Recognition, _ limits: Limits) {
    switch recognition {
    case .unknown(let parts, let reason):
      diagnostics += parts.map { Diagnostic(.unsupportedTensor, $0.name, reason) }
    case .weight(let name, let weight):
      do throws(ReadError) {
        tensors.append(try weight.tensor(name, limits))
        origins[ByteString(name)] = (weight.parts, "dequantised from \(weight.origin)")
      } catch {
        diagnostics += weight.parts.map {
          Diagnostic(.unsupportedTensor, $0.name, error.message, hint: error.hint)
        }
      }
    }
  }

  private func lastComponent(_ name: String) -> String {
    name.utf8.split(separator: UInt8(ascii: ".")).last.map { String(Substring($0)) } ?? name
  }
}
