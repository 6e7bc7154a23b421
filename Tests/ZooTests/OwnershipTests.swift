import Analysis
import Testing

@testable import Zoo

@Suite struct OwnershipTests {
  private func work(_ path: String, _ files: String...) -> WorkLine {
    let files = files.map { ModelFile(path: $0, byteCount: 1, modified: 2, inode: 3, sha256: "ab") }
    let place = ModelPlace(path: path, name: path, files: files)
    return WorkLine(
      content: place.content, places: [place], operations: 0, memory: 0, settings: AnalysisSettings(AnalysisOptions()))
  }

  /// A folder with its index, the index alone, which is the same model, a shard, and a model beside them.
  @Test func filesOfOneModelAreNoOthers() {
    let lines = [
      work("/m", "/m/graph.json", "/m/w.safetensors"), work("/m/graph.json", "/m/graph.json", "/m/w.safetensors"),
      work("/m/w.safetensors", "/m/w.safetensors"), work("/m/other.pt", "/m/other.pt"),
    ]
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [1, 0, 3, 2]] {
      let kept = order.map { lines[$0] }.ownedByNoOther().map { $0.places[0].path }
      #expect(kept.sorted() == ["/m", "/m/other.pt"])
    }
  }
}
