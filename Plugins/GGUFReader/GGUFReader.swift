public import ModelReading
import StateDictionary

/// Reads GGUF, the format of llama.cpp: one file, or the numbered parts of one.
public struct GGUFReader: ModelReader {
  public static let format = Format(
    name: "gguf", summary: "GGUF of llama.cpp, versions 1 to 3: one file, or its parts …-00001-of-0000N.gguf",
    fileExtensions: ["gguf"])
  public var format: Format { Self.format }

  public init() {}

  public func probe(_ prefix: RawSpan) -> Match { Header.probe(prefix) }

  public func probe(_ directory: ModelDirectory) -> Match { PartSet.probe(directory.entries) }

  public func open(_ input: ModelInput, limits: Limits) throws(ReadError) -> LayerGraph {
    let set: PartSet
    switch input {
    case .directory(let directory): set = try PartSet(directory, limits)
    case .file(let file): set = try PartSet(Part(ByteSource(file), limits), beside: input, limits)
    }
    return graph(of: set, limits)
  }

  private func graph(of set: PartSet, _ limits: Limits) -> LayerGraph {
    let facts = ModelFacts(set.metadata)
    let result = LayerBuilder(set, facts, limits)
    return LayerGraph(
      format: GGUFReader.format.name, variant: set.variant, files: set.files, metadata: facts.summary,
      layers: result.layers, inventory: set.parts.flatMap(\.inventory),
      diagnostics: set.diagnostics + set.parts.flatMap(\.diagnostics) + result.diagnostics)
  }
}

extension ModelReader where Self == GGUFReader {
  /// Reads GGUF files and their parts.
  public static var gguf: GGUFReader { GGUFReader() }
}
