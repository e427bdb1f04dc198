public import GobbetBPE
public import GobbetFile

extension Vocabulary {
  /// The vocabulary in the `.gobbet` file at `path`: a vocabulary file, or a dataset or weights that
  /// embed one.
  ///
  /// - Throws: `FormatError` if the file is damaged or holds no vocabulary; `FileError`.
  public init(contentsOf path: String) throws {
    try self.init(ContainerReader(path: path))
  }

  /// The vocabulary in an open container, as ``init(contentsOf:)`` reads it.
  ///
  /// - Throws: `FormatError`, and what the container's source throws.
  public init(_ container: ContainerReader) throws {
    try container.requireKnownSections()
    self = try VocabularySections.read(container)
  }

  /// Reads the vocabulary in an open container, and checks that it has the fingerprint that the file
  /// says, and that merges which follow from its tokens are those that the file lists.
  ///
  /// - Throws: `FormatError` (`digestMismatch` for another fingerprint), and what the container's
  ///   source throws.
  package static func verify(_ container: ContainerReader) throws {
    let vocabulary = try Vocabulary(container)
    if vocabulary.mergeRule == .ranks {
      guard try vocabulary.mergesByRank() == vocabulary.merges else {
        throw try VocabularySections.unlikeRanks(container)
      }
    }
    let computed = vocabulary.fingerprint
    let section = try container.requiredSection(.vocabularyHeader)
    let stored = try container.parsed(section) { content throws(FormatError) in
      try VocabularyHeader(content).fingerprint
    }
    guard stored == computed else {
      throw FormatError(
        code: .digestMismatch(stored: stored, computed: computed), offset: section.payloadOffset,
        field: "vocabulary.fingerprint", file: container.path)
    }
  }

  /// Writes the vocabulary to a file that appears at `path` when it is complete.
  ///
  /// - Throws: `FileError` if the file cannot be written, or is there and not to be replaced.
  public func write(to path: String, replacing: Bool = false) throws {
    var container = try ContainerWriter(path: path, profile: .vocabulary, replacing: replacing)
    try VocabularySections.write(self, to: &container)
    _ = try container.finish()
  }
}
