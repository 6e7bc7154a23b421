import Glibc

/// How much memory this process can have now without anything being swapped out or killed.
///
/// The least of what the system has left (`MemAvailable`) and of what is left in each control group that the process is
/// in, of version 1 or 2: its limit, hard or soft, less what its members use, pages of files that can be dropped not
/// counted.
public struct AvailableMemory: Sendable, Equatable {
  /// ≥ 0; `nil` where the system does not say.
  public let byteCount: Int?

  /// What the system says now.
  public static var now: AvailableMemory { AvailableMemory { systemText($0) } }

  /// - Parameter text: the contents of a file of `/proc` or `/sys`; `nil` for one that cannot be read.
  public init(reading text: (String) -> String?) {
    var amounts = [text("/proc/meminfo").flatMap(AvailableMemory.systemBytes)]
    for line in (text("/proc/self/cgroup") ?? "").split(separator: "\n") {
      // "8:memory:/path" of version 1; "0::/path" of version 2.
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { continue }
      let isUnified = fields[0] == "0" && fields[1].isEmpty
      guard isUnified || fields[1].split(separator: ",").contains("memory") else { continue }
      for root in isUnified ? ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"] : ["/sys/fs/cgroup/memory"] {
        let files = isUnified ? GroupFiles.version2 : GroupFiles.version1
        for group in AvailableMemory.groups(fields[2]) { amounts.append(files.bytesLeft(in: root + group, text)) }
      }
    }
    byteCount = amounts.compactMap { $0 }.min()
  }

  /// "MemAvailable:   123 kB".
  private static func systemBytes(_ text: String) -> Int? {
    field("MemAvailable:", of: text).flatMap { kibibytes in
      let (bytes, overflow) = kibibytes.multipliedReportingOverflow(by: 1024)
      return overflow ? nil : bytes
    }
  }

  /// A group and those around it, "" being the outermost.
  private static func groups(_ path: Substring) -> [String] {
    var names = path.split(separator: "/")
    // A path that leads out of what is mounted names nothing that can be read.
    guard !names.contains("..") else { return [""] }
    var groups = [""]
    while !names.isEmpty {
      groups.append("/" + names.joined(separator: "/"))
      names.removeLast()
    }
    return groups
  }

  /// The first number behind a name at the beginning of a line, if it is ≥ 0.
  fileprivate static func field(_ name: String, of text: String) -> Int? {
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      if words.count >= 2, words[0] == name { return Int(words[1]).flatMap { $0 >= 0 ? $0 : nil } }
    }
    return nil
  }
}

/// What the files of a control group are called.
private struct GroupFiles {
  let limits: [String]
  let usage: String
  /// The line of `memory.stat` with pages of files that nobody needs.
  let reclaimable: String

  static let version1 = GroupFiles(
    limits: ["memory.limit_in_bytes", "memory.soft_limit_in_bytes"], usage: "memory.usage_in_bytes",
    reclaimable: "total_inactive_file")
  static let version2 = GroupFiles(
    limits: ["memory.max", "memory.high"], usage: "memory.current", reclaimable: "inactive_file")

  /// `nil` without a limit.
  func bytesLeft(in folder: String, _ text: (String) -> String?) -> Int? {
    func number(_ file: String) -> Int? {
      // "max" is no number.
      text("\(folder)/\(file)").flatMap { $0.split(whereSeparator: \.isWhitespace).first }.flatMap { Int($0) }
    }
    guard let limit = limits.compactMap(number).filter({ $0 >= 0 }).min() else { return nil }
    let cached = text("\(folder)/memory.stat").flatMap { AvailableMemory.field(reclaimable, of: $0) } ?? 0
    let used = max((number(usage) ?? 0).subtractingReportingOverflow(cached).partialValue, 0)
    return max(limit - used, 0)
  }
}

/// The first bytes of a small file of the system, which has no length to map it by.
private func systemText(_ path: String) -> String? {
  let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
  guard file >= 0 else { return nil }
  defer { close(file) }
  var bytes = [UInt8](repeating: 0, count: 1 << 16)
  var count = 0
  while count < bytes.count {
    let length = unsafe bytes.withUnsafeMutableBytes { [count] buffer in
      unsafe read(file, buffer.baseAddress! + count, buffer.count - count)
    }
    guard length > 0 else { break }
    count += length
  }
  return String(decoding: bytes[..<count], as: UTF8.self)
}
