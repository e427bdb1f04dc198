import GobbetBPE
import GobbetInterchange
import TestSupport
import Testing

/// The lengths are compared with those of `tokenizers` in `test_lengths.py`.
@Suite("The lengths that a tokenizer.json gives its texts") struct TruncationTests {
  private func vocabulary(_ parts: [String: String]) throws -> Vocabulary {
    var ranks = TokenTable()
    for byte in UInt8.min...UInt8.max { try ranks.append([byte]) }
    let plain = try Vocabulary(ranks: ranks, pattern: .gpt2, specialTokens: .none)
    return try plain.with(pipeline: TextPipeline(keptParts: parts))
  }

  @Test("a text is cut at either end, and what is put around it stays")
  func cuts() throws {
    var right = [1, 10, 11, 12, 13, 2, 3]
    try Truncation(maximumCount: 5).apply(to: &right, front: 1, behind: 2)
    #expect(right == [1, 10, 11, 2, 3])
    var left = [1, 10, 11, 12, 13, 2, 3]
    try Truncation(maximumCount: 5, end: .left).apply(to: &left, front: 1, behind: 2)
    #expect(left == [1, 12, 13, 2, 3])
    var short = [1, 2, 3]
    try Truncation(maximumCount: 3).apply(to: &short, front: 1, behind: 2)
    #expect(short == [1, 2, 3])
    #expect(throws: TruncationError.self) {
      try Truncation(maximumCount: 2).apply(to: &short, front: 1, behind: 2)
    }
  }

  @Test("a text is filled up to a length, or to a multiple of the longest of a batch")
  func fills() {
    let padding = Padding(token: 9, multiple: 4, end: .left)
    #expect(padding.count(longest: 5) == 8)
    #expect(padding.count(longest: 8) == 8)
    #expect(Padding(token: 9, fixedCount: 6, multiple: 4).count(longest: 99) == 8)
    var ids = [1, 2, 3]
    padding.apply(to: &ids, count: 5, filler: 9)
    #expect(ids == [9, 9, 1, 2, 3])
    Padding(token: 9).apply(to: &ids, count: 4, filler: 9)
    #expect(ids.count == 5)
  }

  @Test("what a vocabulary has kept is read, and refused by its field where it isn't valid")
  func kept() throws {
    let whole = try vocabulary([
      "truncation":
        #"{"direction":"Left","max_length":5,"strategy":"LongestFirst","stride":0}"#,
      "padding":
        #"{"strategy":{"Fixed":7},"direction":"Right","pad_to_multiple_of":null,"pad_id":3}"#,
    ])
    #expect(try Truncation(of: whole) == Truncation(maximumCount: 5, end: .left))
    #expect(try Padding(of: whole) == Padding(token: 3, fixedCount: 7))
    #expect(try Truncation(of: vocabulary([:])) == nil)
    for (key, text, field) in [
      ("truncation", #"{"max_length":-1}"#, "max_length"),
      ("truncation", #"{"max_length":1,"strategy":"OnlySecond"}"#, "strategy"),
      ("truncation", #"{"max_length":1,"direction":"Up"}"#, "direction"),
      ("padding", #"{"pad_id":"x"}"#, "pad_id"),
      ("padding", #"{"pad_id":1,"strategy":{"Fixed":"x"}}"#, "strategy"),
    ] {
      let broken = try vocabulary([key: text])
      let error = #expect(throws: InterchangeError.self) {
        _ = try Truncation(of: broken)
        _ = try Padding(of: broken)
      }
      #expect(error?.path == key)
      #expect(error?.field == field)
    }
  }
}
