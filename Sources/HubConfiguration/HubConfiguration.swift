public import ModelReading
public import StateDictionary
public import StrictJSON

/// What Hugging Face's configuration files, where they lie beside the weights, say about them.
///
/// They are data like any other: a file that is broken or contradicts the weights
/// costs what it would have told, never the model.
public struct HubConfiguration: Sendable {
  /// For the layers: heads, experts, and by what an adapter is scaled.
  public private(set) var hints = StateDictionary.Hints()
  /// How the weights were quantised, as the file has it.
  public private(set) var quantization: JSON?
  /// Facts for a report's header.
  public private(set) var metadata: [(key: String, value: String)] = []
  public private(set) var diagnostics: [Diagnostic] = []

  /// Configurations are a few kilobytes; a larger file of the name is something else.
  private static let maximumByteCount = 16 << 20

  /// Looks for `config.json` and `adapter_config.json` beside a model.
  public init(beside input: ModelInput, limits: Limits) {
    if let config = parsed("config.json", input, limits), HubConfiguration.isHubConfiguration(config) {
      hints.architectures = architectures(in: config)
      quantization = config["quantization_config"] ?? config["quantization"] ?? config["compression_config"]
      for (fact, key) in [("architecture", "architectures"), ("model type", "model_type")] {
        let text = config[key]?.string ?? config[key]?.elements.first?.string
        if let text, text.utf8.count <= 200 { metadata.append((fact, text)) }
      }
    }
    if let adapter = parsed("adapter_config.json", input, limits) {
      hints.adapterScaling = AdapterScaling(adapter)
    }
  }

  /// Other tools have a `config.json` too, Keras for one.
  private static func isHubConfiguration(_ json: JSON) -> Bool {
    json["model_type"]?.kind == .string || json["architectures"]?.kind == .array
      || json["quantization_config"]?.kind == .object || json["quantization"]?.kind == .object
  }

  private mutating func parsed(_ name: String, _ input: ModelInput, _ limits: Limits) -> JSON? {
    do throws(ReadError) {
      guard let file = try input.sidecar(name) else { return nil }
      guard file.byteCount <= HubConfiguration.maximumByteCount else {
        throw ReadError(
          .limitExceeded, "has \(file.byteCount) bytes, the limit is \(HubConfiguration.maximumByteCount)", file: name)
      }
      // Python's writer spells infinity; hand-edited files repeat keys.
      return try JSON.parse(ByteSource(file), limits: limits, allowing: [.duplicateKeys, .nonFiniteNumbers])
    } catch {
      diagnostics.append(Diagnostic(.incomplete, name, "is not used: it \(error.message)", hint: error.hint))
      return nil
    }
  }

  /// The model's, and those of the parts that it consists of.
  private func architectures(in config: JSON) -> [Architecture] {
    let parts = config.members.filter { key, value in
      value.kind == .object
        && (key.description.hasSuffix("_config") || ["encoder", "decoder"].contains(key.description))
    }
    let family = config["model_type"]?.string
    return ([config] + parts.prefix(16).map(\.value)).compactMap { Architecture($0, family: family) }
  }
}
