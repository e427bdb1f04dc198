import Gobbet
import TestSupport
import Testing

/// The numbers of "Build a Large Language Model (From Scratch)", chapter 2.
@Suite("The book's numbers", .enabled(if: Conformance.isAvailable, "\(Conformance.needed)"))
struct BookTests {
  private func gpt2() throws -> Tokenizer {
    Tokenizer(try Vocabulary(recognizing: Conformance.path("data/gpt2.tiktoken")))
  }

  private func verdict() throws -> [UInt8] { try Conformance.bytes("data/the-verdict.txt") }

  @Test("The Verdict has 20,479 characters and 5,145 tokens")
  func verdictCounts() async throws {
    let counts = try await CountingJob(
      inputs: [Conformance.path("data/the-verdict.txt")], vocabulary: gpt2().vocabulary
    ).result()
    #expect(counts.scalarCount == 20_479)
    #expect(counts.tokenCount == 5145)
    let tokenizer = try gpt2()
    #expect(tokenizer.count(String(decoding: try verdict(), as: UTF8.self)) == 5145)
  }

  @Test("its windows of four are the book's, inputs and targets")
  func windows() async throws {
    let folder = try TemporaryFolder()
    let path = folder.file("verdict.gobbet")
    let summary = try await PackingJob(
      inputs: [Conformance.path("data/the-verdict.txt")], vocabulary: gpt2().vocabulary
    ).write(to: path)
    #expect(summary.tokenCount == 5145)
    let dataset = try TokenDataset(path: path)
    #expect(try dataset.tokens(in: 50..<54) == [290, 4920, 2241, 287])
    let windows = dataset.windows(length: 4, stride: 4)
    let first = try windows[0]
    #expect(first.inputs == [40, 367, 2885, 1464])
    #expect(first.targets == [367, 2885, 1464, 1807])
    #expect(try windows[1].inputs == [1807, 3619, 402, 271])
    let starts = try (0..<8).map { try windows[$0].inputs[0] }
    #expect(starts == [40, 1807, 10899, 15632, 922, 568, 1049, 284])
  }

  @Test(
    "the book's sentences have the book's ids",
    arguments: [
      ("Hello, world. Is this-- a test?", [15496, 11, 995, 13, 1148, 428, 438, 257, 1332, 30]),
      (
        "asdf asdfasdf a!!, @aba 9asdf90asdfk",
        [
          292, 7568, 355, 7568, 292, 7568, 257, 3228, 11, 2488, 15498, 860, 292, 7568, 3829, 292,
          7568, 74,
        ]
      ),
      ("Hello, I am", [15496, 11, 314, 716]),
      (
        "Hello, do you like tea? <|endoftext|> In the sunlit terracesof someunknownPlace.",
        [
          15496, 11, 466, 345, 588, 8887, 30, 220, 50256, 554, 262, 4252, 18250, 8812, 2114, 1659,
          617, 34680, 27271, 13,
        ]
      ),
    ] as [(String, [TokenID])])
  func sentences(text: String, ids: [TokenID]) throws {
    #expect(try gpt2().encoded(text, allowing: .all) == ids)
  }
}
