import GobbetBPE
import GobbetData
import GobbetInterchange
import TestSupport
import Testing

@Suite("nanochat's tokenizer") struct NanochatTests {
  @Test("a pickle of tiktoken's Encoding is read as data, and so is the folder that it lies in")
  func pickle() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("tokenizer.pkl", try fixture("nanochat/tokenizer.pkl"))
    #expect(try FileFormat(recognizing: path) == .tiktokenPickle)
    #expect(try WeightsInput(recognizing: path) == nil, "weights")
    for place in [path, folder.path] {
      let tokenizer = Tokenizer(try Vocabulary(recognizing: place))
      #expect(tokenizer.encoded("the 123") == [257, 32, 49, 50, 51])
      #expect(try tokenizer.encoded("<|bos|>the", allowing: .all) == [258, 257])
      #expect(tokenizer.vocabulary.specialTokens.map(\.text) == ["<|bos|>", "<|user_start|>"])
    }
  }

  @Test("a pickle that is bent, or of something else, is refused")
  func refusals() throws {
    let good = try fixture("nanochat/tokenizer.pkl")
    for count in stride(from: 1, to: good.count, by: 97) {
      #expect(throws: InterchangeError.self) {
        try TiktokenPickle.vocabulary(Array(good.prefix(count)), path: "p")
      }
    }
    var generator = SeededGenerator(5)
    for _ in 0..<300 {
      var bent = good
      for _ in 0..<3 {
        bent[Int.random(in: bent.indices, using: &generator)] =
          UInt8.random(in: 0...255, using: &generator)
      }
      _ = try? TiktokenPickle.vocabulary(bent, path: "p")
    }
    let folder = try TemporaryFolder()
    let path = try folder.write("a.pkl", [0x80, 4, 0x7D, 0x2E])
    #expect(throws: LoadingError.self) { try Vocabulary(recognizing: path) }
  }
}
