import ArgumentParser
import LinearAlgebra
import ModelReading

struct FormatsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "formats", abstract: "List the formats that can be read.")

  @Flag(help: "Print what the computations run on instead: processors, memory, BLAS library and its kernels.")
  var system = false

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
    let width = readers.formats.map(\.name.count).max() ?? 0
    for format in readers.formats {
      let name = format.name + String(repeating: " ", count: width - format.name.count)
      let indent = String(repeating: " ", count: width)
      print("\(name)  \(format.summary)")
      print("\(indent)  usual extensions: \(format.fileExtensions.map { "." + $0 }.joined(separator: " "))")
    }
  }
}
