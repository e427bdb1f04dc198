/// What a conversion writes.
public enum ConversionFormat: String, Hashable, Sendable, CaseIterable {
  /// A Gobbet file.
  case gobbet
  /// tiktoken's ranks.
  case tiktoken
  /// Hugging Face's `tokenizer.json`.
  case tokenizerJSON = "tokenizer.json"
  /// GPT-2's `vocab.json`, with a `merges.txt` beside it.
  case vocabularyAndMerges = "vocab.json"
  /// A model of SentencePiece.
  case sentencePiece = "sentencepiece"
  /// safetensors.
  case safetensors
  /// Several safetensors files and their index.
  case safetensorsIndex = "safetensors.index.json"
  /// GGUF.
  case gguf
  /// A checkpoint of llm.c.
  case llmC = "llm.c"
  /// One NumPy array.
  case npy
  /// NumPy arrays in an archive that is not compressed.
  case npz

  /// Whether the format has no place for tensors.
  package var isForVocabularies: Bool {
    switch self {
    case .tiktoken, .tokenizerJSON, .vocabularyAndMerges, .sentencePiece: true
    default: false
    }
  }

  /// Whether the format has no place for a vocabulary.
  package var isForWeights: Bool { self != .gobbet && !isForVocabularies }

  /// The format that a file of this name usually has; nil if the name does not tell.
  public init?(ofFileNamed path: String) {
    let endings: [(String, Self)] = [
      (".gobbet", .gobbet), (".tiktoken", .tiktoken),
      (".safetensors.index.json", .safetensorsIndex),
      ("vocab.json", .vocabularyAndMerges), ("encoder.json", .vocabularyAndMerges),
      (".json", .tokenizerJSON), (".model", .sentencePiece),
      (".safetensors", .safetensors), (".gguf", .gguf), (".npy", .npy), (".npz", .npz),
    ]
    let found = endings.first { path.utf8.suffix($0.0.utf8.count).elementsEqual($0.0.utf8) }
    guard let found else { return nil }
    self = found.1
  }
}
