import ModelReading
import StateDictionary
import Testing

@Suite struct RecurrentTests {
  @Test func torchLSTM() throws {
    let entries: [Entry] = [
      ("lstm.weight_ih_l0", [20, 3]), ("lstm.weight_hh_l0", [20, 5]), ("lstm.bias_ih_l0", [20]),
      ("lstm.bias_hh_l0", [20]), ("lstm.weight_ih_l0_reverse", [20, 3]), ("lstm.weight_hh_l0_reverse", [20, 5]),
      ("lstm.weight_ih_l1", [20, 10]), ("lstm.weight_hh_l1", [20, 5]),
    ]
    let layers = try layers(entries)
    #expect(layers.map(\.name) == ["lstm.l0", "lstm.l0_reverse", "lstm.l1"])
    #expect(layers.allSatisfy { $0.kind == .recurrent(.lstm) })
    #expect(layers[0].parameters.map(\.role) == [.kernel, .recurrentKernel, .bias, .other("recurrent_bias")])
    #expect(layers[0].parameters[0].tensor.axes == [.gate, .output, .input])
    #expect(layers[0].parameters[0].tensor.shape == [4, 5, 3])
    #expect(layers[0].parameters[1].tensor.shape == [4, 5, 5])
  }

  @Test(arguments: [(15, "gru"), (5, "rnn"), (20, "lstm"), (10, "recurrent")])
  func gateCountsTellCells(_ rows: Int, _ kind: String) throws {
    let entries: [Entry] = [("r.weight_ih_l0", [rows, 3]), ("r.weight_hh_l0", [rows, 5])]
    #expect(try layers(entries).map(\.kind.label) == [kind])
  }

  @Test func cellsHaveTheirOwnName() throws {
    let entries: [Entry] = [
      ("lstm_cell.bias_hh", [512]), ("lstm_cell.bias_ih", [512]), ("lstm_cell.weight_hh", [512, 128]),
      ("lstm_cell.weight_ih", [512, 128]),
    ]
    #expect(try lines(entries) == ["lstm_cell lstm [512, 128]"])
  }

  @Test func projectedLSTM() throws {
    let entries: [Entry] = [
      ("r.weight_ih_l0", [20, 3]), ("r.weight_hh_l0", [20, 2]), ("r.weight_hr_l0", [2, 5]),
    ]
    let layer = try layers(entries)[0]
    #expect(layer.kind == .recurrent(.lstm))
    #expect(layer.parameters.map(\.role) == [.kernel, .recurrentKernel, .weight("projection")])
  }

  @Test func kerasGRU() throws {
    let entries: [Entry] = [
      ("gru/gru_cell/kernel:0", [3, 15]), ("gru/gru_cell/recurrent_kernel:0", [5, 15]),
      ("gru/gru_cell/bias:0", [2, 15]),
    ]
    let layer = try layers(entries, .channelsLast)[0]
    #expect(layer.name == "gru/gru_cell")
    #expect(layer.kind == .recurrent(.gru))
    #expect(layer.parameters[0].tensor.axes == [.input, .gate, .output])
    #expect(layer.parameters[0].tensor.canonical.shape == [3, 5, 3])
    #expect(layer.parameters.count == 3)
  }

  @Test func attentionInputs() throws {
    let entries: [Entry] = [
      ("mha.in_proj_weight", [24, 8]), ("mha.in_proj_bias", [24]), ("mha.out_proj.weight", [8, 8]),
      ("mha.out_proj.bias", [8]), ("x.q_proj_weight", [8, 8]), ("x.k_proj_weight", [8, 4]), ("x.bias_k", [1, 1, 8]),
    ]
    let result = try result(entries)
    #expect(
      result.layers.map(\.line)
        == [
          "mha.in_proj attention [8, 8]", "mha.out_proj dense [8, 8]", "x.q_proj attention [8, 8]",
          "x.k_proj attention [8, 4]",
        ])
    #expect(result.layers[0].parameters.map(\.role) == [.weight("query"), .weight("key"), .weight("value"), .bias])
    #expect(result.diagnostics.map(\.subject) == ["x.bias_k"])
  }
}
