import Glibc
import HDF5
import HDF5Parsing

// The process that libhdf5 runs in: it is asked by its arguments, and by descriptors that it inherits.
let arguments = Array(CommandLine.arguments.dropFirst())
guard !arguments.isEmpty else {
  print("heavytail starts this program to read HDF5 files; it does nothing by itself")
  exit(64)
}
// What libhdf5 and its libraries would do at the end, nobody waits for.
_exit(HDF5Worker.main(arguments))
