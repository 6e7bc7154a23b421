import Analysis
import MatrixSlicing
import ModelReaders
import ModelReading
import TestSupport
import Testing
import Zoo

@Suite struct LineTests {
  private func work(_ sample: String, _ options: AnalysisOptions = AnalysisOptions()) -> WorkLine {
    Survey(readers: .builtIn, settings: AnalysisSettings(options)).work(on: Fixtures.sample(sample), name: "m")
  }

  private let worker = UnitWorker(readers: .builtIn, threadCount: 1)

  @Test func settingsComeBackAsTheyWent() throws {
    var options = AnalysisOptions()
    (options.source, options.slicing, options.gridSide) = (.inverse, .fourier, 64)
    (options.perSlice, options.perHead, options.headWidth) = (true, true, 32)
    (options.layerPatterns, options.minimumEigenvalues, options.fixesFingers) = (["a *", "b"], 9, true)
    (options.precision, options.bootstrapCount, options.seed) = (.double, 7, .max)
    (options.studies, options.maximumMemory) = ([.randomized, .whitened], 12345)
    let text = AnalysisSettings(options).text
    let back = try AnalysisSettings(text: text)
    #expect(back.text == text && back.options.layerPatterns == ["a *", "b"] && back.options.gridSide == 64)
    #expect(back.options.studies == [.randomized, .whitened] && back.options.seed == .max)
    #expect(AnalysisSettings(AnalysisOptions()).text != text)
  }

  @Test(arguments: [
    #"{"slicing":"diagonal"}"#, #"{"colour":"red"}"#, #"{"min_evals":"0"}"#, #"{"seed":1}"#, "{",
  ])
  func settingsThatAreNotKnownAreRefused(text: String) {
    #expect(throws: ReadError.self) { try AnalysisSettings(text: text) }
  }

  @Test func workAndResultsComeBackAsTheyWent() throws {
    let work = work("LeNet5/lenet5.pt")
    #expect(work.operations > 1e6 && work.memory > 0 && work.byteCount == work.places[0].files[0].byteCount)
    #expect(try WorkLine(parsing: Array(work.text.utf8), label: "w").text == work.text)
    let answer = worker.answer(Array(work.text.utf8))
    let result = try ResultLine(parsing: Array(answer.utf8), label: "r")
    #expect(result.work.text == work.text && result.version == heavyTailVersion && result.failure == nil)
    #expect(worker.answer(Array(work.text.utf8)) == answer)
    #expect(UnitWorker(readers: .builtIn, threadCount: 3).answer(Array(work.text.utf8)) == answer)
  }

  @Test func aBrokenModelIsAResult() throws {
    let work = work("Bad/truncated.npy")
    #expect(work.operations == 0 && work.places[0].files.count == 1)
    let result = try ResultLine(parsing: Array(worker.answer(Array(work.text.utf8)).utf8), label: "r")
    #expect(result.failure?.code == .truncated && result.failure?.message.contains("122 remain") == true)
  }

  @Test func whatHasChangedSinceItWasPlannedIsNotComputed() throws {
    try Fixtures.withDirectory { folder in
      try SmallZoo.copy("LeNet5/lenet5.npz", to: folder)
      let path = folder + "/lenet5.npz"
      let work = Survey(readers: .builtIn, settings: AnalysisSettings(.init())).work(on: path, name: "m")
      try Fixtures.write(Fixtures.read(path) + [0], to: path)
      let result = try ResultLine(parsing: Array(worker.answer(Array(work.text.utf8)).utf8), label: "r")
      #expect(result.failure?.code == .io)
    }
  }

  @Test(arguments: ["", "{}", "[1]", #"{"schema":"heavytail.work/2"}"#, #"{"schema":"heavytail.work/1"}"#])
  func linesThatAreNoWorkAreAnswered(line: String) throws {
    let answer = worker.answer(Array(line.utf8), label: "line 7")
    #expect(!answer.contains("\n") && answer.contains(#""work":null"#) && answer.contains(#""message":"#))
    #expect(throws: ReadError.self) { try ResultLine(parsing: Array(answer.utf8), label: "r") }
  }
}
