import CLinux
import Glibc

/// How every child begins: with the descriptors that it is given and no other, in a process group of its own.
struct Spawning {
  var executable: String
  var arguments: [String]
  /// As `NAME=value`.
  var environment: [String]

  /// - Parameters:
  ///   - input: what the child has as descriptor 0; nothing to read if `nil`.
  ///   - output: what it has as descriptor 1. What it says to descriptor 2 is lost.
  ///   - inherited: what it has as `ChildProcess.inheritedDescriptor`, if anything.
  func start(input: Int32?, output: Int32, inherited: Int32? = nil) throws(ChildProcess.StartError) -> pid_t {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    if let input {
      unsafe posix_spawn_file_actions_adddup2(&actions, input, 0)
    } else {
      unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    }
    unsafe posix_spawn_file_actions_adddup2(&actions, output, 1)
    unsafe posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    if let inherited { unsafe posix_spawn_file_actions_adddup2(&actions, inherited, ChildProcess.inheritedDescriptor) }
    let firstUnused = ChildProcess.inheritedDescriptor + (inherited == nil ? 0 : 1)
    unsafe CLinux_closeFrom(&actions, firstUnused)
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
    var pointers = unsafe ([executable] + arguments).map { unsafe strdup($0) } + [nil]
    var variables = unsafe environment.map { unsafe strdup($0) } + [nil]
    defer {
      for index in 0...arguments.count { unsafe free(pointers[index]) }
      for index in 0..<environment.count { unsafe free(variables[index]) }
    }
    var identifier: pid_t = 0
    let status = unsafe posix_spawn(&identifier, executable, &actions, &attributes, &pointers, &variables)
    guard status == 0 else { throw .spawn(errno: status) }
    return identifier
  }
}

func milliseconds() -> Int {
  var now = timespec()
  unsafe clock_gettime(CLOCK_MONOTONIC, &now)
  return now.tv_sec * 1000 + now.tv_nsec / 1_000_000
}

/// Whether a child has ended; it can still be asked how.
func hasEnded(_ identifier: pid_t) -> Bool {
  var information = unsafe siginfo_t()
  guard unsafe waitid(P_PID, id_t(identifier), &information, WEXITED | WNOHANG | WNOWAIT) == 0 else {
    return errno != EINTR
  }
  return unsafe information.si_signo == SIGCHLD
}
