internal import GobbetBPE
package import GobbetData
public import GobbetSystem

/// A format of files for vocabularies or weights: how it is recognised, what its files are called, what
/// they hold, and how they are read and written.
///
/// Each format is declared beside its reader and listed once, in ``allCases``. Nothing else has to know
/// of it.
public struct FileFormat: Sendable {
  /// The name on the command line and in errors.
  public let name: String
  /// What a report calls the format, where it doesn't tell formats of one program apart.
  package var reportName: String
  /// What the names of files end in that are to be written in this format.
  var endings: [String] = []
  /// The names that programs give a vocabulary in a folder.
  var folderNames: [String] = []
  /// What a file of the format is, with its article, for an error; nil where its signature says it.
  var noun: String?
  /// What to do with such a file where another was expected.
  var advice: String?
  /// Whether files of the format are text.
  package var isText = false
  /// Whether a file that begins so has the format; nil for a JSON object that only a parse tells.
  var recognizes: (@Sendable (FileSample) throws(FileError) -> Bool)?
  /// How vocabularies are read and written; nil if the format holds none.
  var vocabularies: Vocabularies?
  /// How weights are read and written; nil if the format holds none.
  var weights: Weights?

  init(_ name: String, reportName: String? = nil) {
    self.name = name
    self.reportName = reportName ?? name
  }

  /// How a format has vocabularies.
  struct Vocabularies: Sendable {
    /// The vocabulary in a file.
    var read: @Sendable (OpenedFile, VocabularyChoice) throws -> Vocabulary
    /// Whether a file leaves open how text is split.
    var leavesPatternOpen: @Sendable (OpenedFile) throws -> Bool = { _ in false }
    /// Writes a vocabulary; nil if the format has none without weights, or is only read.
    var write: (@Sendable (Vocabulary, _ path: String, _ replacing: Bool) throws -> Void)?
    /// What such a file does not say of a vocabulary that is written: a phrase each.
    var leavesOut: @Sendable (Vocabulary) -> [String] = { _ in [] }
  }

  /// What a reader of a vocabulary is told where the file does not say it.
  struct VocabularyChoice {
    var pattern: SplitPattern?
    /// The name of a set of special tokens.
    var specialTokens: String?
    /// Special tokens besides those of the set.
    var specials: [SpecialToken] = []
  }

  /// How a format has weights.
  struct Weights: Sendable {
    /// The weights in a file; nil if this one holds none.
    var read: @Sendable (OpenedFile, WeightsInput.Choice) throws -> WeightsInput?
    /// Whether weights are written in it.
    var isWritten = true
    /// A file that takes tensors as they are; nil where a writer needs more than those.
    var sink: (@Sendable (TensorFile) throws -> any TensorSink)?
    /// Whether weights carry keys and values.
    var holdsMetadata = false
    /// Whether readers look for a configuration and a vocabulary in files beside the weights.
    var hasNeighbours = false
    /// Whether weights may be cut into several files.
    var mayBeSeveralFiles = false
    /// Whether there is a place for one tensor only.
    var holdsOneTensor = false
    /// Whether elements may be stored in blocks.
    var storesBlocks = false
    /// Why elements of a type cannot be stored; nil if they can.
    var reasonAgainst: @Sendable (ElementType) -> String? = { _ in nil }
  }

  /// A file of tensors that is to be written.
  struct TensorFile {
    let path: String
    let tensors: [TensorDescription]
    let metadata: [(String, String)]
    let replacing: Bool
  }
}

extension FileFormat: CaseIterable {
  /// Every format, in the order in which a file is tried and a folder is searched.
  ///
  /// What many files could begin with comes late: a number of safetensors may look like anything that
  /// is told by two bytes, and JSON, a model of SentencePiece like text.
  public static let allCases: [FileFormat] = [
    .gobbet, .tiktoken, .tokenizerJSON, .safetensors, .safetensorsIndex, .gguf, .npy, .npz,
    .tiktokenPickle, .pyTorch, .llmC, .tekkenJSON, .json, .sentencePiece, .vocabularyAndMerges,
    .wordPiece,
  ]

  /// The formats that can be written.
  public static let writable = allCases.filter { $0.writesVocabularies || $0.writesWeights }

  /// The format of the file at `path`, told by its content, never by its name; nil if it has none of
  /// these.
  ///
  /// - Throws: `FileError`.
  public init?(recognizing path: String) throws(FileError) {
    guard let format = try OpenedFile(path).format() else { return nil }
    self = format
  }

  /// The format of a file that begins so; nil if it has none of these.
  package init?(_ sample: FileSample) throws(FileError) {
    for format in Self.allCases {
      if let recognizes = format.recognizes, try recognizes(sample) {
        self = format
        return
      }
    }
    return nil
  }

  /// The format in which a file of this name is written; nil if the name does not tell.
  public init?(ofFileNamed path: String) {
    var longest: (format: FileFormat, byteCount: Int)?
    for format in Self.writable {
      for ending in format.endings
      where path.utf8.suffix(ending.utf8.count).elementsEqual(ending.utf8)
        && ending.utf8.count > longest?.byteCount ?? 0
      { longest = (format, ending.utf8.count) }
    }
    guard let longest else { return nil }
    self = longest.format
  }

  /// The writable format of that name; nil if there is none.
  public init?(named name: String) {
    guard let format = Self.writable.first(where: { $0.name == name }) else { return nil }
    self = format
  }
}

extension FileFormat: Hashable, CustomStringConvertible {
  /// Whether two are the same format: names are unique.
  public static func == (left: FileFormat, right: FileFormat) -> Bool { left.name == right.name }

  /// Hashes the name.
  public func hash(into hasher: inout Hasher) { hasher.combine(name) }

  /// The name.
  public var description: String { name }
}

extension FileFormat {
  /// Whether a vocabulary can be written alone.
  package var writesVocabularies: Bool { vocabularies?.write != nil }

  /// What a file of this format does not say of a vocabulary: a phrase each.
  package func parts(leftOutOf vocabulary: Vocabulary) -> [String] {
    vocabularies?.leavesOut(vocabulary) ?? []
  }

  /// Whether weights can be written.
  package var writesWeights: Bool { weights?.isWritten == true }

  /// Whether files of the format are there for weights.
  package var holdsWeights: Bool { weights != nil }

  /// Whether weights in this format carry keys and values.
  package var holdsMetadata: Bool { weights?.holdsMetadata == true }

  /// Whether readers of this format look for a configuration and a vocabulary in files beside it.
  package var hasNeighbours: Bool { weights?.hasNeighbours == true }

  /// Whether weights may be stored in blocks.
  package var storesBlocks: Bool { weights?.storesBlocks == true }

  /// A file of this format at `path` that takes tensors under the names that they have.
  ///
  /// - Throws: `LoadingError` for a format that has no place for them; `InterchangeError`
  ///   (`notRepresentable`) for a tensor that it cannot hold; `FileError`.
  package func sink(
    _ tensors: [TensorDescription], metadata: [(String, String)], at path: String, replacing: Bool
  ) throws -> any TensorSink {
    guard let sink = weights?.sink else {
      throw LoadingError(path: path, reason: "\(name) does not hold such tensors")
    }
    return try sink(
      TensorFile(path: path, tensors: tensors, metadata: metadata, replacing: replacing))
  }
}
