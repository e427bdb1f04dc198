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
    case .tiktoken, .json:
      format = try FileKind(recognizing: path) == .json ? "json" : "tiktoken"
      vocabulary = InspectionReport.VocabularyPart(try Vocabulary(recognizing: path))
      weights = nil
    case .gobbet, .empty, .other: return nil
    default:
      guard let input = try WeightsInput(recognizing: path, alone: true) else { return nil }
      format = input.format
      // What lies beside the file is no part of it.
      vocabulary = input.format == "gguf" ? Self.vocabulary(of: input) : nil
      weights = try InspectionReport.WeightsPart(input.source, listing: listingTensors)
    }
  }

  /// The vocabulary in a file; one of another kind is only named, for the tensors are there all the
  /// same.
  private static func vocabulary(of input: WeightsInput) -> InspectionReport.VocabularyPart? {
    do {
      return try input.vocabulary.map { InspectionReport.VocabularyPart($0) }
    } catch {
      note("\(error)")
      return nil
    }
  }

  /// The same, for reading.
  var text: String {
    (["\(file): \(format)"] + (vocabulary?.lines ?? []) + (weights?.lines ?? []))
      .joined(separator: "\n")
  }
}
