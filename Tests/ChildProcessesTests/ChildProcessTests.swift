import ChildProcesses
import Testing

@Suite struct ChildProcessTests {
  private func run(
    _ script: String, input: [UInt8] = [], environment: [String] = [], seconds: Int = 60, bytes: Int = 1 << 20
  ) throws -> (ending: ChildProcess.Ending, text: String) {
    var process = ChildProcess(
      executable: "/bin/sh", arguments: ["-c", script], environment: environment, timeLimit: seconds,
      outputLimit: bytes)
    process.input = input
    let (ending, output) = try process.run()
    return (ending, String(decoding: output, as: UTF8.self))
  }

  @Test func whatItReadsAndWrites() throws {
    #expect(try run("cat; printf =$A", input: Array("in".utf8), environment: ["A=b"]) == (.exited(status: 0), "in=b"))
    #expect(try run("cat; exit 7") == (.exited(status: 7), ""))
    let all = [UInt8](repeating: 0x61, count: ChildProcess.maximumInput)
    #expect(try run("wc -c", input: all, environment: ["PATH=/usr/bin:/bin"]).text == "4096\n")
    #expect(try run(":", input: all).ending == .exited(status: 0))
  }

  @Test func itHasNoOtherDescriptorsAndNoOtherVariables() throws {
    let places = (0...2).map { "/proc/self/fd/\($0)" }
    // The fourth is that of the list itself.
    let found = try run("echo /proc/self/fd/*").text.split(whereSeparator: \.isWhitespace).map(String.init)
    #expect(found == places + ["/proc/self/fd/3"])
    #expect(try run("exec /usr/bin/env", environment: ["A=b"]).text.split(separator: "\n").contains("A=b"))
    #expect(try !run("exec /usr/bin/env").text.contains("HOME"))
  }

  @Test func crashesAndFloodsAreTold() throws {
    #expect(try run("kill -SEGV $$").ending == .killed(signal: 11))
    let flood = try run("while :; do echo flood; done", bytes: 10_000)
    #expect(flood.ending == .tooMuch && flood.text.utf8.count <= 10_000)
  }

  /// Silent, silent with its output closed, and with something left behind that keeps it open.
  @Test(arguments: ["sleep 600", "exec >&-; sleep 600", "sleep 600 & exit 0"])
  func hangingEndsWithTheTime(script: String) throws {
    let clock = ContinuousClock()
    let start = clock.now
    #expect(try run(script, environment: ["PATH=/usr/bin:/bin"], seconds: 1).ending == .tooLong)
    #expect(clock.now - start < .seconds(30))
  }

  @Test func nothingIsLeftOfItsGroup() throws {
    let environment = ["PATH=/usr/bin:/bin"]
    let number = try run("sleep 600 >&- & echo $!", environment: environment).text.dropLast()
    #expect(Int(number) != nil)
    // What is killed may take a moment to end, and stays a zombie until it is waited for.
    let ended = "until [ ! -e /proc/\(number) ] || grep -q ') Z ' /proc/\(number)/stat; do sleep 0.1; done"
    #expect(try run(ended, environment: environment, seconds: 20).ending == .exited(status: 0))
  }

  @Test func whatIsNoProgramDoesNotStart() {
    let process = ChildProcess(
      executable: "/nowhere", arguments: [], environment: [], timeLimit: 1, outputLimit: 1)
    #expect(throws: ChildProcess.StartError.spawn(errno: 2)) { try process.run() }
  }
}
