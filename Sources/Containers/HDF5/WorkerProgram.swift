import Glibc
package import ModelReading

/// The program that runs libhdf5, as it is installed: beside the program that needs it, or in `libexec` of its prefix.
///
/// The search path and the working directory are not looked at: what stands there is not ours.
package struct WorkerProgram {
  /// The name of its file.
  package static let name = "heavytail-hdf5"

  /// The one that came with the running program.
  package static let installed = WorkerProgram(besides: runningProgram())

  /// Where it may be, in the order of the search.
  private let places: [String]

  /// - Parameter program: path of the program that needs it, all links resolved.
  package init(besides program: String) {
    let folder = String(program[..<(program.lastIndex(of: "/") ?? program.startIndex)])
    places = [folder, folder + "/../libexec/heavytail"].map { $0 + "/" + WorkerProgram.name }
  }

  /// - Parameter file: the file that it is needed for.
  /// - Throws: `.io` if it is in none of its places.
  package func path(for file: String) throws(ReadError) -> String {
    guard let path = places.first(where: { unsafe access($0, X_OK) == 0 }) else {
      throw ReadError(
        .io, "cannot be read without the program \(places.joined(separator: " or "))", file: file,
        hint: "'make install' puts it there; a program of your own can set HDF5Worker.executable")
    }
    return path
  }

  /// Path of the program that this process runs.
  private static func runningProgram() -> String {
    var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = unsafe buffer.withUnsafeMutableBytes {
      unsafe readlink("/proc/self/exe", $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
    }
    return String(decoding: buffer[..<max(count, 0)], as: UTF8.self)
  }
}
