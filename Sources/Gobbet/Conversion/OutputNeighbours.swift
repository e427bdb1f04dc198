internal import GobbetBPE
internal import GobbetData
internal import GobbetInterchange
internal import GobbetSystem

/// The files beside weights that hold what the format of the weights has no place for: a `config.json`
/// and a `tokenizer.json`.
///
/// A file that is there and says the same stays as it is.
struct OutputNeighbours {
  private let replacing: Bool
  private var configuration: (path: String, text: [UInt8])?
  private var generation: (path: String, text: [UInt8])?
  private var vocabulary: (path: String, value: Vocabulary)?
  private var besideVocabulary: [(path: String, text: [UInt8])] = []

  /// Finds out which files are to be written beside the weights at `path`.
  ///
  /// - Throws: `LoadingError` for a file that is there and says something else, unless it is to be
  ///   replaced.
  init(
    of path: String, configuration: GPT2Configuration?, familyConfiguration: String?,
    generationConfiguration: String? = nil, vocabulary: Vocabulary?, elementType: ElementType?,
    replacing: Bool
  ) throws {
    self.replacing = replacing
    if let text = familyConfiguration.map({ Array($0.utf8) }) {
      let place = siblingPath("config.json", of: path)
      if (try? wholeFile(place, limit: 1 << 24)) != text {
        try Self.requireFree(place, replacing)
        self.configuration = (place, text)
      }
    }
    if let text = generationConfiguration.map({ Array($0.utf8) }) {
      let place = siblingPath("generation_config.json", of: path)
      if (try? wholeFile(place, limit: 1 << 24)) != text {
        try Self.requireFree(place, replacing)
        generation = (place, text)
      }
    }
    if let configuration = configuration?.completed(with: vocabulary) {
      let place = siblingPath("config.json", of: path)
      let isSame = (try? GPT2Configuration(contentsOf: place))?.agrees(with: configuration) == true
      if !isSame {
        try Self.requireFree(place, replacing)
        self.configuration = (place, configuration.huggingFaceText(elementType: elementType))
      }
    }
    if let vocabulary {
      let place = siblingPath("tokenizer.json", of: path)
      if (try? TokenizerJSON.vocabulary(contentsOf: place)) != vocabulary {
        try Self.requireFree(place, replacing)
        self.vocabulary = (place, vocabulary)
      }
      besideVocabulary = try TokenizerNeighbours.files(
        of: vocabulary, beside: place, replacing: replacing)
    }
  }

  private static func requireFree(_ path: String, _ replacing: Bool) throws {
    guard exists(path), !replacing else { return }
    throw LoadingError(
      path: path,
      reason: "is there, and is not of the model that is written beside it; write into another "
        + "folder, or replace it with --force")
  }

  /// Writes the files, and calls `body`; if that fails, those that were not there before go again.
  ///
  /// - Throws: `FileError`, `InterchangeError` for a vocabulary that `tokenizer.json` cannot hold;
  ///   what `body` throws.
  func write(andThen body: () throws -> Void) throws {
    var created: [String] = []
    func willWrite(_ path: String) { if !exists(path) { created.append(path) } }
    do {
      if let (path, value) = vocabulary {
        willWrite(path)
        try TokenizerJSON.write(value, to: path, replacing: replacing)
      }
      for case (let path, let text)? in [configuration, generation] + besideVocabulary {
        willWrite(path)
        var file = try AtomicFile(path, replacing: replacing)
        try file.write(text.span)
        try file.commit()
      }
      try body()
    } catch {
      for path in created { try? removeFile(path) }
      throw error
    }
  }
}
