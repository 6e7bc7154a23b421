import Glibc
import HDF5

/// One input for the parser that the environment variable `FUZZ_TARGET` names.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ base: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = unsafe [UInt8](UnsafeBufferPointer(start: base, count: count))
  try? FuzzTarget.chosen.parse(bytes)
  return 0
}

extension FuzzTarget {
  /// - Precondition: `FUZZ_TARGET` is the name of a target.
  static let chosen: FuzzTarget = {
    let name = unsafe getenv("FUZZ_TARGET").map { unsafe String(cString: $0) } ?? ""
    guard let target = FuzzTarget(name: name) else {
      fatalError("FUZZ_TARGET is one of \(FuzzTarget.names.joined(separator: ", "))")
    }
    // libhdf5 runs in a process of its own here as everywhere: this one has libFuzzer's main.
    if let worker = unsafe getenv("FUZZ_HDF5_WORKER") { unsafe HDF5Worker.executable = String(cString: worker) }
    return target
  }()
}
