import ModelReading

/// The readers of this program. A new one is added here and nowhere else.
let readers = ReaderRegistry([])
