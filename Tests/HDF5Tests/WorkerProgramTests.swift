import Glibc
import HDF5
import ModelReading
import TestSupport
import Testing

/// Where the program that runs libhdf5 is looked for.
@Suite struct WorkerProgramTests {
  private func install(_ path: String) throws {
    try Fixtures.write([], to: path)
    _ = unsafe chmod(path, 0o700)
  }

  @Test func besideTheProgramOrInLibexec() throws {
    try Fixtures.withDirectory { prefix in
      for folder in ["/bin", "/libexec", "/libexec/heavytail"] { _ = unsafe mkdir(prefix + folder, 0o700) }
      let program = WorkerProgram(besides: prefix + "/bin/heavytail")
      try install(prefix + "/libexec/heavytail/heavytail-hdf5")
      #expect(try program.path(for: "m.h5") == prefix + "/bin/../libexec/heavytail/heavytail-hdf5")
      try install(prefix + "/bin/heavytail-hdf5")
      #expect(try program.path(for: "m.h5") == prefix + "/bin/heavytail-hdf5")
    }
  }

  @Test func itsAbsenceIsAnError() {
    let error = #expect(throws: ReadError.self) { try WorkerProgram(besides: "/nowhere/bin/x").path(for: "m.h5") }
    #expect(
      error?.description == """
        m.h5: cannot be read without the program /nowhere/bin/heavytail-hdf5 or \
        /nowhere/bin/../libexec/heavytail/heavytail-hdf5
          hint: 'make install' puts it there; a program of your own can set HDF5Worker.executable
        """)
  }

  @Test func comesWithTheTests() throws {
    #expect(try WorkerProgram.installed.path(for: "m.h5").hasSuffix("/heavytail-hdf5"))
  }
}
