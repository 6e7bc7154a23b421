import DumpFormat
import DumpReading
public import ModelReading
import Synchronization

/// Reads a format by asking a program outside this one, in whatever language it is written.
///
/// The program is started for each question, with limits on its time, memory and output. Whatever it does costs one
/// error, which names the program if the fault is the program's and the file if the program says so of the file.
public final class ExternalReader: ModelReader {
  /// What executables of readers begin with.
  public static let namePrefix = "heavytail-reader-"

  /// The executable.
  public let path: String
  private let name: String
  private let program: ReaderProgram
  private let report: @Sendable (ReadError) -> Void
  /// Asked once, when it is first needed; `nil` for a program that gives no answer.
  private let capabilities = Mutex<Result<Capabilities, ReadError>?>(nil)

  /// - Parameters:
  ///   - path: absolute path of an executable whose name begins with `namePrefix`.
  ///   - report: called with what goes wrong where a reader cannot throw: probing, and asking what it reads.
  public init(path: String, limits: ProgramLimits = ProgramLimits(), report: @escaping @Sendable (ReadError) -> Void) {
    self.path = path
    self.report = report
    let file = path.split(separator: "/").last ?? ""
    name = String(file.dropFirst(file.hasPrefix(Self.namePrefix) ? Self.namePrefix.count : 0))
    program = ReaderProgram(path: path, limits: limits)
  }

  /// Without summary and extensions if the program does not tell them; that is reported, once.
  public var format: Format {
    if case .success(let capabilities) = answer() { return capabilities.format }
    return Format(name: name, summary: "gives no answer", fileExtensions: [])
  }

  /// Whether the program says what it reads, in this version of the protocol.
  public var isUsable: Bool {
    if case .success = answer() { true } else { false }
  }

  public func probe(_ prefix: RawSpan) -> Match {
    guard isUsable else { return .no }
    do throws(ReadError) {
      return try program.probe(prefix.extracting(first: Format.probeLength).copy())
    } catch {
      report(error)
      return .no
    }
  }

  public func open(_ input: ModelInput, limits: Limits) throws(ReadError) -> LayerGraph {
    guard case .file(let file) = input else {
      throw ReadError(.unrecognized, "is a folder, external readers read files", file: input.path)
    }
    do throws(ReadError) {
      let (output, isRefusal) = try program.open(file)
      guard !isRefusal else {
        throw try ReadError(refusal: ByteSource(owned: output, label: path), of: file.path, limits: limits)
      }
      return try graph(output, of: file, in: try input.folder(), limits)
    } catch {
      throw isAtFault(in: error) ? error.reading(file.path) : error
    }
  }

  /// Whether an error says that the program is at fault, not the file.
  public func isAtFault(in error: ReadError) -> Bool { error.file == path }

  private func answer() -> Result<Capabilities, ReadError> {
    capabilities.withLock { known in
      if let known { return known }
      let answer = Result { () throws(ReadError) in
        try Capabilities(try program.capabilities(), name: name, limits: Limits())
      }
      if case .failure(let error) = answer { report(error) }
      known = answer
      return answer
    }
  }

  private func graph(
    _ output: [UInt8], of file: MappedFile, in folder: ModelDirectory, _ limits: Limits
  ) throws(ReadError) -> LayerGraph {
    // JSON has no zero byte: the first one ends the document.
    let end = output.firstIndex(of: 0)
    let stream = end.map { ByteSource(owned: Array(output[($0 + 1)...]), label: path) }
    let text = ByteSource(owned: end.map { Array(output[..<$0]) } ?? output, label: path)
    do throws(ReadError) {
      let document = try DumpDocument(text, limits: limits)
      guard document.layout == .ranges else {
        throw program.fault(.malformed, "prints the layout \(document.layout.rawValue) where ranges belongs")
      }
      let contents = try DumpContents(
        document, path: path, folder: folder, model: file, stream: stream, limits: limits)
      return try contents.graph(
        format: name, variant: document.source.variant, files: [file.path] + contents.files)
    } catch {
      // A reader that answers so has recognised the file, and answers wrongly.
      guard isAtFault(in: error), error.code == .unrecognized else { throw error }
      throw program.fault(.malformed, error.message)
    }
  }
}

extension ReadError {
  /// The same error, saying which file was being read.
  fileprivate func reading(_ file: String) -> ReadError {
    var copy = self
    copy.message += ", reading '\(file)'"
    return copy
  }
}
