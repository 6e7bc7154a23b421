public import ModelReading

/// What a reader has to do, as far as it can be seen from outside.
public struct Conformance: Sendable {
  /// One rule, and how it was broken.
  public struct Check: Sendable {
    /// What has to hold, in a few words.
    public var name: String
    /// The sample that it was tried on; `nil` for the reader as such.
    public var sample: String?
    /// `nil` if it holds.
    public var failure: String?

    init(_ name: String, _ sample: String? = nil, failure: String?) {
      self.name = name
      self.sample = sample
      self.failure = failure
    }
  }

  let reader: any ModelReader
  /// What the reader has done wrong since the last call where it cannot throw; `nil` if nothing.
  let complaint: @Sendable () -> String?
  /// Whether an error says that the reader is at fault, not the file.
  let isAtFault: @Sendable (ReadError) -> Bool
  /// How many damaged copies of a sample are tried, of each kind.
  let damagedCopies: Int

  /// - Parameters:
  ///   - complaint: takes what the reader has done wrong where it cannot throw.
  ///   - isAtFault: tells a reader's faults from those of a file.
  ///   - damagedCopies: how many copies of a sample are cut, and how many are changed.
  public init(
    _ reader: any ModelReader, damagedCopies: Int = 16, complaint: @escaping @Sendable () -> String? = { nil },
    isAtFault: @escaping @Sendable (ReadError) -> Bool = { _ in false }
  ) {
    self.reader = reader
    self.damagedCopies = damagedCopies
    self.complaint = complaint
    self.isAtFault = isAtFault
  }

  /// All checks: of the reader as such, then of each sample.
  /// - Parameters:
  ///   - samples: paths of files in the reader's format.
  ///   - folder: an empty folder for damaged copies.
  ///   - report: called with each check when it is done.
  public func run(samples: [String], scratch folder: String, report: (Check) -> Void) {
    foreignBytes(in: folder, report)
    for sample in samples { check(sample, folder, report) }
  }

  // MARK: Without a sample

  /// Bytes of no format: empty, zero, text, a page, noise.
  static var foreign: [(name: String, bytes: [UInt8])] {
    var state: UInt64 = 42
    let noise = (0..<Format.probeLength).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(truncatingIfNeeded: state >> 33)
    }
    return [
      ("no bytes", []), ("one byte", [0x08]), ("zero bytes", [UInt8](repeating: 0, count: Format.probeLength)),
      ("text", Array("The quick brown fox jumps over the lazy dog.\n".utf8)),
      ("a page", Array("<!DOCTYPE html><html><body>Not found</body></html>\n".utf8)), ("noise", noise),
    ]
  }

  private func foreignBytes(in folder: String, _ report: (Check) -> Void) {
    for (name, bytes) in Self.foreign {
      let match = probe(bytes[...])
      var failure = complaint()
      if failure == nil, match == .certain { failure = "is certain of them" }
      report(Check("\(name): not certain", failure: failure))
      report(Check("\(name): opening is an error", failure: openForeign(bytes, folder)))
    }
  }

  private func openForeign(_ bytes: [UInt8], _ folder: String) -> String? {
    withCopy(bytes, folder, "foreign") { file in
      do throws(ReadError) {
        let graph = try reader.open(.file(file), limits: Limits())
        return "gives \(graph.layers.count) layers"
      } catch { return isAtFault(error) ? error.description : nil }
    }
  }

  // MARK: With a sample

  private func check(_ path: String, _ folder: String, _ report: (Check) -> Void) {
    let file: MappedFile
    do throws(ReadError) { file = try MappedFile(path: path) } catch {
      return report(Check("can be opened", path, failure: error.description))
    }
    let bytes = ByteSource(file).copy()
    report(Check("recognised by its first bytes", path, failure: recognition(bytes)))
    report(Check("first bytes of any length are judged", path, failure: prefixes(bytes)))
    do throws(ReadError) {
      let graph = try reader.open(.file(file), limits: Limits()).accountingForEveryTensor()
      report(Check("opens", path, failure: nil))
      report(Check("has layers with weights", path, failure: Self.weightlessness(graph)))
      report(Check("names are unique, weights have axes", path, failure: Self.inconsistency(graph)))
      report(Check("every matrix is a layer's or explained", path, failure: Self.hole(graph)))
      report(Check("values load", path, failure: Self.unreadable(graph)))
      report(Check("weights become matrices", path, failure: Self.unsliceable(graph)))
      let again = try reader.open(.file(file), limits: Limits()).accountingForEveryTensor()
      report(Check("the second time is as the first", path, failure: Self.difference(graph, again)))
    } catch {
      report(Check("opens", path, failure: error.description))
    }
    report(Check("cut copies are errors or models", path, failure: cutCopies(bytes, path, folder)))
    report(Check("changed copies are errors or models", path, failure: changedCopies(bytes, path, folder)))
  }

  private func recognition(_ bytes: [UInt8]) -> String? {
    let match = probe(bytes.prefix(Format.probeLength))
    return complaint() ?? (match == .no ? "is not recognised" : nil)
  }

  private func prefixes(_ bytes: [UInt8]) -> String? {
    for length in [0, 1, 3, 4, 7, 8, 15, 16, 64, 512, 4095] where length < bytes.count {
      _ = probe(bytes.prefix(length))
      if let complaint = complaint() { return "\(length) bytes: \(complaint)" }
    }
    return nil
  }

  private func probe(_ bytes: ArraySlice<UInt8>) -> Match {
    let source = ByteSource(owned: Array(bytes), label: "prefix")
    return reader.probe(source.bytes)
  }

  // MARK: Damage

  private func cutCopies(_ bytes: [UInt8], _ path: String, _ folder: String) -> String? {
    for step in 0..<damagedCopies {
      let length = bytes.count / damagedCopies * step + min(step, max(bytes.count - 1, 0))
      guard length < bytes.count else { break }
      if let failure = survives(Array(bytes[..<length]), path, folder) {
        return "\(length) of \(bytes.count) bytes: \(failure)"
      }
    }
    return nil
  }

  private func changedCopies(_ bytes: [UInt8], _ path: String, _ folder: String) -> String? {
    // Structure is at the start in most formats, at the end in the others.
    let places = min(bytes.count, 2048)
    for step in 0..<damagedCopies where places > 0 {
      let distance = places * step / damagedCopies
      let position = step % 2 == 0 ? distance : bytes.count - 1 - distance
      var copy = bytes
      copy[position] ^= 0xFF
      if let failure = survives(copy, path, folder) { return "byte \(position) changed: \(failure)" }
    }
    return nil
  }

  /// Whether a damaged file is an error that is its own, or a model whose values load.
  private func survives(_ bytes: [UInt8], _ path: String, _ folder: String) -> String? {
    withCopy(bytes, folder, String(path.split(separator: "/").last ?? "model")) { file in
      do throws(ReadError) {
        let graph = try reader.open(.file(file), limits: Limits())
        for parameter in graph.layers.flatMap(\.parameters) where parameter.tensor.byteCount < 16 << 20 {
          _ = try parameter.tensor.canonical.littleEndianBytes()
        }
        return nil
      } catch {
        if isAtFault(error) { return error.description }
        return error.message.isEmpty ? "an error without a message" : nil
      }
    }
  }

  private func withCopy(
    _ bytes: [UInt8], _ folder: String, _ name: String, _ body: (MappedFile) -> String?
  ) -> String? {
    let path = folder + "/" + name
    do {
      try ScratchFile.write(bytes, to: path)
      defer { ScratchFile.remove(path) }
      return body(try MappedFile(path: path))
    } catch { return "\(error)" }
  }
}
