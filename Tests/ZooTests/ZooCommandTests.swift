import Foundation
import ModelReading
import TestSupport
import Testing

private func heavytail(_ arguments: String...) throws -> Outcome { try Program("heavytail").run(arguments) }

@Suite struct ZooCommandTests {
  @Test func aRunHereAndWorkersElsewhereGiveTheSameRows() throws {
    try Fixtures.withDirectory { folder in
      let (zoo, here, there) = (folder + "/zoo", folder + "/here.sqlite", folder + "/there.sqlite")
      try SmallZoo.make(in: zoo)
      let first = try heavytail("zoo", "add", zoo, "--db", here, "--bootstrap", "0")
      let (count, contents) = (SmallZoo.count, SmallZoo.count - 1)
      #expect(first.status == 1, "\(first.errors)")
      #expect(first.output == "\(contents) models: \(contents) computed, 0 known; \(SmallZoo.failedCount) failed\n")
      let rows = try SmallZoo.rows(here)

      let second = try heavytail("zoo", "add", zoo, "--db", here, "--bootstrap", "0")
      #expect(second.output == "\(contents) models: 0 computed, \(contents) known; \(SmallZoo.failedCount) failed\n")
      #expect(try SmallZoo.rows(here) == rows)

      let plan = try heavytail("zoo", "plan", zoo, "--bootstrap", "0")
      #expect(plan.status == 0 && plan.output.split(separator: "\n").count == contents)
      let results = folder + "/results"
      let script = "'\(Program("heavytail").path)' worker --jobs 2 > \(results)"
      try Fixtures.write(Array(plan.output.utf8), to: folder + "/work")
      let worker = try Program(path: "/bin/bash").run(["-c", script + " < \(folder)/work"])
      #expect(worker.status == 0)
      let merged = try heavytail("zoo", "merge", results, results, "--db", there)
      #expect(merged.status == 0 && merged.output == "\(2 * contents) results merged; 0 left out\n")
      #expect(try SmallZoo.rows(there) == rows)
      #expect(try heavytail("zoo", "plan", zoo, "--db", there, "--bootstrap", "0").output == "")

      let listed = try heavytail("zoo", "list", "--db", there).output.split(separator: "\n")
      #expect(listed.count == count + 2)
      let exported = try heavytail("zoo", "export", "--db", there).output
      #expect(try heavytail("zoo", "export", "--db", here).output == exported)
    }
  }

  @Test func aRunWithoutProcessesOfItsOwnGivesTheSameRows() throws {
    try Fixtures.withDirectory { folder in
      let zoo = folder + "/zoo"
      try SmallZoo.make(in: zoo)
      _ = try heavytail(
        "zoo", "add", zoo, "--db", folder + "/a", "--no-isolate", "--jobs", "1", "--threads", "2",
        "--bootstrap", "20")
      _ = try heavytail("zoo", "add", zoo, "--db", folder + "/b", "--jobs", "3", "--bootstrap", "20")
      #expect(try SmallZoo.rows(folder + "/a") == SmallZoo.rows(folder + "/b"))
    }
  }

  /// Killed at whatever it is doing, and begun again, until it comes to its end.
  @Test func aRunThatIsKilledGoesOn() throws {
    try Fixtures.withDirectory { folder in
      let zoo = folder + "/zoo"
      try SmallZoo.make(in: zoo)
      let undisturbed = folder + "/undisturbed"
      #expect(try heavytail("zoo", "add", zoo, "--db", undisturbed, "--bootstrap", "0").status == 1)
      let killed = folder + "/killed"
      let program = Program("heavytail").path
      for milliseconds in [150, 400, 700, 1000] {
        let run = "'\(program)' zoo add '\(zoo)' --db '\(killed)' --bootstrap 0 & sleep \(Double(milliseconds) / 1000)"
        _ = try Program(path: "/bin/bash").run(["-c", "\(run); kill -9 $!; wait $!"])
      }
      #expect(try heavytail("zoo", "add", zoo, "--db", killed, "--bootstrap", "0").status == 1)
      #expect(try SmallZoo.rows(killed) == SmallZoo.rows(undisturbed))
    }
  }

  @Test func aModelThatIsMendedIsTriedAgain() throws {
    try Fixtures.withDirectory { folder in
      let (zoo, database) = (folder + "/zoo", folder + "/zoo.sqlite")
      try SmallZoo.copy("LeNet5/lenet5.npz", to: zoo)
      let path = zoo + "/lenet5.npz"
      let whole = try Fixtures.read(path)
      try Fixtures.write(Array(whole.dropLast(100)), to: path)
      #expect(try heavytail("zoo", "add", zoo, "--db", database).status == 1)
      let again = try heavytail("zoo", "retry", "--db", database)
      #expect(again.status == 1 && again.output == "1 tried again: 1 failed\n")
      try Fixtures.write(whole, to: path)
      #expect(try heavytail("zoo", "retry", "--db", database).output == "1 tried again: 0 failed\n")
      #expect(try heavytail("zoo", "retry", "--db", database).output == "0 tried again: 0 failed\n")
      let shown = try heavytail("zoo", "show", "lenet5", "--db", database)
      #expect(shown.status == 0 && shown.output.contains("HEAVY-TAILED"))
    }
  }

  /// Models above a cost become lines of parts; what has no result yet, and nothing else, is planned again.
  @Test func partsOfModelsGiveTheSameRows() throws {
    try Fixtures.withDirectory { folder in
      let (zoo, here, there) = (folder + "/zoo", folder + "/here.sqlite", folder + "/there.sqlite")
      try SmallZoo.make(in: zoo)
      _ = try heavytail("zoo", "add", zoo, "--db", here, "--bootstrap", "0")
      let program = Program("heavytail").path
      func plan(_ arguments: String...) throws -> [Substring] {
        try Program("heavytail").run(["zoo", "plan", zoo, "--bootstrap", "0"] + arguments).output.split(separator: "\n")
      }
      func merge(_ lines: [Substring], _ name: String) throws {
        try Fixtures.write(Array((lines.joined(separator: "\n") + "\n").utf8), to: folder + "/work")
        let script = "'\(program)' worker --jobs 2 < '\(folder)/work' > '\(folder)/\(name)'"
        #expect(try Program(path: "/bin/bash").run(["-c", script]).status == 0)
        #expect(try heavytail("zoo", "merge", "\(folder)/\(name)", "--db", there).status == 0)
      }
      let contents = SmallZoo.count - 1
      #expect(try plan().count == contents && plan("--split", "0").count == contents)
      let lines = try plan("--split", "5M")
      #expect(lines.count > contents && lines.count { $0.contains("heavytail.work/2") } > 10)
      func cost(_ line: Substring) -> Double? {
        line.split(separator: #""flops":"#).last.flatMap { Double($0.prefix { $0 != "," }) }
      }
      let costs = lines.compactMap(cost)
      #expect(costs.count == lines.count && zip(costs, costs.dropFirst()).allSatisfy { $0 >= $1 })
      let half = lines.enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
      try merge(half, "first")
      #expect(try heavytail("zoo", "list", "--db", there).output.contains("incomplete"))
      let rest = try plan("--split", "5M", "--db", there)
      #expect(Set(rest) == Set(lines).subtracting(half))
      try merge(rest + half.prefix(3), "second")
      #expect(try SmallZoo.rows(there) == SmallZoo.rows(here))
      #expect(try plan("--split", "5M", "--db", there) == [])
      let failed = try plan("--split", "5M", "--db", there, "--retry")
      #expect(failed.count == SmallZoo.failedCount && failed.allSatisfy { $0.contains("broken") })
    }
  }

  /// A worker whose process for a model is killed says so, unless it is itself ended in the next moment.
  @Test func aJobThatIsCancelledLeavesNoResult() throws {
    try Fixtures.withDirectory { folder in
      try SmallZoo.copy("MLP3/mlp3-trained.safetensors", to: folder + "/zoo")
      let program = Program("heavytail").path
      /// What the worker said, and how many seconds `end` took.
      func cancelled(_ end: String) throws -> (lines: [Substring], seconds: Double) {
        let script = """
          cd '\(folder)' && rm -f pipe && mkfifo pipe
          '\(program)' worker < pipe > results & worker=$!
          exec 3> pipe
          '\(program)' zoo plan zoo -q >&3
          until child=$(cat /proc/$worker/task/*/children) && [ "$child" ]; do sleep 0.01; done
          start=$EPOCHREALTIME
          \(end)
          echo $((${EPOCHREALTIME/./} - ${start/./}))
          exec 3>&-
          wait $worker
          """
        let output = try Program(path: "/bin/bash").run(["-c", script]).output
        let lines = try String(decoding: Fixtures.read(folder + "/results"), as: UTF8.self).split(separator: "\n")
        return (lines, Double(try #require(Int(output.dropLast()))) / 1e6)
      }
      // A machine with too much to do may take longer than the worker waits.
      var both = try cancelled("kill -KILL $child; sleep 0.3; kill -KILL $worker")
      while both.seconds > 1.5 { both = try cancelled("kill -KILL $child; sleep 0.3; kill -KILL $worker") }
      #expect(both.lines == [])
      let told = try cancelled("kill -KILL $child").lines
      #expect(told.count == 1 && told[0].contains("crash with signal 9"))
    }
  }

  /// As on a disk that is mounted for reading, without the files that SQLite would make.
  @Test func aDatabaseInAFolderThatCannotBeWrittenToIsRead() throws {
    try Fixtures.withDirectory { folder in
      let kept = folder + "/kept ?#%é"
      try SmallZoo.copy("LeNet5/lenet5.npz", to: folder + "/zoo")
      try FileManager.default.createDirectory(atPath: kept, withIntermediateDirectories: false)
      let database = kept + "/zoo.sqlite"
      #expect(try heavytail("zoo", "add", folder + "/zoo", "--db", database, "--bootstrap", "0").status == 0)
      for ending in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: database + ending) }
      for path in [folder, kept] {
        try FileManager.default.setAttributes([.posixPermissions: 0o555], ofItemAtPath: path)
      }
      defer {
        for path in [folder, kept] {
          try? FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        }
      }
      // Root may write anywhere.
      let nobody = ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
      let command = (geteuid() == 0 ? nobody : []) + [Program("heavytail").path, "zoo", "list", "--db", database]
      let listed = try Program(path: command[0]).run(Array(command.dropFirst()))
      #expect(listed.status == 0 && listed.output.contains("lenet5"), "\(listed.errors)")
    }
  }

  @Test func listsAreTablesOrRows() throws {
    try Fixtures.withDirectory { folder in
      let database = folder + "/zoo.sqlite"
      try SmallZoo.copy("LeNet5/lenet5.npz", to: folder + "/zoo")
      try SmallZoo.copy("Bad/truncated.pt", to: folder + "/zoo")
      _ = try heavytail("zoo", "add", folder + "/zoo", "--db", database, "--bootstrap", "0")
      let csv = try heavytail("zoo", "list", "--format", "csv", "--db", database).output.split(separator: "\n")
      #expect(csv.count == 3 && csv[0].hasPrefix("path,model,series,content,format,parameters,analyzed,"))
      #expect(csv[1].contains(",lenet5,lenet,") && csv[1].contains(",61706,5,4,") && csv[1].hasSuffix(",ok,"))
      let failed = try heavytail("zoo", "list", "--failed", "--format", "jsonl", "--db", database).output
      #expect(failed.contains(#""mean_alpha":null"#) && failed.contains(#""status":"failed", "reason":""#))
      #expect(failed.split(separator: "\n").count == 1)
    }
  }

  @Test func otherSettingsAreAnotherRun() throws {
    try Fixtures.withDirectory { folder in
      let (zoo, database) = (folder + "/zoo", folder + "/zoo.sqlite")
      try SmallZoo.copy("LeNet5/lenet5.npz", to: zoo)
      for slicing in ["positions", "unfold", "unfold"] {
        #expect(try heavytail("zoo", "add", zoo, "--db", database, "--slicing", slicing).status == 0)
      }
      let latest = try heavytail("zoo", "export", "--db", database).output
      let first = try heavytail("zoo", "export", "--run", "1", "--db", database).output
      #expect(latest.contains(",unfold,") && first.contains(",positions,") && !first.contains(",unfold,"))
      #expect(try heavytail("zoo", "list", "--run", "3", "--db", database).status == 2)
    }
  }

  @Test func aCutLineIsNamedAndLeftOut() throws {
    try Fixtures.withDirectory { folder in
      let (zoo, results) = (folder + "/zoo", folder + "/results")
      try SmallZoo.copy("LeNet5/lenet5.npz", to: zoo)
      let program = Program("heavytail").path
      _ = try Program(path: "/bin/bash").run([
        "-c", "set -o pipefail; '\(program)' zoo plan '\(zoo)' | '\(program)' worker > '\(results)'",
      ])
      let line = try Fixtures.read(results)
      try Fixtures.write(line + Array(line.prefix(1000)), to: results)
      let merged = try heavytail("zoo", "merge", results, "--db", folder + "/zoo.sqlite")
      #expect(merged.status == 1 && merged.output == "1 result merged; 1 left out\n")
      #expect(merged.errors.contains("line 2"))
    }
  }

  @Test func noModelsAndNoDatabase() throws {
    try Fixtures.withDirectory { folder in
      let (added, listed) = (
        try heavytail("zoo", "add", folder, "--db", folder + "/z"), try heavytail("zoo", "list", "--db", folder + "/z")
      )
      #expect(added.status == 2 && listed.status == 2)
      #expect(!FileManager.default.fileExists(atPath: folder + "/z"))
    }
  }

  @Test(arguments: [
    ["rank", "--by", "name"], ["add"], ["rank", "--limit", "-1"], ["plan", "--jobs", "0", "x"],
    ["plan", "--split", "-1", "x"], ["plan", "--split", "1e400", "x"], ["plan", "--retry", "x"],
  ])
  func wrongUsage(arguments: [String]) throws {
    #expect(try Program("heavytail").run(["zoo"] + arguments).status == 64)
  }
}
