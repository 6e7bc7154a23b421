import ArgumentParser
import ChildProcesses
import Glibc
import ModelReading

/// What a figure can be written as.
enum PictureFormat: String, CaseIterable {
  case svg, png, pdf

  /// By the ending of a file's name; `nil` for any other one.
  init?(path: String) {
    guard let dot = path.lastIndex(of: ".") else { return nil }
    self.init(rawValue: path[path.index(after: dot)...].lowercased())
  }
}

/// Turns SVG into other formats by `rsvg-convert`.
struct PictureConverter {
  private let format: PictureFormat
  /// The program, where it is needed.
  private let program: String?

  private static let name = "rsvg-convert"
  /// Pixels of a PNG for each of the figure's.
  private static let zoom = 2
  /// Seconds.
  private static let timeLimit = 60
  private static let outputLimit = 256 << 20

  /// Looks for the program in `PATH`, unless none is needed.
  init(_ format: PictureFormat) throws {
    self.format = format
    program = format == .svg ? nil : PictureConverter.found()
    guard format == .svg || program != nil else {
      Terminal.printError(
        "error: \(format.rawValue) needs the program \(PictureConverter.name), which is not in PATH\n"
          + "  hint: apt-get install librsvg2-bin, or write .svg, which needs nothing")
      throw ExitCode(1)
    }
  }

  private static func found() -> String? {
    let folders = ChildProcess.variables(["PATH"]).first?.dropFirst("PATH=".count) ?? ""
    return folders.split(separator: ":").map { "\($0)/\(name)" }.first { unsafe access($0, X_OK) == 0 }
  }

  func convert(_ svg: String) throws -> [UInt8] {
    guard let program else { return Array(svg.utf8) }
    // A file without a name: the pipe of a child's input holds too little.
    guard let file = unsafe tmpfile() else { throw WriteError("create", "a temporary file") }
    defer { unsafe fclose(file) }
    let descriptor = unsafe fileno(file)
    guard Terminal.write(svg, to: descriptor) else { throw WriteError("write", "a temporary file") }
    var child = ChildProcess(
      executable: program,
      arguments: [
        "--format", format.rawValue, "--zoom", format == .png ? "\(PictureConverter.zoom)" : "1",
        "/dev/fd/\(ChildProcess.inheritedDescriptor)",
      ],
      // The time when a PDF was made is no part of it.
      environment: ChildProcess.variables(["PATH", "HOME", "LANG", "XDG_CACHE_HOME"]) + ["SOURCE_DATE_EPOCH=0"],
      timeLimit: PictureConverter.timeLimit, outputLimit: PictureConverter.outputLimit)
    child.inherited = descriptor
    do throws(ChildProcess.StartError) {
      let (ending, output) = try child.run()
      if ending == .exited(status: 0), !output.isEmpty { return output }
      Terminal.printError("error: \(PictureConverter.name) fails: \(ending)")
    } catch {
      Terminal.printError("error: cannot run \(PictureConverter.name): \(error.reason)")
    }
    throw ExitCode(1)
  }
}
