import ArgumentParser
import Dispatch
import Glibc
import ModelReading
import Zoo

struct WorkerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "worker",
    abstract: "Answer each line of work on standard input by a line with its result.",
    discussion: """
      Lines are those of zoo plan; results, in the order in which they are finished, are for zoo merge. What fails is \
      a result too. Nothing is kept between lines, so that any line may go to any worker, or to several.

      heavytail zoo plan models/ | heavytail worker > results.jsonl
      """)

  @OptionGroup var workers: PoolArguments

  @OptionGroup(title: "External readers") var readers: ReaderArguments

  func run() throws {
    WorkerCommand.endWithListener()
    let lines = LineSource(STDIN_FILENO, label: "standard input")
    let source = UncheckedLines(lines)
    let pool = try workers.pool(readers, readers.registry(), defaultJobs: 1)
    pool.run {
      source.next()
    } deliver: { _, answer in
      // Nobody listens any more: what is computed now is lost.
      if !Terminal.write(answer + "\n", to: STDOUT_FILENO) { _exit(1) }
    }
  }

  /// Ends the program at once when whoever reads its output has gone, be it killed: work for nobody is not done.
  private static func endWithListener() {
    var status = stat()
    guard unsafe fstat(STDOUT_FILENO, &status) == 0, status.st_mode & S_IFMT == S_IFIFO else { return }
    let thread = DispatchQueue(label: "listener")
    thread.async {
      var output = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
      while true {
        let count = unsafe poll(&output, 1, -1)
        if count > 0, output.revents & Int16(POLLERR) != 0 { _exit(1) }
        if count < 0, errno != EINTR { return }
      }
    }
  }
}

/// Lines that one thread at a time asks for, as `WorkerPool.run` does.
private final class UncheckedLines: @unchecked Sendable {
  private let lines: LineSource

  init(_ lines: LineSource) { self.lines = lines }

  func next() -> WorkerPool.Job? {
    do throws(ReadError) {
      guard let line = try lines.next() else { return nil }
      return WorkerPool.Job(line: line, label: "line \(lines.number)")
    } catch {
      Terminal.printError("error: \(error)")
      return nil
    }
  }
}
