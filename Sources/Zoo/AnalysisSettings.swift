public import Analysis
import MatrixSlicing
public import ModelReading
import StrictJSON

/// What the numbers of an analysis depend on, as names and values: equal texts stand for equal numbers.
public struct AnalysisSettings: Sendable {
  /// Threads are left to whoever computes.
  public let options: AnalysisOptions

  public init(_ options: AnalysisOptions) { self.options = options }

  /// Those that have a value, in order.
  public var members: [(name: String, value: String)] {
    Setting.all.compactMap { setting in setting.value(options).map { (setting.name, $0) } }
  }

  /// The members as one JSON object.
  public var text: String {
    var writer = JSONWriter(indented: false)
    writer.write(self)
    return writer.text
  }
}

extension AnalysisSettings {
  /// - Throws: `.unsupported` for a setting or value that there is not: the numbers would be others.
  init(_ json: JSON) throws(ReadError) {
    var options = AnalysisOptions()
    for (key, value) in json.members {
      guard let setting = Setting.all.first(where: { $0.name == key.description }), let text = value.string,
        setting.set(&options, text)
      else { throw value.error(.unsupported, "has the setting '\(key)', or a value of it, that is not known") }
    }
    self.options = options
  }

  /// - Throws: as above, and `.malformed` for what `text` does not make.
  public init(text: String) throws(ReadError) {
    try self.init(JSON.parse(ByteSource(owned: Array(text.utf8), label: "settings"), limits: Limits()))
  }
}

extension JSONWriter {
  mutating func write(_ settings: AnalysisSettings) {
    object { writer in for member in settings.members { writer.member(member.name, member.value) } }
  }
}

/// A setting's name, and its value as text.
private struct Setting: Sendable {
  let name: String
  /// `nil` for one that is not given.
  let value: @Sendable (AnalysisOptions) -> String?
  /// Whether the text is a value of it.
  let set: @Sendable (inout AnalysisOptions, String) -> Bool

  static let all = [
    choice("of", \.source), choice("slicing", \.slicing), number("grid", \.gridSide), flag("per_slice", \.perSlice),
    flag("per_head", \.perHead), number("head_width", \.headWidth), patterns,
    count("min_evals", \.minimumEigenvalues), flag("fix_fingers", \.fixesFingers), choice("precision", \.precision),
    number("bootstrap", \.bootstrapCount), seed, study("randomize", .randomized), study("vectors", .vectors),
    study("whiten", .whitened), count("layer_memory", \.maximumMemory),
  ]

  private typealias Path<Value> = any WritableKeyPath<AnalysisOptions, Value> & Sendable

  private static func choice<Value: RawRepresentable<String> & SendableMetatype>(_ name: String, _ path: Path<Value>)
    -> Setting
  {
    Setting(name: name) {
      $0[keyPath: path].rawValue
    } set: { options, text in
      guard let value = Value(rawValue: text) else { return false }
      options[keyPath: path] = value
      return true
    }
  }

  private static func number(_ name: String, _ path: Path<Int?>) -> Setting {
    Setting(name: name) {
      $0[keyPath: path].map(String.init)
    } set: { options, text in
      guard let value = Int(text), value >= 0 else { return false }
      options[keyPath: path] = value
      return true
    }
  }

  private static func count(_ name: String, _ path: Path<Int>) -> Setting {
    Setting(name: name) {
      String($0[keyPath: path])
    } set: { options, text in
      guard let value = Int(text), value >= 1 else { return false }
      options[keyPath: path] = value
      return true
    }
  }

  private static func flag(_ name: String, _ path: Path<Bool>) -> Setting {
    Setting(name: name) {
      String($0[keyPath: path])
    } set: { options, text in
      guard let value = Bool(text) else { return false }
      options[keyPath: path] = value
      return true
    }
  }

  private static func study(_ name: String, _ study: Studies) -> Setting {
    Setting(name: name) {
      String($0.studies.contains(study))
    } set: { options, text in
      guard let value = Bool(text) else { return false }
      if value { options.studies.insert(study) }
      return true
    }
  }

  private static let seed = Setting(name: "seed") {
    String($0.seed)
  } set: { options, text in
    guard let value = UInt64(text) else { return false }
    options.seed = value
    return true
  }

  /// One to a line.
  private static let patterns = Setting(name: "layers") {
    $0.layerPatterns.joined(separator: "\n")
  } set: {
    options, text in
    options.layerPatterns = text.split(separator: "\n").map(String.init)
    return true
  }
}
