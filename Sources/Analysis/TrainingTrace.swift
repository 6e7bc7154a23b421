import ModelReading

/// The layers of one model at several moments of its training.
///
/// Of each checkpoint only the chosen columns are kept: memory does not depend on the size of the models.
public struct TrainingTrace: Sendable {
  public struct Checkpoint: Sendable {
    public var file: CheckpointFile
    /// As readers name it.
    public var format: String

    public init(file: CheckpointFile, format: String) {
      self.file = file
      self.format = format
    }
  }

  /// A layer's numbers at one checkpoint.
  public struct Cell: Sendable {
    /// One for each of the trace's columns.
    public var values: [Column.Value]
    public var status: LayerRecord.Status
    /// Why the layer is skipped or failed.
    public var reason: String?
    /// `Phase.rawValue`, whether or not it is among the columns.
    public var phase: String?

    init(_ record: LayerRecord, _ columns: [Column]) {
      values = columns.map { $0.value(record) }
      status = record.status
      reason = record.reason
      phase = record.phase
    }
  }

  /// A layer over time.
  public struct Series: Sendable {
    public var name: String
    /// `LayerKind.label` and the canonical shape, where the layer appears first.
    public var kind: String
    public var shape: [Int]
    /// One for each checkpoint; `nil` where the model has no such layer.
    public var cells: [Cell?]

    /// Where the phase changes; checkpoints without a phase are passed over.
    public var transitions: [Transition] {
      let known = cells.enumerated().compactMap { index, cell in cell?.phase.map { (index: index, phase: $0) } }
      return zip(known, known.dropFirst()).filter { $0.phase != $1.phase }.map { before, after in
        Transition(from: before.phase, to: after.phase, before: before.index, after: after.index)
      }
    }
  }

  /// A change of phase between two checkpoints.
  public struct Transition: Sendable, Equatable {
    /// `Phase.rawValue`.
    public var from: String
    public var to: String
    /// The last checkpoint with the old phase and the first with the new one, counted from 0.
    public var before: Int
    public var after: Int
  }

  public let columns: [Column]
  public private(set) var checkpoints: [Checkpoint] = []
  /// In the order in which they appear first.
  public private(set) var layers: [Series] = []
  private var positions: [ByteString: Int] = [:]

  public init(columns: [Column]) { self.columns = columns }

  /// Adds the next checkpoint.
  ///
  /// Layers are matched by name; of several rows of one name the first counts.
  public mutating func append(_ report: ModelReport, of file: CheckpointFile) {
    for index in layers.indices { layers[index].cells.append(nil) }
    for record in report.layers {
      let cell = Cell(record, columns)
      let name = ByteString(record.name)
      if let position = positions[name] {
        if layers[position].cells[checkpoints.count] == nil { layers[position].cells[checkpoints.count] = cell }
      } else {
        positions[name] = layers.count
        let absent = [Cell?](repeating: nil, count: checkpoints.count)
        layers.append(Series(name: record.name, kind: record.kind, shape: record.shape, cells: absent + [cell]))
      }
    }
    checkpoints.append(Checkpoint(file: file, format: report.graph.format))
  }
}

extension Column {
  /// What a trace shows unless other columns are chosen.
  public static let traced = [
    "entropy", "stable_rank", "mp_softrank", "alpha", "D", "log_spectral_norm", "num_spikes", "phase",
  ]

  /// The columns of these names, `nil` for a name that is none.
  public static func named(_ names: [String]) -> [Column?] {
    let known = columns(for: [.randomized, .vectors, .whitened])
    return names.map { name in known.first { $0.name == name } }
  }
}

extension AnalysisOptions {
  /// Leaves out what costs time and none of these columns shows, and adds the studies that they need.
  public mutating func restrict(to columns: [Column]) {
    let names = Set(columns.map(\.name))
    studies = Studies(for: columns)
    // A low p-value is also a warning.
    if names.isDisjoint(with: ["fit_p_value", "warning"]) { bootstrapCount = 0 }
  }
}

extension Studies {
  /// Those that these columns need.
  public init(for columns: [Column]) {
    self = []
    let names = Set(columns.map(\.name))
    let ordinary = Set(Column.all.map(\.name))
    for study: Studies in [.randomized, .vectors, .whitened] {
      let own = Column.columns(for: study).map(\.name).filter { !ordinary.contains($0) }
      if !names.isDisjoint(with: own) { insert(study) }
    }
  }
}
