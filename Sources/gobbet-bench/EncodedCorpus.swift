import ArgumentParser
import Gobbet

/// A corpus, and the vocabulary to encode it with.
struct EncodedCorpus: ParsableArguments {
  @Option(help: "A .gobbet vocabulary, a tiktoken file or a tokenizer.json.")
  var vocabulary: String

  @Option(help: "The name of the pattern, for files that do not say.")
  var pattern: String?

  @Option(help: "A corpus; repeatable.")
  var corpus: [String]

  /// The vocabulary.
  func loadedVocabulary() throws -> Vocabulary {
    try Vocabulary(recognizing: vocabulary, pattern: try pattern.map { try namedPattern($0) })
  }
}
