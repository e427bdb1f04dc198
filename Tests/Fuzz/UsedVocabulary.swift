import GobbetBPE
import GobbetData

/// Encodes and decodes with a vocabulary, wherever it came from.
func use(_ vocabulary: Vocabulary) {
  _ = vocabulary.fingerprint
  let tokenizer = Tokenizer(vocabulary)
  let text = "hi! The 1,234 gobbets\n\n  of it's <|end|>"
  let ids = tokenizer.encoded(text)
  precondition((try? tokenizer.decoded(ids)) == text, "another text came back")
}
