import ArgumentParser
import ExternalReader
import LinearAlgebra
import ModelReaders
import ModelReading

struct FormatsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "formats", abstract: "List the formats that can be read.")

  @Flag(help: "Print what the computations run on instead: processors, memory, BLAS library and its kernels.")
  var system = false

  @OptionGroup(title: "External readers") var readers: ReaderArguments

  func run() throws {
    if system { try printSystem() } else { printFormats() }
  }

  private func printSystem() throws {
    try startBLAS()
    print("processors  \(Machine.processorCount)")
    print("memory      \(Machine.memoryByteCount / (1 << 20)) MiB")
    print("BLAS        \(BLAS.configuration)")
    print("kernels     \(BLAS.kernels) (OPENBLAS_CORETYPE sets others)")
  }

  private func printFormats() {
    let external = readers.externalReaders().filter(\.isUsable)
    let formats: [(Format, String?)] =
      ReaderRegistry.builtIn.formats.map { ($0, nil) } + external.map { ($0.format, $0.path) }
    let width = formats.map(\.0.name.count).max() ?? 0
    let indent = String(repeating: " ", count: width)
    for (format, program) in formats {
      let name = format.name + String(repeating: " ", count: width - format.name.count)
      print("\(name)  \(format.summary)")
      print("\(indent)  usual extensions: \(format.fileExtensions.map { "." + $0 }.joined(separator: " "))")
      if let program { print("\(indent)  read by \(printable(program))") }
    }
  }
}
