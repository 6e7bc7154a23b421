public import ModelReading
import StrictJSON

extension DumpDocument {
  /// Whether a file begins as a dump's document does.
  public static func probe(_ prefix: RawSpan) -> Match {
    var offset = 0
    func skipSpace() {
      while let byte = prefix.byte(at: offset), [0x20, 0x09, 0x0A, 0x0D].contains(byte) { offset += 1 }
    }
    skipSpace()
    for word in ["{", "\"schema\"", ":"] as [StaticString] {
      guard prefix.starts(with: word, at: offset) else { return .no }
      offset += word.utf8CodeUnitCount
      skipSpace()
    }
    return prefix.starts(with: "\"heavytail.dump/", at: offset) ? .certain : .no
  }

  /// Reads the text of a `graph.json`.
  ///
  /// References (of parameters to tensors, of edges to layers) are checked here; whether the tensors' files agree is
  /// for whoever opens them.
  ///
  /// - Throws: `.unrecognized` without the schema, `.unsupported` for another version of it, `.malformed`,
  ///   `.limitExceeded` above the limits.
  public init(_ source: ByteSource, limits: Limits) throws(ReadError) {
    let root = try JSON.parse(source, limits: limits)
    try DumpDocument.checkSchema(root)
    version = try root.member("tool").member("version").text()
    layout = try root.member("layout").choice()
    self.source = try Source(root.member("source"))
    files = try root.member("files").list(limits.maximumExternalFiles + limits.maximumTensorCount, "files")
      .map { (file) throws(ReadError) in try file.text() }
    topology = try root.member("topology").choice()
    let layout = layout
    tensors = try root.member("tensors").list(limits.maximumTensorCount, "tensors")
      .map { (tensor) throws(ReadError) in
        layout == .ranges ? try DumpTensor(range: tensor, limits) : try DumpTensor(tensor, limits)
      }
    layers = try root.member("layers").list(limits.maximumTensorCount, "layers")
      .map { (layer) throws(ReadError) in try DumpLayer(layer, limits) }
    edges = []
    otherTensors = try root.member("other_tensors").list(limits.maximumTensorCount, "tensors")
      .map { (tensor) throws(ReadError) in try TensorRecord(tensor) }
    diagnostics = try root.member("diagnostics").list(limits.maximumTensorCount, "diagnostics")
      .map { (diagnostic) throws(ReadError) in try Diagnostic(diagnostic) }
    try checkNames(root)
    let edges = try root.member("edges").list(limits.maximumDataflow, "edges")
    self.edges = try edges.map { [layers] (edge) throws(ReadError) in
      try LayerGraph.Edge(edge, layerCount: layers.count)
    }
  }

  private static func checkSchema(_ root: JSON) throws(ReadError) {
    guard let schema = root["schema"]?.string, schema.hasPrefix(schemaPrefix) else {
      throw root.error(.unrecognized, "is no layer dump: it has no schema \(DumpDocument.schema)")
    }
    guard schema == DumpDocument.schema else {
      throw root.error(
        .unsupported, "has the schema '\(schema)', this program reads \(DumpDocument.schema)",
        hint: "a newer heavytail may read it")
    }
  }

  /// Layers and tensors are told apart by their names, and parameters refer to tensors that there are.
  private func checkNames(_ root: JSON) throws(ReadError) {
    var known = Set<ByteString>()
    for layer in layers where !known.insert(ByteString(layer.name)).inserted {
      throw root.error(.malformed, "has two layers of one name").about(layer.name)
    }
    known = []
    for tensor in tensors where !known.insert(ByteString(tensor.name)).inserted {
      throw root.error(.malformed, "has two tensors of one name").about(tensor.name)
    }
    for layer in layers {
      for name in layer.parameters.flatMap(\.values.tensors) where !known.contains(ByteString(name)) {
        throw root.error(.malformed, "has a layer whose tensor '\(name)' is not in the list of tensors").about(
          layer.name)
      }
    }
  }
}

extension DumpParameter.Values {
  /// Names of the tensors that they lie in.
  public var tensors: [String] {
    switch self {
    case .tensor(let name): [name]
    case .product(let left, let right, _): [left, right]
    case .matrices(let matrices): matrices.map(\.tensor)
    }
  }
}

extension DumpDocument.Source {
  fileprivate init(_ json: JSON) throws(ReadError) {
    self.init(
      format: try json.member("format").text(), variant: try json.member("variant").text(),
      producer: try json.optionalText("producer"), files: try json.member("files").texts(),
      metadata: try json.member("metadata").list().map { (fact) throws(ReadError) in
        let pair = try fact.texts()
        guard pair.count == 2 else { throw fact.error(.malformed, "has metadata that is no pair of key and value") }
        return DumpDocument.Fact(key: pair[0], value: pair[1])
      })
  }
}

extension DumpTensor {
  fileprivate init(_ json: JSON, _ limits: Limits) throws(ReadError) {
    let digest = try json.member("sha256").text()
    self.init(
      name: try json.member("name").text(limits.maximumNameBytes), file: try json.member("file").text(),
      elementType: try json.member("element_type").choice(), shape: try DumpTensor.shape(json, limits), sha256: digest)
    let isDigest = digest.utf8.count == 64 && digest.utf8.allSatisfy { DumpTensor.digits.contains($0) }
    guard isDigest else { throw json.error(.malformed, "has a sha256 that is not 64 hexadecimal digits").about(name) }
  }

  /// Of the layout `ranges`: `file` and `offset`, or neither for a tensor behind the document.
  fileprivate init(range json: JSON, _ limits: Limits) throws(ReadError) {
    let file = try json["file"].flatMap { (file) throws(ReadError) in file.isNull ? nil : try file.text() }
    let order = try json["byte_order"]?.text() ?? "little"
    guard order == "little" || order == "big" else {
      throw json.error(.malformed, "has the byte order '\(order)', it is little or big")
    }
    self.init(
      name: try json.member("name").text(limits.maximumNameBytes), file: file,
      offset: file == nil ? nil : try json.member("offset").extent(), byteOrder: order == "big" ? .big : .little,
      elementType: try json.member("element_type").choice(), shape: try DumpTensor.shape(json, limits), sha256: nil)
  }

  private static func shape(_ json: JSON, _ limits: Limits) throws(ReadError) -> [Int] {
    let shape = try json.member("shape").extents()
    guard shape.count <= limits.maximumRank else {
      throw json.error(.limitExceeded, "has \(shape.count) axes, the limit is \(limits.maximumRank)")
    }
    return shape
  }

  private static let digits = Array("0123456789abcdef".utf8)
}

extension DumpLayer {
  fileprivate init(_ json: JSON, _ limits: Limits) throws(ReadError) {
    let name = try json.member("name").text(limits.maximumNameBytes)
    let groups = try json.member("groups").extent()
    guard groups >= 1 else { throw json.error(.malformed, "has \(groups) groups, there is at least 1").about(name) }
    self.init(
      name: name, kind: LayerKind(label: try json.member("kind").text()), groups: groups,
      note: try json.optionalText("note"),
      parameters: try json.member("parameters").list().map { (parameter) throws(ReadError) in
        try DumpParameter(parameter, limits)
      },
      parts: try json.member("parts").list().map { (part) throws(ReadError) in try TensorRecord(part) })
  }
}

extension DumpParameter {
  fileprivate init(_ json: JSON, _ limits: Limits) throws(ReadError) {
    let name = try json.member("source_name").text(limits.maximumNameBytes)
    self.init(
      role: Role(label: try json.member("role").text(), isWeight: try json.member("is_weight").flag()), name: name,
      aliases: try json.member("aliases").texts(),
      axes: try DumpParameter.axes(json, limits),
      heads: try AttentionHeads(json["heads"]), values: try Values(json))
  }
}

extension DumpParameter {
  private static func axes(_ json: JSON, _ limits: Limits) throws(ReadError) -> [DumpAxis] {
    let names = try json.member("axes").list(limits.maximumRank, "axes")
    let extents = try json.member("extents").extents()
    guard extents.count == names.count else {
      throw json.error(.malformed, "has \(names.count) axes and \(extents.count) extents")
    }
    return try zip(names, extents).map { (name, extent) throws(ReadError) in
      let label = try name.text()
      guard let axis = Axis(label: label) else {
        throw name.error(.malformed, "has the axis '\(label)', which is unknown")
      }
      return DumpAxis(axis, extent)
    }
  }
}

extension DumpParameter.Values {
  fileprivate init(_ json: JSON) throws(ReadError) {
    if let tensor = json["tensor"] {
      self = .tensor(try tensor.text())
    } else if let product = json["product"] {
      let scale = try product.member("scale")
      guard let number = scale.double ?? scale.string.flatMap(Double.init) else {
        throw scale.error(.malformed, "has a scale that is no number")
      }
      self = .product(
        left: try product.member("left").text(), right: try product.member("right").text(), scale: number)
    } else if let matrices = json["matrices"] {
      self = .matrices(try matrices.list().map { (matrix) throws(ReadError) in try DumpMatrix(matrix) })
    } else {
      throw json.error(.malformed, "has a parameter without tensor, product or matrices")
    }
  }
}

extension DumpMatrix {
  fileprivate init(_ json: JSON) throws(ReadError) {
    let origin = try json.member("origin")
    guard origin.kind == .object else { throw origin.error(.malformed, "has an origin that is no object") }
    self.init(
      tensor: try json.member("tensor").text(), rows: try json.member("N").extent(),
      columns: try json.member("M").extent(), isTransposed: try json.member("is_transposed").flag(),
      origin: try origin.members.map { (key, index) throws(ReadError) in
        Origin(axis: key.description, index: try index.extents())
      })
    guard columns >= 1, rows >= columns else {
      throw json.error(.malformed, "has a matrix of \(rows)×\(columns), N is at least M and M at least 1").about(tensor)
    }
  }
}

extension AttentionHeads {
  fileprivate init?(_ json: JSON?) throws(ReadError) {
    guard let json, !json.isNull else { return nil }
    let side = try json.member("side").text()
    guard side == "outputs" || side == "inputs" else {
      throw json.error(.malformed, "has heads of '\(side)', they are of outputs or inputs")
    }
    let count = try json.member("count")
    self.init(side == "outputs" ? .outputs : .inputs, count: count.isNull ? nil : try count.extent())
  }
}

extension LayerGraph.Edge {
  fileprivate init(_ json: JSON, layerCount: Int) throws(ReadError) {
    let ends = try json.extents()
    guard ends.count == 2, ends[0] < layerCount, ends[1] < layerCount else {
      throw json.error(.malformed, "has the edge \(ends) among \(layerCount) layers")
    }
    self.init(from: ends[0], to: ends[1])
  }
}

extension TensorRecord {
  fileprivate init(_ json: JSON) throws(ReadError) {
    self.init(
      name: try json.member("name").text(), elementType: try json.member("element_type").text(),
      shape: try json.member("shape").extents())
  }
}

extension Diagnostic {
  fileprivate init(_ json: JSON) throws(ReadError) {
    self.init(
      try json.member("code").choice(), try json.member("subject").text(), try json.member("message").text(),
      hint: try json.optionalText("hint"))
  }
}
