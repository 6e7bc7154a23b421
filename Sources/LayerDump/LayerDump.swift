import DumpFormat
public import ModelReading

/// The canonical dump of a model: its layer graph as JSON, and the values of its layers in one orientation.
///
///     let dump = LayerDump(graph, options: options)
///     try dump.write(to: "lenet", replacing: false)
public struct LayerDump {
  private let plan: DumpPlan
  private let options: DumpOptions

  /// Nothing is read but what the graph says.
  /// - Parameter version: of the program, for the record.
  public init(_ graph: LayerGraph, options: DumpOptions = DumpOptions(), version: String = heavyTailVersion) {
    plan = DumpPlan(graph, options, version: version)
    self.options = options
  }

  /// Layers that are dumped: fewer than the model has if they were chosen by their names.
  public var layerCount: Int { plan.document.layers.count }

  /// Size of all values.
  public var byteCount: Int { plan.tensors.reduce(0) { $0 + $1.byteCount } }

  /// Writes the dump into a new folder.
  ///
  /// The folder is not there, or what it was, until the dump is whole and on the disk. What an earlier dump to the
  /// same place left behind when it was killed is removed.
  ///
  /// - Parameters:
  ///   - path: of the folder.
  ///   - replacing: whether a dump that is there may go. Nothing else may ever.
  ///   - progress: called with the bytes of values written so far.
  public func write(
    to path: String, replacing: Bool, progress: @escaping (Int) -> Void = { _ in }
  ) throws(DumpError) {
    let folder = try writing { () throws(WriteError) in try AtomicFolder(path: path, replacing: replacing) }
    var written = 0
    var writer = TensorWriter { count in
      written += count
      progress(written)
    }
    var document = plan.document
    switch options.layout {
    case .safetensors:
      try SafetensorsLayout(plan.tensors, options.shardByteCount).write(to: folder.temporary, &writer, &document)
    case .npy: try ArraysLayout(plan.tensors).write(to: folder.temporary, &writer, &document)
    case .weightwatcher:
      try ArraysLayout(plan.tensors, marked: weightNames(of: document)).write(to: folder.temporary, &writer, &document)
      try writeWeightWatcherIndex(&document, in: folder)
    case .ranges:
      throw .read(ReadError(.unsupported, "has the layout ranges, which has no files of its own", file: path))
    }
    let text = document.json
    do throws(WriteError) {
      try writeText(text, to: folder.temporary + "/" + DumpDocument.fileName)
      try folder.commit()
    } catch {
      throw .write(error)
    }
  }

  private func writeWeightWatcherIndex(
    _ document: inout DumpDocument, in folder: borrowing AtomicFolder
  ) throws(DumpError) {
    let text = weightWatcherIndex(of: document, at: folder.path)
    try writing { () throws(WriteError) in try writeText(text, to: folder.temporary + "/" + weightWatcherIndexName) }
    document.files.append(weightWatcherIndexName)
  }
}

/// Writes a small file of its own.
func writeText(_ text: String, to path: String) throws(WriteError) {
  let file = try AtomicFile(path: path)
  let bytes = Array(text.utf8)
  try unsafe file.append(bytes.span.bytes)
  try file.commit(replacing: false)
}
