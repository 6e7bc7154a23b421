import ModelReading
import Testing

@Suite struct GlobTests {
  @Test(arguments: [
    ("*", "", true), ("*", "anything", true), ("conv?", "conv1", true), ("conv?", "conv12", false),
    ("features.*.weight", "features.0.weight", true), ("*attn*", "h.0.attn.c_proj", true),
    ("fc[12]", "fc2", true), ("fc[!12]", "fc2", false), ("fc[a-c]", "fcb", true), ("fc[", "fc[", true),
    ("a*b*c", "aXXbYYc", true), ("a*b*c", "aXXcYYb", false), ("", "", true), ("", "a", false),
    ("*.q_proj", "model.layers.0.self-attn.q_proj", true),
  ]) func matches(pattern: String, name: String, expected: Bool) {
    #expect(Glob(pattern).matches(name) == expected)
  }

  @Test func manyStarsEndQuickly() {
    let pattern = String(repeating: "a*", count: 60) + "b"
    #expect(!Glob(pattern).matches(String(repeating: "a", count: 2000)))
  }
}
