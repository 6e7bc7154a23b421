/// What people call models, from where these lie.
public enum ModelName {
  /// Names of files that say nothing of the model: its folder does.
  private static let generic: Set = [
    "model", "pytorch_model", "tf_model", "weights", "adapter_model", "diffusion_pytorch_model", "checkpoint", "best",
    "last", "final", "consolidated",
  ]

  /// Of `…/models--meta--llama/snapshots/…` `meta/llama`; else the name of the file or folder, without its extension;
  /// of `…/resnet18/model.onnx` that of the folder.
  public static func name(of path: String) -> String {
    let parts = path.split(separator: "/").map(String.init)
    guard let last = parts.last else { return path }
    let stem = Self.stem(of: last)
    if let index = parts.lastIndex(where: { $0.hasPrefix("models--") }), index < parts.count - 1 {
      let name = parts[index].dropFirst("models--".count).split(separator: /--/).joined(separator: "/")
      // snapshots/<revision>/…
      let below = parts[(index + 1)...].dropFirst(2)
      guard let file = below.last, !generic.contains(Self.stem(of: file)) else { return name }
      return name + "/" + Self.stem(of: file)
    }
    return generic.contains(stem) && parts.count > 1 ? parts[parts.count - 2] : stem
  }

  /// The architecture series that a name tells: what stands before its first number, without signs at the end.
  /// `vgg16_bn` and `vgg19` are of `vgg`, `openai/gpt2-medium` of `openai/gpt`.
  public static func series(of name: String) -> String {
    var series = name.prefix { !$0.isNumber }
    let separators = "-_. /"
    // Of `mobilenet_v2` the `v` as well.
    if series.last == "v", let before = series.dropLast().last, separators.contains(before) { series.removeLast() }
    while let last = series.last, separators.contains(last) { series.removeLast() }
    return series.isEmpty ? name : String(series)
  }

  private static func stem(of name: String) -> String {
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return name }
    return String(name[..<dot])
  }
}
