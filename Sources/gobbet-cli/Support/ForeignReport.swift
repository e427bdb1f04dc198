import Gobbet

/// What `gobbet inspect` says of a file in the format of others.
struct ForeignReport: Encodable {
  let file: String
  let format: String
  let vocabulary: InspectionReport.VocabularyPart?
  /// Why the vocabulary in the file is none that is understood here.
  let vocabulary_problem: String?
  let weights: InspectionReport.WeightsPart?
  /// The names in a pickle that are not understood, none of which is called.
  var opaque_names: [String]? = nil

  /// Nil if the file is in none of the formats; the container's reader says what is wrong
  /// with it then.
  init?(_ opened: OpenedFile, listingTensors: Progress?) throws {
    file = opened.path
    guard let found = try opened.format(), found != .gobbet else { return nil }
    guard let input = try WeightsInput(opened, alone: true) else {
      format = found.reportName
      vocabulary = InspectionReport.VocabularyPart(try Vocabulary(opened))
      (weights, vocabulary_problem) = (nil, nil)
      return
    }
    format = input.format.reportName
    weights = try InspectionReport.WeightsPart(input.source, listing: listingTensors)
    let names =
      try (input.source as? PyTorchReader)?.opaqueNames()
      ?? (input.source as? DistributedCheckpoint)?.opaqueNames() ?? []
    opaque_names = names.isEmpty ? nil : names
    // What lies beside the file isn't part of it; a tokenizer of another kind is no reason to show
    // nothing.
    let embedded = Result { try input.hasNeighbours ? nil : input.vocabulary }
    vocabulary = (try? embedded.get()).flatMap { $0 }.map { InspectionReport.VocabularyPart($0) }
    if case .failure(let error) = embedded {
      vocabulary_problem = "\(error)"
    } else {
      vocabulary_problem = nil
    }
  }

  /// The same, for reading.
  var lines: [String] {
    ["\(file): \(format)"] + (vocabulary?.lines ?? [])
      + (vocabulary_problem.map { ["vocabulary", "  \($0)"] } ?? []) + (weights?.lines ?? [])
      + (opaque_names.map { ["opaque names, never called"] + $0.map { "  \($0.cropped())" } } ?? [])
  }
}
