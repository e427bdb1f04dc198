import Gobbet
import TestSupport
import Testing

/// The merges that two peers learn from one corpus, to the last one.
@Suite("Merges of the peers", .enabled(if: Conformance.isAvailable, "\(Conformance.needed)"))
struct TrainingConformanceTests {
  struct Peer: Sendable, CustomTestStringConvertible {
    let file: String
    let pattern: SplitPattern
    let tieBreak: TieBreak
    var testDescription: String { file }
  }

  @Test(
    "training gives exactly the peer's 7,936 merges",
    arguments: [
      Peer(file: "huggingface-gpt2", pattern: .gpt2, tieBreak: .huggingFace),
      Peer(file: "huggingface-cl100k", pattern: .llama3, tieBreak: .huggingFace),
      Peer(file: "rustbpe-cl100k", pattern: .llama3, tieBreak: .bytes),
    ])
  func merges(peer: Peer) async throws {
    var options = TrainingOptions(vocabularySize: 8192)
    options.tieBreak = peer.tieBreak
    let result = try await TrainingJob(
      inputs: [Conformance.path("conformance/train/corpus.jsonl.zst")], pattern: peer.pattern,
      options: options
    ).result()
    let vocabulary = result.vocabulary
    let learned = vocabulary.merges.map { merge in
      hexadecimal(vocabulary.bytes(of: merge.left)) + " "
        + hexadecimal(vocabulary.bytes(of: merge.right))
    }
    let expected = String(
      decoding: try Conformance.bytes("conformance/train/\(peer.file).txt"), as: UTF8.self
    ).split(separator: "\n").map(String.init)
    #expect(expected.count == 7936)
    // Named before compared: the first difference says more than two arrays of eight thousand.
    let difference = zip(learned, expected).enumerated().first { $0.element.0 != $0.element.1 }
    #expect(difference == nil, "the first other merge")
    #expect(learned.count == expected.count)
  }
}

private func hexadecimal(_ bytes: ArraySlice<UInt8>?) -> String {
  (bytes ?? []).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
