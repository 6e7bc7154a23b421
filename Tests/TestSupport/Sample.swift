public import ModelReading
import StrictJSON

/// A model that is there for the tests, as a manifest describes it.
public struct Sample: Sendable, CustomStringConvertible {
  /// One weight of a good model.
  public struct Weight: Sendable {
    public var name: String
    public var role: String
    public var kinds: [String]
    public var elementType: String
    public var shape: [Int]
    public var sha256: String
  }

  /// The folder that the manifest is in.
  public var folder: String
  public var path: String
  public var format: String
  public var byteCount: Int
  /// Of the file, as 64 hexadecimal digits; `nil` for a folder.
  public var sha256: String?
  /// For a broken file: `error` or `diagnosed`, and in which words.
  public var expectation: String?
  public var message: String?
  public var weights: [Weight]

  public var description: String { path }
  public var fullPath: String { folder + "/" + path }
  public var isBad: Bool { expectation != nil }
  public var isFolder: Bool { isDirectory(fullPath) }

  /// The models that `manifest.json` in `folder` lists.
  public static func listed(in folder: String) throws(ReadError) -> [Sample] {
    let source = ByteSource(try MappedFile(path: folder + "/manifest.json"))
    let rows = try JSON.parse(source, limits: Limits())["files"]?.elements ?? []
    return rows.compactMap { Sample($0, folder) }
  }

  /// All of SampleModels.
  public static let all: [Sample] = {
    do { return try listed(in: Fixtures.root + "/SampleModels") } catch { fatalError("\(error)") }
  }()
  public static let good = all.filter { !$0.isBad }
  public static let bad = all.filter(\.isBad)

  private init?(_ json: JSON, _ folder: String) {
    guard let path = json["path"]?.string, let format = json["format"]?.string else { return nil }
    self.folder = folder
    self.path = path
    self.format = format
    byteCount = json["byte_count"]?.int ?? 0
    sha256 = json["sha256"]?.string
    expectation = json["expect"]?.string
    message = json["message"]?.string
    weights = json["layers"]?.elements.compactMap(Weight.init) ?? []
  }
}

extension Sample.Weight {
  fileprivate init?(_ json: JSON) {
    guard let name = json["name"]?.string, let kind = json["kind"]?.string, let role = json["role"]?.string,
      let type = json["element_type"]?.string, let shape = json["shape"]?.elements.compactMap(\.int),
      let digest = json["sha256"]?.string
    else { return nil }
    self.name = name
    self.role = role
    // A state dictionary does not record groups: what is depthwise in the model may pass for another convolution.
    kinds = [kind] + [json["model_kind"]?.string].compactMap(\.self)
    elementType = String(type.filter { $0 != "_" })
    self.shape = shape
    sha256 = digest
  }
}
