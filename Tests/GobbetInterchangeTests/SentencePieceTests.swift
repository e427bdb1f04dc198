import GobbetBPE
import GobbetInterchange
import TestSupport
import Testing

@Suite("Models of SentencePiece") struct SentencePieceTests {
  static func number(_ value: UInt64) -> [UInt8] {
    value < 0x80 ? [UInt8(value)] : [UInt8(value & 0x7F) | 0x80] + number(value >> 7)
  }

  static func field(_ number: UInt64, _ value: UInt64) -> [UInt8] {
    Self.number(number << 3) + Self.number(value)
  }

  static func field(_ number: UInt64, _ bytes: [UInt8]) -> [UInt8] {
    Self.number(number << 3 | 2) + Self.number(UInt64(bytes.count)) + bytes
  }

  static func piece(_ text: String, _ score: Float, _ type: UInt64 = 1) -> [UInt8] {
    field(
      1,
      field(1, Array(text.utf8)) + [0x15] + HandMadeFile.little(score.bitPattern) + field(3, type))
  }

  /// A model of BPE with the pieces, and what the normalizer is told.
  static func model(
    _ pieces: [[UInt8]], type: UInt64 = 2, normalizer: [UInt8] = field(4, 0)
  ) -> [UInt8] {
    pieces.flatMap { $0 } + field(2, field(3, type) + field(35, 1)) + field(3, normalizer)
  }

  static let pieces =
    [piece("<unk>", 0, 2), piece("<s>", 0, 3)]
    + (0..<256).map { piece(String(decoding: ByteTokens.text($0), as: UTF8.self), 0, 6) }
    + [piece("ab", -0.0), piece("bc", -1), piece("▁ab", -2), piece("abc", -3)]
    + ["▁", "a", "b", "c"].enumerated().map { piece($1, -4 - Float($0)) }

  private enum ByteTokens {
    static func text(_ byte: Int) -> [UInt8] {
      Array("<0x\(byte < 16 ? "0" : "")\(String(byte, radix: 16, uppercase: true))>".utf8)
    }
  }

  @Test("a model's pieces merge by score, and what isn't a piece becomes bytes")
  func merging() throws {
    let vocabulary = try SentencePieceModel.vocabulary(Self.model(Self.pieces), path: nil)
    let tokenizer = Tokenizer(vocabulary)
    #expect(tokenizer.encoded("ab bc") == [260, 262, 259])
    #expect(tokenizer.encoded("abc") == [260, 265])
    #expect(tokenizer.encoded("\n") == [262, 12])
    #expect(tokenizer.encoded("") == [])
    for text in ["ab bc", " a  b", "\u{e9}ab", "\n"] {
      #expect(try tokenizer.decoded(tokenizer.encoded(text)) == text)
      #expect(tokenizer.encoded(text) == ReferenceEncoder(vocabulary).encoded(Array(text.utf8)))
    }
    let start = FileSample(start: Array(Self.model(Self.pieces).prefix(4096)))
    #expect(try FileFormat(start) == .sentencePiece)
  }

  /// A model without bytes or a prefix; unknown is 0, and the pieces begin with 1.
  static func bareModel(
    _ pieces: [(String, Float, UInt64)], spaces removes: Bool = false
  ) throws -> Vocabulary {
    let all = [piece("<unk>", 0, 2)] + pieces.map { piece($0.0, $0.1, $0.2) }
    return try SentencePieceModel.vocabulary(
      all.flatMap { $0 } + field(2, field(3, 2))
        + field(3, field(3, 0) + field(4, removes ? 1 : 0)), path: nil)
  }

  /// What encoders of all kinds make of a text: the same.
  static func ids(of text: String, _ vocabulary: Vocabulary) -> [TokenID] {
    let ids = Tokenizer(vocabulary).encoded(text)
    #expect(ReferenceEncoder(vocabulary).encoded(Array(text.utf8)) == ids)
    var dropout = DropoutEncoder(Tokenizer(vocabulary), probability: 0, seed: 1)
    var others: [TokenID] = []
    dropout.encode(Array(text.utf8).span, into: &others)
    #expect(others == ids)
    return ids
  }

  @Test("of pieces of equal scores the leftmost comes first")
  func equalScores() throws {
    let vocabulary = try Self.bareModel([
      ("bc", -1, 1), ("ab", -1, 1), ("a", -2, 1), ("b", -2, 1), ("c", -2, 1),
    ])
    #expect(Self.ids(of: "abc", vocabulary) == [2, 5])
    #expect(Self.ids(of: "bcab", vocabulary) == [1, 2])
  }

  @Test("an unused piece leads to others, and is taken apart where it is left")
  func unusedPieces() throws {
    let vocabulary = try Self.bareModel([
      ("ab", -1, 5), ("abc", -2, 1), ("a", -3, 1), ("b", -3, 1), ("c", -3, 5),
    ])
    #expect(Self.ids(of: "abc", vocabulary) == [2])
    #expect(Self.ids(of: "abab", vocabulary) == [3, 4, 3, 4])
    // An unused character is unknown.
    #expect(Self.ids(of: "cab", vocabulary) == [0, 3, 4])
    var encoder = Tokenizer(vocabulary).makeEncoder()
    let tokens = try encoder.textTokens(of: Array("ab\u{e9}abc".utf8).span)
    #expect(tokens.map(\.range) == [0..<1, 1..<2, 2..<4, 4..<7])
    #expect(try Tokenizer(vocabulary).decoded([1, 2]) == "ababc")
  }

  @Test("a piece is made of characters that have no piece themselves")
  func charactersWithoutPieces() throws {
    let vocabulary = try Self.bareModel([("ab", -1, 1), ("abab", -2, 1), ("c", -3, 1)])
    #expect(Self.ids(of: "ab", vocabulary) == [1])
    #expect(Self.ids(of: "aababbc", vocabulary) == [0, 2, 0, 3])
    #expect(throws: InterchangeError.self) { try TokenizerJSON.text(of: vocabulary, path: nil) }
  }

  @Test("a letter repeated up to a thousand times is a piece, and what is beyond the bound says so")
  func nestedPieces() throws {
    func model(_ count: Int) throws -> Vocabulary {
      try Self.bareModel(
        (1...count).map { (String(repeating: "a", count: $0), -Float($0), 1) })
    }
    let vocabulary = try model(1000)
    #expect(vocabulary.merges.count == 999 * 1000 / 2)
    #expect(Tokenizer(vocabulary).encoded(String(repeating: "a", count: 1000)) == [1000])
    let error = #expect(throws: InterchangeError.self) { try model(1500) }
    #expect(
      error?.description.hasSuffix(
        "what the merges make is longer than 1073741824 bytes together: leave out long tokens that "
          + "many pairs make") == true, "\(String(describing: error))")
  }

  @Test("a symbol that the user defined stays as it is, and what the table makes isn't one")
  func protectedSymbols() throws {
    let vocabulary = try Self.bareModel(
      [("a  b", 0, 4), ("▁", -1, 1), ("a", -2, 1), ("b", -3, 1), ("  ", 0, 4)], spaces: true)
    #expect(Self.ids(of: "a  b", vocabulary) == [3, 2, 2, 4])
    #expect(Self.ids(of: "b  a", vocabulary) == [4, 2, 2, 3])
    #expect(Self.ids(of: "  b   a  ", vocabulary) == [4, 2, 2, 3])
  }

  @Test("a model that is bent, or of a kind that nothing can run, is refused in one line")
  func refusals() throws {
    func refusal(_ model: [UInt8]) throws -> String {
      let error = #expect(throws: InterchangeError.self) {
        try SentencePieceModel.vocabulary(model, path: "m")
      }
      return try "\(#require(error))"
    }
    let good = Self.model(Self.pieces)
    #expect(
      try refusal(Self.model(Self.pieces, type: 1))
        == "m: not supported: a SentencePiece model of type Unigram")
    #expect(
      try refusal(Self.model(Self.pieces, normalizer: Self.field(2, [1]) + Self.field(4, 0)))
        == "m, normalizer_spec.precompiled_charsmap: not a table of characters")
    #expect(
      try refusal(Self.model(Self.pieces, normalizer: Self.field(5, 0)))
        == "m: not supported: spaces that are not escaped")
    #expect(
      try refusal(Self.model(Self.pieces + [Self.piece("ab", 0)]))
        == "m, pieces[266]: is there twice")
    let long = Self.piece(String(repeating: "ab", count: 1025), -9)
    #expect(
      try refusal(Self.model(Self.pieces + [long]))
        == "m, pieces[266]: not supported: a piece of 2050 bytes")
    #expect(
      try refusal(Self.model(Self.pieces + [Self.piece("x", .nan)]))
        == "m, pieces[266]: has a score that isn't a finite number")
    #expect(
      try refusal([0x0A, 0x7F, 0x0A, 0x01])
        == "m, byte 0: not a SentencePiece model: a field of 127 bytes, 2 left")
    for count in stride(from: 1, to: good.count, by: 7) {
      // A cut model ends in an error, or between two fields.
      _ = try? SentencePieceModel.vocabulary(Array(good.prefix(count)), path: nil)
    }
    var generator = SeededGenerator(17)
    for _ in 0..<300 {
      var bent = good
      for _ in 0..<3 {
        bent[Int.random(in: bent.indices, using: &generator)] =
          UInt8.random(in: 0...255, using: &generator)
      }
      _ = try? SentencePieceModel.vocabulary(bent, path: nil)
    }
  }
}
