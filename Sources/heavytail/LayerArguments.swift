import ArgumentParser

/// Which layers a command is about; all of them where none is named.
struct LayerArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Only layers whose whole name matches this pattern (* ? [a-z]); may be repeated.", valueName: "glob"))
  var layers: [String] = []
}
