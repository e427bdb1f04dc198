import GobbetBPE
import GobbetData
import GobbetGPT
import TestSupport
import Testing

@Suite("The small model beside PyTorch")
struct ReferenceTests {
  @Test("logits are within 1e-4 of PyTorch's, 1e-5 in the mean", arguments: 0..<3)
  func logits(prompt: Int) throws {
    let small = try SmallModel()
    let pass = try ForwardPass(small.model)
    let logits = try pass.logits(of: small.reference.ids(named: "prompt\(prompt).ids"), .all)
    for name in ["logits", "logits64"] {
      let expected = try small.reference.floats(named: "prompt\(prompt).\(name)")
      let distance = Distance(logits.elements, expected)
      #expect(distance.largest <= 1e-4)
      #expect(distance.rootMeanSquare <= 1e-5)
    }
  }

  @Test("64 greedy tokens are PyTorch's, with a cache and without", arguments: 0..<3)
  func greedy(prompt: Int) throws {
    let small = try SmallModel()
    let pass = try ForwardPass(small.model)
    let ids = try small.reference.ids(named: "prompt\(prompt).ids")
    let expected = try small.reference.ids(named: "prompt\(prompt).greedy64")
    var settings = GenerationSettings()
    settings.maximumTokenCount = 64
    var generator = try TokenGenerator(pass, prompt: ids, settings)
    var generated: [UInt32] = []
    while let id = try generator.next() { generated.append(id) }
    #expect(generated == expected)

    var all = ids
    var random = RandomSource(seed: 0)
    for _ in 0..<64 {
      let logits = try pass.logits(of: all)
      all.append(pass.token(from: logits[0], .greedy, random: &random))
    }
    #expect(Array(all.dropFirst(ids.count)) == expected)
  }

  @Test("hidden states are within 1e-4 of PyTorch's in every layer")
  func hiddenStates() throws {
    let small = try SmallModel()
    let pass = try ForwardPass(small.model)
    let states = try pass.hiddenStates(of: small.reference.ids(named: "prompt0.ids"))
    #expect(states.count == 5)
    for (layer, state) in states.enumerated() {
      let expected = try small.reference.floats(named: "prompt0.hidden\(layer)")
      #expect(Distance(state.elements, expected).largest <= 1e-4)
    }
  }

  @Test("the first attention is within 1e-6 of PyTorch's, and looks at nothing later")
  func attention() throws {
    let small = try SmallModel()
    let pass = try ForwardPass(small.model)
    let ids = try small.reference.ids(named: "prompt0.ids")
    let weights = try pass.attentionWeights(of: ids, layer: 0)
    let expected = try small.reference.floats(named: "prompt0.attn0")
    #expect(Distance(weights.elements, expected).largest <= 1e-6)
    for head in 0..<weights.headCount {
      for row in 0..<ids.count {
        #expect(weights[head][row].dropFirst(row + 1).allSatisfy { $0 == 0 })
      }
    }
  }
}
