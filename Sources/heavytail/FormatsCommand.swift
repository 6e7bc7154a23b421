import ArgumentParser
import ModelReading

struct FormatsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "formats", abstract: "List the formats that can be read.")

  func run() {
    let width = readers.formats.map(\.name.count).max() ?? 0
    for format in readers.formats {
      let name = format.name + String(repeating: " ", count: width - format.name.count)
      let indent = String(repeating: " ", count: width)
      print("\(name)  \(format.summary)")
      print("\(indent)  usual extensions: \(format.fileExtensions.map { "." + $0 }.joined(separator: " "))")
    }
  }
}
