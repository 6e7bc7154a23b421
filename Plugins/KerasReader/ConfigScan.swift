import ModelReading
import StrictJSON

/// Finds what Keras would import, execute or fetch to build a model of a configuration.
///
/// Every object with a `class_name` can do so, wherever it stands: a layer, its
/// activation, a loss. Here they are data; each is reported once.
struct ConfigScan {
  private(set) var diagnostics: [Diagnostic] = []
  private var seen: Set<ByteString> = []

  init(_ root: JSON) {
    var pending = [(json: root, owner: "")]
    while let (json, owner) = pending.popLast() {
      var owner = owner
      if json.kind == .object, let className = json["class_name"]?.string {
        let name = json["config"]?["name"]?.string ?? json["name"]?.string
        if let name, !name.isEmpty { owner = name }
        check(json, className, owner.isEmpty ? className : owner)
      }
      let inner = json.kind == .object ? json.members.map(\.value) : json.kind == .array ? json.elements : []
      pending += inner.reversed().lazy.filter { $0.kind == .object || $0.kind == .array }.map { ($0, owner) }
    }
  }

  private mutating func check(_ json: JSON, _ className: String, _ owner: String) {
    let package = json["module"]?.string ?? "keras"
    if Self.codeLayers.contains(className) {
      report(
        owner, "is a \(className) layer, which Keras would load by running code from the file; it is not run")
    } else if className == "__lambda__" {
      report(owner, "has a function whose code is in the file, which Keras would run; it is not run")
    } else if className == "function" {
      guard !Self.isHarmless(functionsOf: package) else { return }
      let name = json["config"]?.string ?? ""
      report(owner, "names the function \(name) of the package '\(package)', which Keras would import; it is not")
    } else if package != "builtins", !Self.isOwn(package) {
      report(owner, "is of class \(className) of the package '\(package)', which Keras would import; it is not")
    }
    if let path = json["config"]?["vocabulary"]?.string {
      report(owner, "names the vocabulary file '\(path)', which Keras would open; it is not opened")
    }
  }

  private mutating func report(_ owner: String, _ message: String) {
    guard seen.insert(ByteString(owner + "\0" + message)).inserted else { return }
    diagnostics.append(Diagnostic(.unsafeContent, owner, message))
  }

  private static let codeLayers: Set<String> = ["Lambda", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer"]

  private static func isOwn(_ package: String) -> Bool {
    ["keras", "tf_keras"].contains(package.split(separator: ".").first.map(String.init) ?? "")
  }

  /// Whether the functions of one of Keras's own packages only compute; those of `keras.utils` fetch files.
  private static func isHarmless(functionsOf package: String) -> Bool {
    let parts = package.split(separator: ".").map(String.init).filter { $0 != "src" }
    return isOwn(package) && parts.count > 1
      && ["activations", "constraints", "initializers", "losses", "metrics", "ops", "regularizers"].contains(parts[1])
  }
}
