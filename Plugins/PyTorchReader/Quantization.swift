import ModelReading
import Pickle

// Quantised tensors: integers with a scale and a zero point, for the tensor or for each index of an axis.

extension TensorBuilder {
  /// The real values of a quantised tensor, as `float32`, computed when asked for.
  ///
  /// - Parameter quantizer: (scheme, scale, zero point), or (scheme, scales, zero points, axis) with tensors.
  mutating func dequantized(_ stored: Tensor, _ quantizer: Pickle.ID) throws(ReadError) -> Tensor {
    guard let parts = pickle.tuple(quantizer), parts.count >= 3,
      let scheme = pickle.global(parts[0])?.name
    else { throw pickle.source.error(.malformed, "has no quantizer (scheme, scale, zero point)", subject: stored.name) }
    let scale: QuantizationScale
    switch scheme {
    case "per_tensor_affine", "per_tensor_symmetric":
      guard let factor = pickle.number(parts[1]), let zero = pickle.number(parts[2]) else {
        throw pickle.source.error(.malformed, "has a scale or zero point that is no number", subject: stored.name)
      }
      scale = .tensor(scale: Float(factor), zeroPoint: Float(zero))
    case "per_channel_affine", "per_channel_symmetric", "per_channel_affine_float_qparams":
      scale = try channelScale(parts, stored)
    default:
      throw pickle.source.error(.unsupported, "is quantized by the scheme \(scheme)", subject: stored.name)
    }
    return try scale.dequantized(stored, limits)
  }

  private mutating func channelScale(_ parts: [Pickle.ID], _ stored: Tensor) throws(ReadError) -> QuantizationScale {
    guard parts.count == 4, let axis = pickle.integer(parts[3]), stored.shape.indices.contains(axis),
      let scaleForm = forms.form(of: parts[1]), let zeroForm = forms.form(of: parts[2])
    else {
      throw pickle.source.error(
        .malformed, "has no quantizer (scheme, scales, zero points, axis)", subject: stored.name)
    }
    let scales = try tensor(scaleForm, named: stored.name + " scales").tensor
    let zeroPoints = try tensor(zeroForm, named: stored.name + " zero points").tensor
    return try QuantizationScale(scales: scales, zeroPoints: zeroPoints, axis: axis, of: stored)
  }
}

/// Scale and zero point, of the whole tensor or of each channel.
enum QuantizationScale: Sendable {
  case tensor(scale: Float, zeroPoint: Float)
  /// A channel is `step` neighbouring elements long in C order.
  case channels(scales: Tensor, zeroPoints: Tensor, step: Int)

  /// - Throws: `.malformed` unless there is one scale and one zero point for each index of the axis.
  init(scales: Tensor, zeroPoints: Tensor, axis: Int, of stored: Tensor) throws(ReadError) {
    guard stored.shape.indices.contains(axis), scales.shape == [stored.shape[axis]], zeroPoints.shape == scales.shape
    else {
      throw ReadError(
        .malformed, "has scales \(scales.shape) along axis \(axis) of \(stored.shape)", file: stored.storage.label,
        subject: stored.name)
    }
    // The shape's product does not overflow, so neither does a part of it.
    self = .channels(scales: scales, zeroPoints: zeroPoints, step: stored.shape[(axis + 1)...].reduce(1, *))
  }

  func dequantized(_ stored: Tensor, _ limits: Limits) throws(ReadError) -> Tensor {
    let (byteCount, overflow) = stored.elementCount.multipliedReportingOverflow(by: 4)
    guard !overflow, byteCount <= limits.maximumDecodedBytes else {
      throw ReadError(
        .limitExceeded, "needs \(stored.elementCount) elements of 4 bytes, the limit is \(limits.maximumDecodedBytes)",
        file: stored.storage.label, subject: stored.name)
    }
    let produced = ProducedBytes(byteCount: byteCount, label: stored.storage.label) { () throws(ReadError) -> [UInt8] in
      try bytes(of: stored)
    }
    return try Tensor(
      name: stored.name, elementType: .float32, shape: stored.shape, storage: .produced(produced), limits: limits)
  }

  private func bytes(of stored: Tensor) throws(ReadError) -> [UInt8] {
    var values = try stored.values(as: Float.self)
    let scales: [Float]
    let zeroPoints: [Float]
    let length: Int
    switch self {
    case .tensor(let scale, let zeroPoint): (scales, zeroPoints, length) = ([scale], [zeroPoint], 1)
    case .channels(let all, let zeros, let step):
      (scales, zeroPoints, length) = (try all.values(as: Float.self), try zeros.values(as: Float.self), max(step, 1))
    }
    for index in values.indices {
      let channel = index / length % scales.count
      values[index] = (values[index] - zeroPoints[channel]) * scales[channel]
    }
    return values.littleEndianBytes
  }
}
