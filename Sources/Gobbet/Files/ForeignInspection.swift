internal import GobbetBPE
internal import GobbetData
internal import GobbetFile
package import GobbetInterchange

/// What `gobbet inspect` says of a file in the format of others.
package struct ForeignInspection: Sendable {
  package let file: String
  package let format: String
  package let vocabulary: InspectionReport.VocabularyPart?
  /// Why the vocabulary in the file is none that is understood here.
  package let vocabularyProblem: String?
  package let weights: InspectionReport.WeightsPart?
  /// Which of the files of a model it is, if there are several.
  package private(set) var part: String?
  /// The names in a pickle that are not understood, none of which is called.
  package private(set) var opaqueNames: [String]?

  /// Nil if the file is in none of the formats; the container's reader says what is wrong
  /// with it then.
  package init?(
    _ opened: OpenedFile, key: String?, listingTensors: InspectionReport.Progress?
  ) throws {
    file = opened.path
    guard let found = try opened.format(), found != .gobbet else { return nil }
    guard let input = try WeightsInput(opened, alone: true, key: key) else {
      try Self.refuse(key, opened)
      format = found.reportName
      vocabulary = InspectionReport.VocabularyPart(try Vocabulary(opened))
      (weights, vocabularyProblem) = (nil, nil)
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
    opaqueNames = names.isEmpty ? nil : names
    // What lies beside the file isn't part of it; a tokenizer of another kind is no reason to show
    // nothing.
    let embedded = Result { try input.hasNeighbours ? nil : input.vocabulary }
    vocabulary = (try? embedded.get()).flatMap { $0 }.map { InspectionReport.VocabularyPart($0) }
    vocabularyProblem = if case .failure(let error) = embedded { "\(error)" } else { nil }
  }

  /// Refuses a key where there is no dictionary to choose.
  private static func refuse(_ key: String?, _ file: OpenedFile) throws(ConversionOptionError) {
    if key != nil {
      throw ConversionOptionError(.key, "\(file.path) isn't a checkpoint of PyTorch")
    }
  }

  /// The report as `--json` prints it.
  package var json: JSONReport {
    .object([
      "file": .text(file), "format": .text(format), "vocabulary": vocabulary?.json,
      "vocabulary_problem": vocabularyProblem.map { .text($0) }, "weights": weights?.json,
      "part": part.map { .text($0) }, "opaque_names": opaqueNames.map { .texts($0) },
    ])
  }
}

/// What a file of any format holds.
package enum FileInspection: Sendable {
  case gobbet(InspectionReport)
  case foreign(ForeignInspection)

  /// Inspects an open file; `key` leads to the tensors in a checkpoint of PyTorch.
  ///
  /// - Throws: `ConversionOptionError` for a key that leads nowhere; the errors of the format; `LoadingError`
  ///   for a file of none; what `listingTensors` throws.
  package init(
    _ file: OpenedFile, key: String? = nil, listingTensors: InspectionReport.Progress? = nil
  ) throws {
    if let report = try ForeignInspection(file, key: key, listingTensors: listingTensors) {
      self = .foreign(report)
      return
    }
    if key != nil {
      throw ConversionOptionError(.key, "\(file.path) isn't a checkpoint of PyTorch")
    }
    do {
      self = .gobbet(
        try InspectionReport(try file.container(), listingTensors: listingTensors))
    } catch let error as FormatError {
      // What is damaged is told by the reader, what is something else by its own name.
      guard case .notAContainer("it begins otherwise") = error.code else { throw error }
      throw try FileDescription.error(file, wanted: "a vocabulary, tokens or weights")
    }
  }

  /// The report as `--json` prints it.
  package var json: JSONReport {
    switch self {
    case .gobbet(let report): report.json
    case .foreign(let report): report.json
    }
  }
}
