import HDF5TestSupport
import ModelReading
import TestSupport
import Testing

@testable import KerasReader

/// Kernels of small numbers; that the values are those of Keras is for the samples to say.
@Suite struct QuantizationTests {
  /// A Dense of two inputs and two outputs in GPTQ's layout, with groups as given.
  private func calibrated(groups: [Float], zeros: Bool = true) -> HDF5Builder {
    var builder = HDF5Builder()
    var parts: [HDF5Builder.Value] = [
      .floats([1, 2], shape: [2]), .raw([0x21, 0x43], type: .uint8, shape: [1, 2]),
      .floats([1, 10, 100, 1000], shape: [2, 2]),
    ]
    if zeros { parts.append(.raw([1, 0, 0, 2], type: .uint8, shape: [2, 2])) }
    parts.append(.floats(groups, shape: [groups.count]))
    for (number, part) in parts.enumerated() { builder.dataset("layers/dense/vars/\(number)", part) }
    return builder
  }

  /// Numbers `[[1, 3], [2, 4]]` of outputs and inputs; each input has a scale and a zero of its own.
  @Test func groupsChooseScaleAndZero() throws {
    let graph = try open(calibrated(groups: [0, 1]).bytes())
    #expect(rows(graph) == ["dense dense kernel [2, 2]"])
    #expect(graph.layers[0].parameters[0].role == .kernel)
    #expect(try graph.layers[0].parameters[0].tensor.values() == [0, 200, 30, 2000])
    #expect(graph.diagnostics.isEmpty)
    #expect(graph.accountingForEveryTensor().diagnostics.isEmpty)
  }

  @Test(arguments: [2, -1, .nan, .infinity, 1e30] as [Float])
  func groupThatIsNotThere(_ group: Float) throws {
    let graph = try open(calibrated(groups: [0, group]).bytes())
    let error = #expect(throws: ReadError.self) { try graph.layers[0].parameters[0].tensor.values() }
    #expect(error?.code == .malformed)
    #expect(error?.message == "puts an input into group \(group) of 2")
  }

  @Test func asManyGroupsAsInputs() throws {
    let graph = try open(calibrated(groups: [0, 1, 0]).bytes())
    let found = try #require(graph.diagnostics.first)
    #expect(found.subject == "layers/dense/vars/1")
    #expect(found.message == "names the groups of [3] inputs, not 2")
  }

  /// Keras 3.15 writes such files, and cannot read them.
  @Test func missingZeroPoints() throws {
    let graph = try open(calibrated(groups: [0, 1], zeros: false).bytes())
    #expect(graph.layers[0].parameters.allSatisfy { !$0.isWeight })
    #expect(graph.diagnostics.map(\.subject) == ["layers/dense/vars/1"])
    #expect(graph.diagnostics[0].message == "holds uint8 numbers, which are no weights before they are scaled")
  }

  /// Nothing but the configuration tells eight bits from four that are packed along the inputs.
  @Test(arguments: ["int8", "int4", nil])
  func bitsByTheConfiguration(_ mode: String?) throws {
    var builder = HDF5Builder()
    builder.dataset("layers/dense/vars/0", .raw([0x21, 0xF3], type: .int8, shape: [1, 2]))
    builder.dataset("layers/dense/vars/1", .floats([1, 2], shape: [2]))
    let policy = mode.map { #", "dtype": {"class_name": "P", "config": {"mode": "\#($0)"}}"# } ?? ""
    let config = """
      {"class_name": "Functional", "config": {"name": "m", "layers": [
      {"class_name": "Dense", "config": {"name": "d"\(policy)}, "build_config": {"input_shape": [null, 2]}}]}}
      """
    let archive = ZipBuilder([("config.json", Array(config.utf8)), ("model.weights.h5", try builder.bytes())])
    let graph = try open(archive.bytes(), named: "m.keras")
    let layer = graph.layers[0]
    #expect(try layer.parameters[0].tensor.values() == (mode == "int4" ? [1, 1.5, 2, -0.5] : [33, -6.5]))
    #expect((layer.note == "its numbers are taken for 8-bit ones, which the file does not say") == (mode == nil))
  }

  /// Adapters of a legacy file, where Keras does not merge them.
  @Test func adapters() throws {
    var builder = HDF5Builder()
    let names = ["d/kernel", "d/bias", "d/lora_kernel_a", "d/lora_kernel_b"]
    builder.attribute("", "layer_names", .variableStrings(["d"]))
    for (name, shape) in zip(names, [[6, 5], [5], [6, 2], [2, 5]]) { builder.weights("d/\(name)", shape) }
    builder.attribute("d", "weight_names", .variableStrings(names))
    let graph = try open(builder.bytes())
    #expect(
      rows(graph) == ["d dense kernel [5, 6]", "d dense lora_kernel_a [2, 6]", "d dense lora_kernel_b [5, 2]"])
  }
}

@Suite struct EinsumEquationTests {
  @Test func extentsComeFromBothSides() {
    let heads = EinsumEquation("abc,cde->abde")
    #expect(heads?.kernelShape(inputs: [nil, 6, 8], outputs: [nil, 3, 5]) == [8, 3, 5])
    #expect(EinsumEquation("...x,xy->...y")?.kernelShape(inputs: [nil, 6, 8], outputs: [64]) == [8, 64])
    #expect(EinsumEquation("ab...,bc->ac...")?.kernelShape(inputs: [nil, 4, 9], outputs: [5, 9]) == [4, 5])
    #expect(heads?.kernelShape(inputs: [], outputs: []) == nil)
    #expect(EinsumEquation("abc,dc->abd")?.outputAxes == [0])
    #expect(EinsumEquation("abc,cde->abed")?.outputAxes == [2, 1])
  }
}
