import ArgumentParser

/// Whether and how projections of attention layers are cut into heads.
struct HeadArguments: ParsableArguments {
  @Flag(help: "Attention projections as one matrix per head, where the number of heads is known.")
  var perHead = false

  @Option(
    help: ArgumentHelp(
      "With --per-head, the width of a head where the model does not say how many there are; 64 in most.",
      valueName: "n"))
  var headWidth: Int?

  func validate() throws {
    guard let headWidth else { return }
    guard perHead else { throw ValidationError("--head-width is for --per-head") }
    guard headWidth > 0 else { throw ValidationError("--head-width is \(headWidth), it must be positive") }
  }
}
