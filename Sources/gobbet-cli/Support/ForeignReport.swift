import Gobbet

/// What `gobbet inspect` says of a file in the format of others.
struct ForeignReport: Encodable {
  let file: String
  let format: String
  let vocabulary: InspectionReport.VocabularyPart?
  /// Why the vocabulary in the file is none that is understood here.
  let vocabulary_problem: String?
  let weights: InspectionReport.WeightsPart?
  /// Which of the files of a model it is, if there are several.
  var part: String? = nil
  /// The names in a pickle that are not understood, none of which is called.
  var opaque_names: [String]? = nil

  /// Nil if the file is in none of the formats; the container's reader says what is wrong
  /// with it then.
  init?(_ opened: OpenedFile, key: String?, listingTensors: Progress?) throws {
    file = opened.path
    guard let found = try opened.format(), found != .gobbet else { return nil }
    guard let input = try WeightsInput(opened, alone: true, key: key) else {
      try Self.refuse(key, opened)
      format = found.reportName
      vocabulary = InspectionReport.VocabularyPart(try Vocabulary(opened))
      (weights, vocabulary_problem) = (nil, nil)
      return
    }
    if input.format != .pyTorch { try Self.refuse(key, opened) }
    format = input.format.reportName
    weights = try InspectionReport.WeightsPart(input.source, listing: listingTensors)
    part = (input.source as? GGUFReader)?.partOfModel.map {
      "file \($0.number) of \($0.count) of a model; convert takes all of them"
    }
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

  /// Refuses a key where there is no dictionary to choose.
  private static func refuse(_ key: String?, _ file: OpenedFile) throws {
    if key != nil {
      throw Failure(.usage, "--key: \(file.path) isn't a checkpoint of PyTorch")
    }
  }

  /// The same, for reading.
  var lines: [String] {
    ["\(file): \(format)" + (part.map { ", \($0)" } ?? "")] + (vocabulary?.lines ?? [])
      + (vocabulary_problem.map { ["vocabulary", "  \($0)"] } ?? []) + (weights?.lines ?? [])
      + (opaque_names.map { ["opaque names, never called"] + $0.map { "  \($0.cropped())" } } ?? [])
  }
}
