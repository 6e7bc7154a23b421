import ModelReading

/// The machine that executes a pickle's opcodes on symbols.
struct PickleMachine {
  private(set) var offset: Int
  private(set) var version = 0
  private(set) var nodes: [Pickle.Node] = []
  private(set) var objects: [Pickle.Object] = []
  private(set) var globals: [Pickle.Global] = []
  private let source: ByteSource

  init(_ source: ByteSource, at offset: Int, limits: Limits) {
    self.source = source
    self.offset = offset
  }

  mutating func run() throws(ReadError) -> Pickle.ID {
    throw source.error(.unsupported, "not written yet", at: offset)
  }
}
