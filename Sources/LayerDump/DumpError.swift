public import ModelReading

/// Why a model could not be dumped: the fault of what is read, or of where it is written.
public enum DumpError: Error, Sendable, CustomStringConvertible {
  case read(ReadError)
  case write(WriteError)

  public var description: String {
    switch self {
    case .read(let error): error.description
    case .write(let error): error.description
    }
  }
}

/// The result of `body`, its errors as those of a dump.
func reading<Value: ~Copyable>(_ body: () throws(ReadError) -> Value) throws(DumpError) -> Value {
  do { return try body() } catch { throw .read(error) }
}

func writing<Value: ~Copyable>(_ body: () throws(WriteError) -> Value) throws(DumpError) -> Value {
  do { return try body() } catch { throw .write(error) }
}
