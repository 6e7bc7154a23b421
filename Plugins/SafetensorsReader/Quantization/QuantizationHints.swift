import ModelReading
import StrictJSON

/// What a configuration says about quantised weights and their tensors do not.
///
/// All of it is advice: shapes decide wherever they can.
struct QuantizationHints: Sendable {
  /// Whether GPTQ zero points are stored as they are.
  let isGPTQVersion2: Bool
  /// Bits of a number, where all weights have as many.
  let bits: Int?
  /// Rows and columns of a block that shares a scale.
  let blockSize: [Int]?
  private let groupSize: Int?
  /// By the path of the layer, for those that differ from the rest.
  private let groupSizes: [ByteString: Int]

  /// - Parameters:
  ///   - settings: what a configuration says about quantisation.
  ///   - metadata: of the file.
  init(_ settings: JSON? = nil, metadata: Metadata = []) {
    let format = (settings?["checkpoint_format"] ?? settings?["format"])?.string
    isGPTQVersion2 = (format ?? metadata.first { $0.key == "checkpoint_format" }?.value) == "gptq_v2"
    let groups = settings?["config_groups"]?.members ?? []
    bits = settings?["bits"]?.int ?? (groups.count == 1 ? groups[0].value["weights"]?["num_bits"]?.int : nil)
    blockSize = settings?["weight_block_size"]?.elements.compactMap(\.int)
    groupSize = settings?["group_size"]?.int
    groupSizes = Dictionary(
      (settings?.members ?? []).compactMap { key, value in value["group_size"]?.int.map { (key, $0) } }
    ) { first, _ in first }
  }

  /// - Parameter settings: those of the model's configuration; if it has none, `quantize_config.json` is asked.
  init(_ settings: JSON?, beside input: ModelInput, _ limits: Limits, metadata: Metadata) {
    let file = settings == nil ? try? input.sidecar("quantize_config.json") : nil
    let json = file.flatMap { try? JSON.parse(ByteSource($0), limits: limits) }
    self.init(settings ?? json, metadata: metadata)
  }

  /// Inputs per group of the layer whose tensors' names begin with `stem`.
  func groupSize(of stem: [UInt8]) -> Int? {
    groupSizes[ByteString(stem.last == UInt8(ascii: ".") ? Array(stem.dropLast()) : stem)] ?? groupSize
  }
}
