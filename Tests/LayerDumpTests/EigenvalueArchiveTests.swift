import LayerDump
import ModelReading
import TestSupport
import Testing
import Zip

@Suite struct EigenvalueArchiveTests {
  private typealias Row = (name: String, place: EigenvalueArchive.Place, values: [Double])

  private static let rows: [Row] = [
    ("b", EigenvalueArchive.Place(model: 0, weight: 0, row: 0), [1, 2, 3]),
    ("a/x", EigenvalueArchive.Place(model: 0, weight: 1, row: 0), [0.1]),
    ("a/x", EigenvalueArchive.Place(model: 0, weight: 1, row: 1), (0..<200_000).map { Double($0) / 7 }),
    ("/../\u{1B}\\c", EigenvalueArchive.Place(model: 1, weight: 0, row: 0), []),
  ]

  private func written(_ rows: [Row], models: [String]) throws -> [UInt8] {
    try Fixtures.withDirectory { folder in
      let path = folder + "/esd.npz"
      let archive = try EigenvalueArchive(path: path)
      for row in rows { archive.add(row.values, name: row.name, at: row.place) }
      #expect(try ModelDirectory(path: folder).entries.isEmpty)
      try archive.commit(models: models)
      #expect(try ModelDirectory(path: folder).entries == ["esd.npz"])
      return try Fixtures.read(path)
    }
  }

  @Test func arraysAreReadBackInTheOrderOfTheReport() throws {
    let bytes = try written(Self.rows.reversed(), models: ["m.pt", "n.pt"])
    let zip = try ZipArchive(ByteSource(owned: bytes, label: "esd.npz"), limits: Limits())
    #expect(zip.entries.map(\.name.description) == ["m.pt/b.npy", "m.pt/a/x.npy", "m.pt/a/x~2.npy", "n.pt/_/__c.npy"])
    let values = try zip.entries.map { try zip.contents(of: $0).vectorOfDoubles() }
    #expect(values == Self.rows.map(\.values))
  }

  @Test func theOrderInWhichRowsComeChangesNothing() throws {
    let bytes = try written(Self.rows, models: ["m", "n"])
    for order in [[3, 1, 0, 2], [2, 3, 1, 0]] {
      #expect(try written(order.map { Self.rows[$0] }, models: ["m", "n"]) == bytes)
    }
  }

  @Test func aPlaceThatCannotBeWrittenToIsNamed() throws {
    let error = try #require(throws: WriteError.self) { _ = try EigenvalueArchive(path: "/no/such/folder/esd.npz") }
    #expect(error.description.hasPrefix("cannot create /no/such/folder/esd.npz: "))
  }
}
