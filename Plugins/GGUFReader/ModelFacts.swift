import ModelReading
import StateDictionary

/// What the metadata say about the model.
struct ModelFacts {
  /// For a report's header.
  let summary: [(key: String, value: String)]
  /// Of the model, or of its parts: heads and experts.
  let architectures: [Architecture]
  /// Of a LoRA adapter.
  let adapterScaling: AdapterScaling?

  init(_ metadata: [ByteString: MetadataValue]) {
    func value(_ key: String) -> MetadataValue? { metadata[ByteString(key)] }
    summary = [("architecture", "general.architecture"), ("name", "general.name"), ("size", "general.size_label")]
      .compactMap { fact, key in
        guard let text = value(key)?.text, !text.isEmpty, text.utf8.count <= 200 else { return nil }
        return (fact, text)
      }
    // A model that sees or hears has several: `clip.vision.attention.head_count`.
    let ending = ".attention.head_count"
    let prefixes = metadata.keys.map(\.description).filter {
      $0.utf8.suffix(ending.utf8.count).elementsEqual(ending.utf8)
    }
    .map { String(Substring($0.utf8.dropLast(ending.utf8.count))) }
    architectures = prefixes.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.flatMap { prefix in
      Architecture.all(prefix) { value("\(prefix).\($0)") }
    }
    adapterScaling = value("adapter.lora.alpha")?.number.map { AdapterScaling(alpha: $0) }
  }
}

extension Architecture {
  /// One for each number of heads that blocks have, and for each width of them.
  fileprivate static func all(_ family: String, _ value: (String) -> MetadataValue?) -> [Architecture] {
    let queries = value("attention.head_count")?.integers ?? []
    let keys = value("attention.head_count_kv")?.integers ?? []
    let widths = [value("attention.key_length")?.integer, value("attention.value_length")?.integer]
    var counts: [[Int?]] = []
    for block in 0..<max(queries.count, keys.count) {
      let count = [element(block, of: queries), element(block, of: keys)]
      if !counts.contains(count) { counts.append(count) }
    }
    return counts.flatMap { count in
      (widths[0] == widths[1] ? [widths[0]] : widths).map { width in
        var architecture = Architecture(family: family)
        architecture.width = value("embedding_length")?.integer
        (architecture.headCount, architecture.keyValueHeadCount) = (count[0], count[1])
        architecture.headWidth = width
        architecture.expertCount = value("expert_count")?.integer
        architecture.fusedAttention = .concatenated
        return architecture
      }
    }
  }

  /// One for all blocks, or one for each.
  private static func element(_ index: Int, of numbers: [Int]) -> Int? {
    numbers.count == 1 ? numbers[0] : numbers.indices.contains(index) ? numbers[index] : nil
  }
}
