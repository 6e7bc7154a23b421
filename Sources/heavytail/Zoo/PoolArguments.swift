import ArgumentParser
import ModelReading
import Zoo

/// How many workers there are, and what they may need.
struct PoolArguments: ParsableArguments {
  @Option(help: ArgumentHelp("Models side by side (default: one for each processor; of worker: 1).", valueName: "n"))
  var jobs: Int?

  @Option(help: ArgumentHelp("Threads for each model.", valueName: "n"))
  var threads = 1

  @Option(
    help: ArgumentHelp(
      "Memory of all models in work together, such as 8G; one that needs more runs alone (default: three quarters of what is free).",
      valueName: "bytes"))
  var maxMemory: ByteCount?

  @Option(
    help: ArgumentHelp(
      "Seconds that a model may take, beyond what its operations need on a slow machine.", valueName: "s"))
  var timeout = 600

  @Flag(
    inversion: .prefixedNo,
    help: "Models in processes of their own, with limits: what one does to its process costs no other.")
  var isolate = true

  private static let maximumCount = 1024
  private static let maximumTimeout = 30 * 86_400

  func validate() throws {
    for (name, value) in [("jobs", jobs ?? 1), ("threads", threads)]
    where !(1...PoolArguments.maximumCount).contains(value) {
      throw ValidationError("--\(name) is \(value), it must be from 1 to \(PoolArguments.maximumCount)")
    }
    guard (1...PoolArguments.maximumTimeout).contains(timeout) else {
      throw ValidationError("--timeout is \(timeout), it must be from 1 to \(PoolArguments.maximumTimeout)")
    }
  }

  func pool(_ readers: ReaderArguments, _ registry: ReaderRegistry, defaultJobs: Int = Machine.processorCount) throws
    -> WorkerPool
  {
    // Workers of their own load it themselves.
    if !isolate { try startBLAS() }
    let worker = UnitWorker(readers: registry, threadCount: threads)
    let isolation = Isolation(
      executable: resolvedPath("/proc/self/exe") ?? "heavytail",
      arguments: ["worker", "--no-isolate", "--threads", "\(threads)"] + readers.arguments, seconds: timeout)
    return WorkerPool(
      worker, isolation: isolate ? isolation : nil, count: jobs ?? defaultJobs,
      memory: maxMemory?.value ?? Machine.workingByteCount)
  }
}
