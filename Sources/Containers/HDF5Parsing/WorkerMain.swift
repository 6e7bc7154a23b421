import Glibc
public import HDF5
import ModelReading

extension HDF5Worker {
  /// A worker's whole life: limits itself, answers one request on standard output.
  ///
  /// - Parameter arguments: those that it is started with.
  /// - Returns: the exit status; zero also when the answer is an error.
  public static func main(_ arguments: [String]) -> Int32 {
    let answer: Result<[UInt8], ReadError>
    do throws(ReadError) {
      let request = try WorkerRequest(arguments: arguments)
      limitResources(of: request)
      answer = .success(try respond(to: request))
    } catch {
      answer = .failure(error)
    }
    return writeAll(WorkerAnswer.encode(answer)) ? 0 : 1
  }

  private static func respond(to request: WorkerRequest) throws(ReadError) -> [UInt8] {
    switch request.question {
    case .index: try HDF5Index.build(request.source, limits: request.limits).encoded()
    case .values(let path, let byteCount):
      try HDF5Index.values(of: path, byteCount: byteCount, in: request.source)
    }
  }

  /// Memory and time as the request needs; no core dump, no file written.
  private static func limitResources(of request: WorkerRequest) {
    limit(RLIMIT_DATA, currentDataBytes() + request.memoryLimit)
    limit(RLIMIT_CPU, request.processorTimeLimit)
    limit(RLIMIT_CORE, 0)
    limit(RLIMIT_FSIZE, 0)
    limit(RLIMIT_NOFILE, 16)
  }

  private static func limit(_ resource: __rlimit_resource, _ value: Int) {
    var limits = rlimit(rlim_cur: rlim_t(value), rlim_max: rlim_t(value))
    _ = unsafe setrlimit(__rlimit_resource_t(resource.rawValue), &limits)
  }

  /// Private memory of this process, in bytes: the sixth number of `statm`, in pages.
  private static func currentDataBytes() -> Int {
    let descriptor = unsafe open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return 1 << 32 }
    defer { close(descriptor) }
    var text = [UInt8](repeating: 0, count: 256)
    let count = unsafe read(descriptor, &text, text.count)
    let numbers = String(decoding: text.prefix(max(count, 0)), as: UTF8.self).split(separator: " ")
    guard numbers.count > 5, let pages = Int(numbers[5]) else { return 1 << 32 }
    return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
  }

  private static func writeAll(_ bytes: [UInt8]) -> Bool {
    var written = 0
    while written < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { unsafe write(1, $0.baseAddress! + written, bytes.count - written) }
      guard count > 0 || (count < 0 && errno == EINTR) else { return false }
      written += max(count, 0)
    }
    return true
  }
}
