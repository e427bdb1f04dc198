import Gobbet

/// What `gobbet inspect` says of a file in the format of others.
struct ForeignReport: Encodable {
  let file: String
  let format: String
  let vocabulary: InspectionReport.VocabularyPart?
  let weights: InspectionReport.WeightsPart?

  /// Nil if the file at `path` is in none of the formats; the container's reader says what is wrong
  /// with it then.
  init?(_ path: String, listingTensors: Bool) throws {
    file = path
    switch try FileKind(recognizing: path) {
    case .tiktoken, .json, .sentencePiece:
      format =
        switch try FileKind(recognizing: path) {
        case .json: "json"
        case .sentencePiece: "sentencepiece"
        default: "tiktoken"
        }
      vocabulary = InspectionReport.VocabularyPart(try Vocabulary(recognizing: path))
      weights = nil
    case .gobbet, .empty, .other: return nil
    default:
      guard let input = try WeightsInput(recognizing: path) else { return nil }
      format = input.format
      // What lies beside the file is no part of it.
      vocabulary =
        input.format == "gguf" ? input.vocabulary.map { InspectionReport.VocabularyPart($0) } : nil
      weights = try InspectionReport.WeightsPart(input.source, listing: listingTensors)
    }
  }

  /// The same, for reading.
  var text: String {
    (["\(file): \(format)"] + (vocabulary?.lines ?? []) + (weights?.lines ?? []))
      .joined(separator: "\n")
  }
}
