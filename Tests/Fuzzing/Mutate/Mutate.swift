import FuzzingSupport
import Glibc
import ModelReading

/// Opens damaged copies of sample files, each iteration in a process with limits, and counts what happens.
///
///     mutate READER COUNT SEED OUTPUT-FOLDER SAMPLE…
///
/// A file that ends a process, or takes it more than five seconds, is saved to
/// OUTPUT-FOLDER. The exit status is the number of such files, at most 100.
@main
struct Mutate {
  static func main() throws {
    let arguments = CommandLine.arguments
    if arguments.count >= 7, arguments[1] == "--worker" {
      return try Worker(arguments).run()
    }
    guard arguments.count >= 6, let count = Int(arguments[2]), let seed = UInt64(arguments[3]) else {
      print("usage: mutate READER COUNT SEED OUTPUT-FOLDER SAMPLE…")
      exit(64)
    }
    let reader = ReaderRegistry.reader(named: arguments[1])
    let samples = try arguments[5...].filter { try isBeginning($0, reader) }
    guard !samples.isEmpty else {
      print("no sample is of the format \(arguments[1])")
      exit(64)
    }
    var supervisor = Supervisor(reader: arguments[1], seed: seed, output: arguments[4], samples: samples)
    exit(Int32(min(supervisor.run(count), 100)))
  }

  /// Whether a model may begin with this file: of those in several files, not every one is a beginning.
  private static func isBeginning(_ path: String, _ reader: (any ModelReader)?) throws -> Bool {
    guard let reader else { return false }
    let file = try MappedFile(path: path)
    return reader.probe(file.bytes.extracting(first: Format.probeLength)) != .no
  }
}

/// Runs iterations one after another, and tells the supervisor of each before it starts.
private struct Worker {
  let reader: any ModelReader
  let first: Int
  let end: Int
  let seed: UInt64
  let samples: [[UInt8]]

  init(_ arguments: [String]) throws {
    reader = ReaderRegistry.reader(named: arguments[2])!
    first = Int(arguments[3])!
    end = Int(arguments[4])!
    seed = UInt64(arguments[5])!
    samples = try arguments[6...].map { ByteSource(try MappedFile(path: $0)).copy() }
  }

  func run() throws {
    var limit = rlimit(rlim_cur: 1 << 30, rlim_max: 1 << 30)
    unsafe setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
    var limits = Limits()
    limits.maximumDecodedBytes = 256 << 20
    for iteration in first..<end {
      tell("\(iteration) started\n")
      tell("\(iteration) \(try exercise(reader, damaged(iteration), limits))\n")
    }
  }

  func damaged(_ iteration: Int) throws -> MappedFile {
    var mutator = Mutator(seed: seed &+ UInt64(iteration) &* 0x1_0000_0001)
    return try memoryFile(mutator.damage(samples))
  }

  private func tell(_ line: String) {
    let bytes = Array(line.utf8)
    _ = unsafe write(STDOUT_FILENO, bytes, bytes.count)
  }
}

/// Starts workers, notices when one dies or hangs, and goes on behind the file that did it.
private struct Supervisor {
  let reader: String
  let seed: UInt64
  let output: String
  let samples: [String]
  private var outcomes: [String: Int] = [:]
  private var failures: [(iteration: Int, reason: String)] = []

  init(reader: String, seed: UInt64, output: String, samples: [String]) {
    self.reader = reader
    self.seed = seed
    self.output = output
    self.samples = samples
  }

  mutating func run(_ count: Int) -> Int {
    var next = 0
    while next < count { next = runWorker(from: next, to: count) }
    print("\(reader): \(count) files, seed \(seed), \(samples.count) samples")
    for (outcome, number) in outcomes.sorted(by: { $0.key < $1.key }) { print("  \(outcome): \(number)") }
    for failure in failures { print("  FAILED \(failure.iteration): \(failure.reason)") }
    return failures.count
  }

  /// The iteration to go on with.
  private mutating func runWorker(from first: Int, to end: Int) -> Int {
    let worker = Child(["--worker", reader, "\(first)", "\(end)", "\(seed)"] + samples)
    var current = first
    while let line = worker.nextLine(timeout: 5) {
      let parts = line.split(separator: " ", maxSplits: 1)
      current = Int(parts[0])!
      if parts[1] != "started" {
        outcomes[String(parts[1]), default: 0] += 1
        current += 1
      }
    }
    let reason = worker.finish()
    guard current < end else { return end }
    failures.append((current, reason))
    save(current)
    return current + 1
  }

  private func save(_ iteration: Int) {
    let loaded = samples.compactMap { try? ByteSource(MappedFile(path: $0)).copy() }
    var mutator = Mutator(seed: seed &+ UInt64(iteration) &* 0x1_0000_0001)
    let bytes = mutator.damage(loaded)
    guard let file = unsafe fopen("\(output)/\(reader)-\(seed)-\(iteration)", "wb") else { return }
    unsafe fwrite(bytes, 1, bytes.count, file)
    unsafe fclose(file)
  }
}

/// A copy of this program, and the lines it prints.
private final class Child {
  private let process: pid_t
  private let descriptor: Int32
  private var buffer: [UInt8] = []
  private var timedOut = false

  init(_ arguments: [String]) {
    var ends: [Int32] = [0, 0]
    unsafe pipe(&ends)
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    unsafe posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
    unsafe posix_spawn_file_actions_addclose(&actions, ends[0])
    // A crash is counted, not explained: the file is saved for a debugger.
    unsafe posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
    unsafe setenv("SWIFT_BACKTRACE", "enable=no", 1)
    var strings: [UnsafeMutablePointer<CChar>?] = unsafe []
    for argument in ["mutate"] + arguments { unsafe strings.append(strdup(argument)) }
    unsafe strings.append(nil)
    var process: pid_t = 0
    let status = unsafe posix_spawn(&process, "/proc/self/exe", &actions, nil, &strings, environ)
    precondition(status == 0, "the worker starts")
    close(ends[1])
    self.process = process
    descriptor = ends[0]
  }

  /// The next line, or `nil` when the child ends or says nothing for `timeout` seconds.
  func nextLine(timeout: Int) -> String? {
    while true {
      if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
        let line = String(decoding: buffer[..<end], as: UTF8.self)
        buffer.removeSubrange(...end)
        return line
      }
      var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard unsafe poll(&request, 1, Int32(timeout * 1000)) > 0 else {
        timedOut = true
        kill(process, SIGKILL)
        return nil
      }
      var chunk = [UInt8](repeating: 0, count: 4096)
      let count = unsafe read(descriptor, &chunk, chunk.count)
      guard count > 0 else { return nil }
      buffer += chunk[..<count]
    }
  }

  func finish() -> String {
    close(descriptor)
    var status: Int32 = 0
    unsafe waitpid(process, &status, 0)
    if timedOut { return "no answer within 5 s" }
    let signal = status & 0x7F
    return signal == 0 ? "exit status \((status >> 8) & 0xFF)" : "signal \(signal)"
  }
}
