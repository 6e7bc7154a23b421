import HubConfiguration
public import ModelReading
import SafetensorsFormat
import Sharding
import StateDictionary

/// Reads safetensors: one file, or several with or without an index.
public struct SafetensorsReader: ModelReader {
  public static let format = Format(
    name: "safetensors", summary: "safetensors: one file, or a folder of shards with model.safetensors.index.json",
    fileExtensions: ["safetensors"])
  public var format: Format { Self.format }

  public init() {}

  public func probe(_ prefix: RawSpan) -> Match { max(SafetensorsHeader.probe(prefix), ShardSet.probe(prefix)) }

  public func probe(_ directory: ModelDirectory) -> Match { ShardSet.probe(directory.entries) }

  public func open(_ input: ModelInput, limits: Limits) throws(ReadError) -> LayerGraph {
    let set: ShardSet
    switch input {
    case .directory(let directory): set = try ShardSet(directory, limits)
    case .file(let file):
      let source = ByteSource(file)
      if ShardSet.probe(source.bytes) != .no {
        set = try ShardSet(ShardIndex(source, limits: limits), in: input.folder(), limits)
      } else {
        set = ShardSet(try Shard(source, limits))
      }
    }
    let configuration = HubConfiguration(beside: input, limits: limits)
    let hints = QuantizationHints(configuration.quantization, beside: input, limits, metadata: set.metadata)
    return graph(of: set, configuration, hints, limits)
  }

  private func graph(
    of set: ShardSet, _ configuration: HubConfiguration, _ hints: QuantizationHints, _ limits: Limits
  ) -> LayerGraph {
    let convention = WriterConvention(set.metadata)
    let aliases = tiedNames(set.metadata, set.shards.lazy.flatMap(\.tensors))
    let weights = Dequantization(set.shards.flatMap(\.tensors), limits, hints)
    var result = StateDictionary.layers(
      from: weights.tensors, aliases: aliases, convention: convention.axes, order: .natural,
      hints: configuration.hints, limits: limits)
    weights.describe(&result.layers)
    return LayerGraph(
      format: SafetensorsReader.format.name, variant: set.variant, producer: convention.producer, files: set.files,
      metadata: facts(set.metadata) + configuration.metadata, layers: result.layers,
      inventory: set.shards.flatMap(\.inventory) + set.strays,
      diagnostics: configuration.diagnostics + set.diagnostics + set.shards.flatMap(\.diagnostics) + weights.diagnostics
        + result.diagnostics)
  }

  /// Short entries of the metadata; long ones are training logs and configurations.
  private func facts(_ metadata: Metadata) -> [(key: String, value: String)] {
    metadata.filter { $0.key.utf8.count <= 64 && $0.value.utf8.count <= 200 }.prefix(16).map { ($0.key, $0.value) }
  }
}

extension ModelReader where Self == SafetensorsReader {
  /// Reads safetensors files and sharded folders.
  public static var safetensors: SafetensorsReader { SafetensorsReader() }
}
