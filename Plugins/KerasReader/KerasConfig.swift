import ModelReading
import StrictJSON

/// A model's configuration: the JSON that Keras calls `model_config` or `config.json`.
///
/// It is data and nothing else: what Keras would import or execute by it is
/// listed in `diagnostics`.
struct KerasConfig: Sendable {
  /// The model itself, its layers inside.
  let model: KerasLayerConfig
  let diagnostics: [Diagnostic]

  /// - Throws: as `JSON.parse`; `.malformed` if the text describes no model.
  init(_ source: ByteSource, limits: Limits) throws(ReadError) {
    let json = try JSON.parse(source, limits: limits, allowing: [.duplicateKeys, .nonFiniteNumbers])
    guard json.kind == .object else { throw json.error(.malformed, "the model's configuration is no JSON object") }
    let parser = ConfigParser()
    model = parser.layer(json)
    diagnostics = ConfigScan(json).diagnostics
  }
}

/// Turns JSON into layers. Depth is bounded by that of the JSON, which its parser has limited.
private struct ConfigParser {
  func layer(_ json: JSON) -> KerasLayerConfig {
    let className = json["class_name"]?.string ?? ""
    let config = json["config"]
    var layer = KerasLayerConfig(className: className, name: json["name"]?.string ?? "")
    if let name = config?["name"]?.string { layer.name = name }
    guard let config else { return layer }
    // A Sequential of Keras 1 and early Keras 2 has its layers in place of a configuration.
    let layers = config.kind == .array ? config : config["layers"]
    layer.layers = layers?.elements.filter { $0.kind == .object }.map { self.layer($0) } ?? []
    for key in ["layer", "forward_layer", "backward_layer", "cell"] {
      guard let inner = config[key], inner.kind == .object else { continue }
      layer.inner.append(self.layer(inner))
    }
    layer.inbound = inbound(json["inbound_nodes"])
    layer.inputNames = inbound(config["input_layers"])
    layer.outputNames = inbound(config["output_layers"])
    layer.inputs = json["build_config"]?["input_shape"]?.elements.map(\.int) ?? []
    settings(config, &layer)
    return layer
  }

  private func settings(_ config: JSON, _ layer: inout KerasLayerConfig) {
    guard config.kind == .object else { return }
    layer.groups = max(config["groups"]?.int ?? 1, 1)
    layer.equation = config["equation"]?.string
    layer.outputShape = config["output_shape"].map { $0.kind == .array ? $0.elements.map(\.int) : [$0.int] } ?? []
    layer.dimOrdering = config["dim_ordering"]?.string
    layer.outputs = ["filters", "nb_filter", "units", "output_dim"].lazy.compactMap { config[$0]?.int }.first
    layer.hasScale = config["scale"]?.bool ?? true
    layer.hasCenter = config["center"]?.bool ?? true
    layer.quantization = quantization(config)
    layer.variableType = config["dtype"]?.string ?? config["dtype"]?["config"]?["name"]?.string
  }

  /// `dtype` of a quantised layer is a policy: `int8_from_float32`.
  private func quantization(_ config: JSON) -> String? {
    if let mode = config["quantization_mode"]?.string { return mode }
    guard let policy = config["dtype"], policy.kind == .object else { return nil }
    let settings = policy["config"]
    // int4/128 is int4 in groups of 128.
    if let mode = settings?["mode"]?.string { return mode.split(separator: "/").first.map(String.init) }
    guard let name = settings?["name"]?.string, let end = name.firstRange(of: "_from_") else { return nil }
    return String(name[..<end.lowerBound])
  }

  /// Names of the layers whose output this one takes: `[[["a",0,0,{}]]]`, or Keras 3's tensors inside arguments.
  private func inbound(_ json: JSON?) -> [String] {
    var names: [String] = []
    var known = Set<ByteString>()
    var pending = json.map { [$0] } ?? []
    while let value = pending.popLast() {
      switch value.kind {
      case .array:
        let elements = value.elements
        if let name = elements.first?.string, elements.count >= 3, elements[1].int != nil {
          if known.insert(ByteString(name)).inserted { names.append(name) }
        } else {
          pending += elements.reversed()
        }
      case .object: pending += value.members.map(\.value).reversed()
      default: break
      }
    }
    return names
  }
}
