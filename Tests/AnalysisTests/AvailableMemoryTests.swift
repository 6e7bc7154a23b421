import Analysis
import Testing

@Suite struct AvailableMemoryTests {
  private static let system = "MemTotal:  24684092 kB\nMemFree:  1 kB\nMemAvailable:  16777216 kB\nBuffers: 0 kB\n"
  private static let gibibyte = 1 << 30

  private func bytes(_ files: [String: String]) -> Int? { AvailableMemory { files[$0] }.byteCount }

  @Test func withoutGroupsItIsTheSystems() {
    #expect(bytes(["/proc/meminfo": Self.system]) == 16 * Self.gibibyte)
    #expect(bytes(["/proc/meminfo": Self.system, "/proc/self/cgroup": "0::/\n"]) == 16 * Self.gibibyte)
  }

  @Test func nothingKnownIsNil() {
    #expect(bytes([:]) == nil)
    for line in ["MemAvailable:", "MemAvailable: many kB", "MemAvailable: -1 kB", "MemAvailable: \(Int.max) kB", "\0"] {
      #expect(bytes(["/proc/meminfo": line]) == nil, "\(line)")
    }
  }

  /// The hard limit, less what is used but for pages of files.
  @Test func version2() {
    let folder = "/sys/fs/cgroup/user.slice/job"
    var files = [
      "/proc/meminfo": Self.system, "/proc/self/cgroup": "0::/user.slice/job\n",
      folder + "/memory.max": "\(4 * Self.gibibyte)\n", folder + "/memory.high": "max\n",
      folder + "/memory.current": "\(3 * Self.gibibyte)\n",
      folder + "/memory.stat": "anon 7\ninactive_file \(2 * Self.gibibyte)\n",
    ]
    #expect(bytes(files) == 3 * Self.gibibyte)
    files[folder + "/memory.high"] = "\(2 * Self.gibibyte)\n"
    #expect(bytes(files) == Self.gibibyte)
    files[folder + "/memory.stat"] = nil
    #expect(bytes(files) == 0)
  }

  /// A group further out may have the tighter limit; in a container the own group is the root of what is seen.
  @Test func theTightestGroupCounts() {
    var files = [
      "/proc/meminfo": Self.system, "/proc/self/cgroup": "0::/a/b\n",
      "/sys/fs/cgroup/a/b/memory.max": "\(8 * Self.gibibyte)", "/sys/fs/cgroup/a/memory.max": "\(5 * Self.gibibyte)",
    ]
    #expect(bytes(files) == 5 * Self.gibibyte)
    files["/sys/fs/cgroup/memory.max"] = "\(2 * Self.gibibyte)"
    #expect(bytes(files) == 2 * Self.gibibyte)
    files["/proc/self/cgroup"] = "0::/../elsewhere\n"
    #expect(bytes(files) == 2 * Self.gibibyte)
  }

  @Test func version1() {
    var files = [
      "/proc/meminfo": Self.system,
      "/proc/self/cgroup": "11:cpu,cpuacct:/x\n8:memory:/job\n0::/\nbroken\n",
      "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
      "/sys/fs/cgroup/memory/job/memory.limit_in_bytes": "\(6 * Self.gibibyte)\n",
      "/sys/fs/cgroup/memory/job/memory.usage_in_bytes": "\(2 * Self.gibibyte)\n",
      "/sys/fs/cgroup/memory/job/memory.stat":
        "inactive_file 1\ntotal_inactive_file \(Self.gibibyte)\n",
    ]
    #expect(bytes(files) == 5 * Self.gibibyte)
    files["/sys/fs/cgroup/memory/job/memory.limit_in_bytes"] = "9223372036854771712\n"
    #expect(bytes(files) == 16 * Self.gibibyte)
  }

  @Test(arguments: ["", "max", "-5", "1e9", "99999999999999999999", "five"])
  func whatIsNoLimitLimitsNothing(text: String) {
    let files = [
      "/proc/meminfo": Self.system, "/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/memory.max": text,
      "/sys/fs/cgroup/memory.current": "\(Int.min)", "/sys/fs/cgroup/memory.stat": "inactive_file \(Int.max)\n",
    ]
    #expect(bytes(files) == 16 * Self.gibibyte)
  }

  @Test func theSystemItselfAnswers() {
    #expect((AvailableMemory.now.byteCount ?? 1) > 0)
  }
}
