import Gobbet

/// What `gobbet inspect` says of a file in the format of others.
struct ForeignReport: Encodable {
  let file: String
  let format: String
  let vocabulary: InspectionReport.VocabularyPart?
  /// Why the vocabulary in the file is none that is understood here.
  let vocabulary_problem: String?
  let weights: InspectionReport.WeightsPart?

  /// Nil if the file is in none of the formats; the container's reader says what is wrong
  /// with it then.
  init?(_ opened: OpenedFile, listingTensors: Bool) throws {
    file = opened.path
    let kind = try opened.kind()
    switch kind {
    case .tiktoken, .json, .sentencePiece, .wordPiece:
      format =
        switch kind {
        case .json: "json"
        case .sentencePiece: "sentencepiece"
        case .wordPiece: "wordpiece"
        default: "tiktoken"
        }
      vocabulary = InspectionReport.VocabularyPart(try Vocabulary(opened))
      (weights, vocabulary_problem) = (nil, nil)
    case .gguf:
      format = "gguf"
      let reader = try GGUFReader(opened, alone: true)
      weights = try InspectionReport.WeightsPart(reader, listing: listingTensors)
      // A tokenizer of another kind is no reason to show nothing.
      let found = Result { try reader.vocabulary() }
      vocabulary = (try? found.get()).flatMap { $0 }.map { InspectionReport.VocabularyPart($0) }
      if case .failure(let error) = found {
        vocabulary_problem = "\(error)"
      } else {
        vocabulary_problem = nil
      }
    case .gobbet, .empty, .other: return nil
    default:
      guard let input = try WeightsInput(opened, alone: true) else { return nil }
      format = input.format
      // What lies beside the file is no part of it.
      (vocabulary, vocabulary_problem) = (nil, nil)
      weights = try InspectionReport.WeightsPart(input.source, listing: listingTensors)
    }
  }

  /// The same, for reading.
  var lines: [String] {
    ["\(file): \(format)"] + (vocabulary?.lines ?? [])
      + (vocabulary_problem.map { ["vocabulary", "  \($0)"] } ?? []) + (weights?.lines ?? [])
  }
}
