import Analysis
import ChildProcesses
import Foundation
import ModelReaders
import ModelReading
import Synchronization
import TestSupport
import Testing

@testable import Zoo

@Suite struct WorkerPoolTests {
  /// Answers of workers that are shell scripts, by the paths of the models.
  private func answers(
    _ script: String, paths: [String], seconds: Int = 60, count: Int = 2,
    memory: (String) -> Int = { _ in 0 }
  ) throws -> [String: ResultLine] {
    var options = AnalysisOptions()
    options.maximumMemory = 1 << 20
    let settings = AnalysisSettings(options)
    var isolation = Isolation(executable: "/bin/bash", arguments: ["--norc", "-c", script], seconds: seconds)
    isolation.ownMemory = 64 << 20
    let pool = WorkerPool(
      UnitWorker(readers: .builtIn, threadCount: 1), isolation: isolation, count: count, memory: 1 << 30)
    let queue = Mutex(
      paths.map { path in
        WorkLine(
          content: path, places: [ModelPlace(path: path, name: path, files: [])], operations: 0,
          memory: memory(path), settings: settings)
      }[...])
    let lines = Mutex<[String]>([])
    pool.run {
      queue.withLock { $0.popFirst() }.map { WorkerPool.Job($0) }
    } deliver: { _, answer in
      lines.withLock { $0.append(answer) }
    }
    let results = try lines.withLock { try $0.map { try ResultLine(parsing: Array($0.utf8), label: "r") } }
    return Dictionary(uniqueKeysWithValues: results.map { ($0.work.places[0].path, $0) })
  }

  /// Says of every model but some that it cannot be read.
  private func script(_ special: String) -> String {
    """
    while read -r line; do
      case $line in \(special) esac
      printf '{"schema":"heavytail.result/1","version":"1","work":%s,"model":null,"error":{"code":"io"}}\\n' "$line"
    done
    """
  }

  private let paths = (1...9).map { "/m\($0)" }

  @Test func aCrashCostsOneModel() throws {
    let answers = try answers(script("*/m3*) kill -SEGV $$;; */m5*) exit 3;;"), paths: paths)
    #expect(answers.count == 9 && answers.values.count { $0.failure?.code == .io } == 7)
    #expect(answers["/m3"]?.failure?.message.contains("crash with signal 11") == true)
    #expect(answers["/m5"]?.failure?.message.contains("end with status 3") == true)
  }

  @Test func aModelThatHangsIsGivenUp() throws {
    let answers = try answers(script("*/m2*) sleep 600;;"), paths: paths, seconds: 1)
    #expect(answers["/m2"]?.failure?.message == "takes more than 1 s")
    #expect(answers.count == 9 && answers.values.count { $0.failure?.code == .io } == 8)
  }

  @Test func aModelThatNeedsTooMuchMemoryIsGivenUp() throws {
    let greedy = "*/m4*) printf -v x '%200000000s' x; sleep 600;;"
    let answers = try answers(script(greedy), paths: paths)
    #expect(answers["/m4"]?.failure?.code == .limitExceeded)
    #expect(answers["/m4"]?.failure?.message.contains("bytes of memory, the limit is") == true)
    #expect(answers.count == 9 && answers.values.count { $0.failure?.code == .io } == 8)
  }

  @Test func aWorkerThatDoesNotStartIsTold() throws {
    let pool = WorkerPool(
      UnitWorker(readers: .builtIn, threadCount: 1),
      isolation: Isolation(executable: "/nowhere", arguments: [], seconds: 1), count: 1, memory: 1)
    let lines = Mutex<[String]>([])
    let isAsked = Mutex(false)
    pool.run {
      isAsked.withLock { isAsked in
        defer { isAsked = true }
        return isAsked ? nil : WorkerPool.Job(line: Array("x".utf8), label: "line 1")
      }
    } deliver: { _, answer in
      lines.withLock { $0.append(answer) }
    }
    #expect(lines.withLock { $0.count == 1 && $0[0].contains("does not start") })
  }

  /// Models that need more than half of the memory are in work one after the other, and one that needs more than there
  /// is in its turn.
  @Test func memoryIsShared() throws {
    try Fixtures.withDirectory { folder in
      let alone = """
        while read -r line; do
          if mkdir \(folder)/lock; then sleep 0.02; rmdir \(folder)/lock; code=io; else code=malformed; fi
          printf '{"schema":"heavytail.result/1","version":"1","work":%s,"model":null,"error":{"code":"%s"}}\\n' \
            "$line" $code
        done
        """
      let answers = try answers(alone, paths: paths, count: 3, memory: { $0 == "/m6" ? 1 << 40 : 600 << 20 })
      #expect(answers.count == 9 && answers.values.allSatisfy { $0.failure?.code == .io })
    }
  }
}
