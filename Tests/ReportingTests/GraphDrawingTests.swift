import ModelReading
import Reporting
import Testing

@Suite struct GraphDrawingTests {
  private func graph(_ names: [String], edges: [LayerGraph.Edge]?) -> LayerGraph {
    LayerGraph(
      format: "test", variant: "made", files: [],
      layers: names.map { Layer(name: $0, kind: .convolution(rank: 2), parameters: []) }, edges: edges ?? [],
      topology: edges == nil ? .order : .dataflow, inventory: [])
  }

  @Test func edgesAreArrows() {
    let graph = graph(["a", "b", "c"], edges: [.init(from: 0, to: 2), .init(from: 1, to: 2)])
    #expect(
      graphDrawing([("m.onnx", graph)], in: .dot) == """
        digraph {
          node [shape=box, fontname="sans-serif"];
          subgraph cluster0 {
            label="m.onnx (test, made)";
            m0_0 [label="a\\nconv2d"];
            m0_1 [label="b\\nconv2d"];
            m0_2 [label="c\\nconv2d"];
            m0_0 -> m0_2;
            m0_1 -> m0_2;
          }
        }

        """)
    #expect(
      graphDrawing([("m.onnx", graph)], in: .mermaid) == """
        flowchart TD
          subgraph m0["m.onnx (test, made)"]
            m0_0["a<br/>conv2d"]
            m0_1["b<br/>conv2d"]
            m0_2["c<br/>conv2d"]
            m0_0 --> m0_2
            m0_1 --> m0_2
          end

        """)
  }

  @Test func orderIsDashedAndSaidToBeNoDataflow() {
    let text = graphDrawing([("m", graph(["a", "b"], edges: nil))], in: .dot)
    #expect(text.contains("m0_0 -> m0_1 [style=dashed, arrowhead=none];"))
    #expect(text.contains("the format records no dataflow"))
    #expect(graphDrawing([("m", graph(["a", "b"], edges: nil))], in: .mermaid).contains("m0_0 -.- m0_1"))
  }

  @Test func namesCannotEndTheirLabels() {
    let graph = graph(["a\"]; b\\\n<b>&#`"], edges: [])
    #expect(
      graphDrawing([("m", graph)], in: .dot).contains("m0_0 [label=\"a\\\"]; b\\\\\\\\u{a}<b>&amp;#`\\nconv2d\"];"))
    #expect(
      graphDrawing([("m", graph)], in: .mermaid).contains("[\"a#quot;]; b\\\\u{a}#60;b#62;#38;#35;#96;<br/>conv2d\"]"))
  }

  @Test func emptyModelsAndSeveralOnesAreDrawn() {
    let text = graphDrawing([("a", graph([], edges: nil)), ("b", graph(["x"], edges: nil))], in: .dot)
    #expect(text.contains("cluster0") && text.contains("cluster1") && text.contains("m1_0"))
  }
}
