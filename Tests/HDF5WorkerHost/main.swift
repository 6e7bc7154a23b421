import Glibc
import HDF5

// A program whose only subcommand is the worker of libhdf5, for tests; and one
// that misbehaves as a worker might.
switch CommandLine.arguments.dropFirst().first {
case HDF5Worker.subcommand: exit(HDF5Worker.main(Array(CommandLine.arguments.dropFirst(2))))
default: exit(64)
}
