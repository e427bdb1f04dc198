import Foundation
import GobbetBPE
import GobbetInterchange
import TestSupport
import Testing

@Suite("WordPiece") struct WordPieceTests {
  static let lines = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "the", "##n", "É", "e", "##e", ","]
  static let text = lines.map { $0 + "\n" }.joined()

  private func vocabulary(_ text: String, configuration: String? = nil) throws -> Vocabulary {
    let folder = try TemporaryFolder()
    if let configuration {
      try folder.write("tokenizer_config.json", Array(configuration.utf8))
    }
    return try Vocabulary(recognizing: folder.write("vocab.txt", Array(text.utf8)))
  }

  @Test("a vocab.txt is BERT's: lower case, no accents, words of pieces")
  func vocabularyText() throws {
    let tokenizer = Tokenizer(try vocabulary(Self.text))
    #expect(tokenizer.encoded("Then, THE  \u{c9}\u{0}e") == [4, 5, 9, 4, 7, 8])
    #expect(tokenizer.encoded("thex theee") == [1, 4, 8, 8])
    #expect(tokenizer.encoded("[CLS]") == [1, 1, 1])
    #expect(try tokenizer.encoded("[CLS]the", allowing: .all) == [2, 4])
    #expect(try tokenizer.encoded("e", allowing: .none, adding: .template) == [2, 7, 3])
    #expect(try tokenizer.decoded([4, 5, 9, 4]) == "then, the")
    let long = String(repeating: "e", count: 100)
    #expect(tokenizer.encoded(long).count == 100)
    #expect(tokenizer.encoded(long + "e") == [1])
    #expect(try tokenizer.encoded(Self.text, allowing: .all).prefix(4) == [0, 1, 2, 3])
  }

  @Test("tokenizer_config.json beside it says whether letters stay as they are")
  func cased() throws {
    let cased = Tokenizer(try vocabulary(Self.text, configuration: #"{"do_lower_case": false}"#))
    #expect(cased.encoded("the \u{c9} The") == [4, 6, 1])
    let accents = Tokenizer(try vocabulary(Self.text, configuration: #"{"strip_accents": false}"#))
    #expect(accents.encoded("\u{c9} e") == [1, 7])
    #expect(throws: InterchangeError.self) {
      try vocabulary(Self.text, configuration: #"{"do_basic_tokenize": false}"#)
    }
  }

  @Test("a vocab.txt survives as a tokenizer.json, template and all")
  func asJSON() throws {
    let vocabulary = try vocabulary(Self.text)
    let text = try TokenizerJSON.text(of: vocabulary, path: nil)
    let again = try TokenizerJSON.vocabulary(text, path: nil)
    #expect(again == vocabulary)
    #expect(again.pipeline.template == vocabulary.pipeline.template)
  }

  @Test("a vocabulary comes into GGUF, its words begun by U+2581, and back")
  func asGGUF() throws {
    let folder = try TemporaryFolder()
    for configuration in [nil, #"{"do_lower_case": false}"#, #"{"strip_accents": false}"#] {
      let vocabulary = try vocabulary(Self.text, configuration: configuration)
      try GGUFVocabulary.write(vocabulary, to: folder.file("v.gguf"), replacing: true)
      let reader = try GGUFReader(folder.file("v.gguf"))
      let texts = reader["tokenizer.ggml.tokens"]?.elements?.map { $0.string ?? "" }
      #expect(
        texts == ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "▁the", "n", "▁É", "▁e", "e", "▁,"])
      let again = try #require(try reader.vocabulary())
      #expect(again == vocabulary)
      #expect(again.pipeline.template == vocabulary.pipeline.template)
    }
    let other = try vocabulary(
      Self.text, configuration: #"{"tokenize_chinese_chars": false}"#)
    #expect(throws: InterchangeError.self) {
      try GGUFVocabulary.write(other, to: folder.file("o.gguf"), replacing: false)
    }
  }

  @Test("a vocab.txt is written with what its tokenizer_config.json says, or refused")
  func writing() throws {
    for configuration in [nil, #"{"do_lower_case": false}"#, #"{"cls_token": "the"}"#] {
      let vocabulary = try vocabulary(
        Self.text.replacing("##n\n", with: "\n"), configuration: configuration)
      let folder = try TemporaryFolder()
      try vocabulary.write(to: folder.file("vocab.txt"), format: .wordPiece)
      let lines = try String(contentsOfFile: folder.file("vocab.txt"), encoding: .utf8)
      #expect(lines == Self.text.replacing("##n\n", with: "\n"))
      let again = try Vocabulary(recognizing: folder.file("vocab.txt"))
      #expect(again == vocabulary && again.pipeline == vocabulary.pipeline)
      // Beside a file of another name nothing says so.
      if configuration != nil {
        #expect(throws: InterchangeError.self) {
          try vocabulary.write(to: folder.file("words"), format: .wordPiece)
        }
      }
    }
    var pipeline = try vocabulary(Self.text).pipeline
    pipeline.normalizers = []
    let other = try vocabulary(Self.text).with(pipeline: pipeline)
    let error = #expect(throws: InterchangeError.self) {
      try other.write(to: TemporaryFolder().file("vocab.txt"), format: .wordPiece)
    }
    #expect(try "\(#require(error))".contains("other settings or special tokens"))
  }

  @Test("lines that come twice, and a vocabulary without its unknown token, are refused")
  func refusals() throws {
    for text in [Self.text + "the\n", "[PAD]\nthe\n"] {
      #expect(throws: InterchangeError.self) { try vocabulary(text) }
    }
  }

  @Test("models of other kinds are refused by their names")
  func models() {
    func refusal(_ model: String) -> String {
      let text = #"{"model": \#(model), "pre_tokenizer": null, "decoder": null}"#
      do {
        _ = try TokenizerJSON.vocabulary(Array(text.utf8), path: nil)
        return ""
      } catch {
        return "\(error)"
      }
    }
    #expect(refusal(#"{"type": "Unigram", "vocab": []}"#).hasSuffix("the model Unigram"))
    #expect(refusal(#"{"unk_id": 2, "vocab": [["a", 0]]}"#).hasSuffix("the model Unigram"))
    #expect(refusal(#"{"type": "WordLevel", "vocab": {}}"#).hasSuffix("the model WordLevel"))
  }
}
