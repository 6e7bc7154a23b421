import ModelReading
import TestSupport
import Testing

/// What the programs of `Examples/` print.
@Suite struct ProgramTests {
  @Test(arguments: [("keras", "keras"), ("h5", "keras"), ("onnx", "onnx"), ("pt", "pytorch")])
  func layersAreListed(fileExtension: String, format: String) throws {
    let outcome = try Program("list-layers").run([Fixtures.sample("LeNet5/lenet5." + fileExtension)])
    #expect(outcome.status == 0 && outcome.errors == "")
    let expected = """
      \(format), 5 layers, 61706 parameters
      conv1 (conv2d): kernel [6, 1, 5, 5] float32
      conv1 (conv2d): bias [6] float32
      conv2 (conv2d): kernel [16, 6, 5, 5] float32
      conv2 (conv2d): bias [16] float32
      fc1 (dense): kernel [120, 400] float32
      fc1 (dense): bias [120] float32
      fc2 (dense): kernel [84, 120] float32
      fc2 (dense): bias [84] float32
      fc3 (dense): kernel [10, 84] float32
      fc3 (dense): bias [10] float32
      conv1 begins with 0.1906391 -0.03910693 -0.10861954

      """
    #expect(outcome.output == expected)
  }

  @Test func whatIsNoLayersIsNamed() throws {
    let outcome = try Program("list-layers").run([Fixtures.sample("Variety/variety-checkpoint.pt")])
    #expect(outcome.status == 0 && outcome.output.contains("\nnote: "), "\(outcome)")
  }

  @Test func whatCannotBeReadIsAnError() throws {
    let outcome = try Program("list-layers").run([Fixtures.sample("Bad/truncated.pt")])
    #expect(outcome.status == 1 && outcome.output.hasPrefix("error: "), "\(outcome)")
  }

  @Test func alphasArePrinted() throws {
    let outcome = try Program("layer-alphas").run([Fixtures.sample("LeNet5/lenet5.safetensors")])
    #expect(outcome.status == 0)
    #expect(
      outcome.output == """
        conv1: no alpha, M = 1: a vector has no spectrum to fit
        conv2: alpha 3.246, D 0.093, BULK-DECAY, not credible
        fc1: alpha 1.947, D 0.051, HEAVY-TAILED, credible
        fc2: alpha 2.118, D 0.096, BULK-DECAY, not credible
        fc3: alpha 5.292, D 0.221, RANDOM-LIKE, not credible

        """)
  }

  /// An error, not the end of the program.
  @Test(arguments: [
    ("layer-alphas", ["LeNet5/lenet5.pt"]), ("compare-models", ["LeNet5/lenet5.pt", "LeNet5/lenet5.pt"]),
    ("own-spectrum", []),
  ])
  func withoutBLASThereIsAnError(program: String, samples: [String]) throws {
    try Fixtures.withDirectory { directory in
      try Fixtures.write(Array("no library".utf8), to: directory + "/libopenblas.so.0")
      let outcome = try Program(program).run(
        samples.map(Fixtures.sample), environment: ["LD_LIBRARY_PATH": directory])
      #expect(outcome.status == 1 && outcome.output.hasPrefix("error: ") && outcome.output.contains("libopenblas"))
    }
  }

  @Test func theSpectrumOfAMatrixIsDescribed() throws {
    let outcome = try Program("own-spectrum").run([])
    #expect(outcome.status == 0)
    #expect(
      outcome.output == """
        norm² 44047.0, stable rank 21.0
        phase BULK+SPIKES
        spikes 3
        alpha 4.3, credible: false

        """)
  }

  @Test func layersAreExported() throws {
    try Fixtures.withDirectory { directory in
      let arguments = [Fixtures.sample("LeNet5/lenet5.h5"), directory + "/dump"]
      let outcome = try Program("export-layers").run(arguments)
      #expect(outcome.status == 0)
      #expect(
        outcome.output == """
          3 of 5 layers, 236536 bytes
          fc1 [120, 400]
          fc2 [84, 120]
          fc3 [10, 84]

          """)
      let again = try Program("export-layers").run(arguments)
      #expect(again.status == 1 && again.output.contains("dump") && again.output.hasPrefix("error: "))
    }
  }

  @Test func aReaderOfOnesOwnIsAskedBesideTheOthers() throws {
    let values: [Float] = [1, 2, 3, 4, 5, 6]
    let shape: [UInt8] = [2, 0, 0, 0, 3, 0, 0, 0]
    let bytes = Array("FOO1".utf8) + shape + values.littleEndianBytes
    try Fixtures.withFile(bytes, named: "matrix.foo") { path in
      let outcome = try Program("own-reader").run([path, Fixtures.sample("MLP3/mlp3-init.safetensors")])
      #expect(outcome.status == 0)
      #expect(
        outcome.output == """
          foo: matrix [2, 3]
          safetensors: fc1 [512, 784], fc2 [512, 512], fc3 [512, 512], fc4 [10, 512]

          """)
    }
  }

  @Test func modelsAreCompared() throws {
    let paths = ["MLP3/mlp3-init.safetensors", "MLP3/mlp3-trained.safetensors"].map(Fixtures.sample)
    let outcome = try Program("compare-models").run(paths)
    #expect(outcome.status == 0)
    #expect(
      outcome.output == """
        fc1: ‖W₁ − W₂‖ 10.835, of the spectra 0.087
        fc2: ‖W₁ − W₂‖ 6.639, of the spectra 0.069
        fc3: ‖W₁ − W₂‖ 5.277, of the spectra 0.064
        fc4: ‖W₁ − W₂‖ 4.329, of the spectra 0.092

        """)
    let formats = ["LeNet5/lenet5.safetensors", "LeNet5/lenet5.keras"].map(Fixtures.sample)
    let same = try Program("compare-models").run(formats).output.split(separator: "\n")
    #expect(same.count == 5 && same.allSatisfy { $0.hasSuffix("‖W₁ − W₂‖ 0.0, of the spectra 0.0, the same bits") })
  }
}
