internal import GobbetBPE
internal import GobbetData
internal import GobbetFile

/// Two files compared by what they hold, not by their bytes.
///
/// A vocabulary, tokens and tensors that both files hold are compared as such, so that it does not
/// matter how they are stored; all other sections by their digests. Signatures are no content.
public struct FileComparison: Sendable {
  /// A section that both files do not have alike.
  public struct SectionDifference: Hashable, Sendable, Encodable {
    /// How the files differ in it.
    public enum Change: String, Hashable, Sendable, Encodable {
      /// The second file does not have it.
      case onlyInFirst = "only_in_first"
      /// The first file does not have it.
      case onlyInSecond = "only_in_second"
      /// Both have it, with other content.
      case different
    }

    /// Its kind, four letters.
    public let kind: String
    /// Its name; empty for kinds of which there is one.
    public let name: String
    /// How the files differ in it.
    public let change: Change
  }

  /// Sections that differ and are no part of what is compared more closely.
  public let sections: [SectionDifference]
  /// How the vocabularies differ; nil if they do not, or not both files have one.
  public let vocabulary: VocabularyDifference?
  /// How the tokens differ; nil if they do not, or not both files have some.
  public let tokens: TokenDifference?
  /// How the tensors differ; nil if they do not, or not both files have some.
  public let weights: WeightsDifference?

  /// Whether both files hold the same.
  public var isSame: Bool {
    sections.isEmpty && vocabulary == nil && tokens == nil && weights == nil
  }

  /// Compares the files at two paths.
  ///
  /// - Throws: ``FormatError``, ``FileError`` and the other errors of reading them.
  /// - Complexity: O(bytes of both) where sections differ, in the memory of two tensors.
  public init(_ firstPath: String, _ secondPath: String) throws {
    let first = try ContainerReader(path: firstPath)
    let second = try ContainerReader(path: secondPath)
    let differences = Self.differences(first, second)
    let firstHoldings = FileHoldings(first)
    let secondHoldings = FileHoldings(second)
    func differ(_ kinds: [SectionKind], _ holds: KeyPath<FileHoldings, Bool>) -> Bool {
      firstHoldings[keyPath: holds] && secondHoldings[keyPath: holds]
        && differences.contains { difference in
          kinds.contains { $0.description == difference.kind }
        }
    }
    var explained: [SectionKind] = []
    vocabulary =
      try differ(Self.vocabularyKinds, \.vocabulary)
      ? VocabularyDifference(
        Vocabulary(contentsOf: firstPath), Vocabulary(contentsOf: secondPath)) : nil
    if differ(Self.vocabularyKinds, \.vocabulary) { explained += Self.vocabularyKinds }
    tokens =
      try differ(Self.tokenKinds, \.tokens)
      ? TokenDifference(TokenDataset(path: firstPath), TokenDataset(path: secondPath)) : nil
    if differ(Self.tokenKinds, \.tokens) { explained += Self.tokenKinds }
    weights =
      try differ(Self.weightKinds, \.weights)
      ? WeightsDifference(WeightsReader(path: firstPath), WeightsReader(path: secondPath)) : nil
    if differ(Self.weightKinds, \.weights) { explained += Self.weightKinds }
    sections = differences.filter { difference in
      !explained.contains { $0.description == difference.kind }
    }
  }

  private static let vocabularyKinds: [SectionKind] = [
    .vocabularyHeader, .mergeLeft, .mergeRight, .mergeResult, .tokenStrings,
  ]
  private static let tokenKinds: [SectionKind] = [
    .tokenHeader, .tokenRanks, .tokens, .tokenBlocks, .documentLengths,
  ]
  private static let weightKinds: [SectionKind] = [.tensorTable, .tensorBlocks, .tensorData]

  /// The sections whose digests differ or that one file lacks, in the order of the files.
  private static func differences(
    _ first: ContainerReader, _ second: ContainerReader
  ) -> [SectionDifference] {
    var differences: [SectionDifference] = []
    func add(_ section: Section, _ change: SectionDifference.Change) {
      differences.append(
        SectionDifference(kind: section.kind.description, name: section.name, change: change))
    }
    for section in first.sections where section.kind != .signature {
      guard let other = second.section(section.kind, named: section.name) else {
        add(section, .onlyInFirst)
        continue
      }
      if other.digest != section.digest { add(section, .different) }
    }
    for section in second.sections
    where section.kind != .signature && first.section(section.kind, named: section.name) == nil {
      add(section, .onlyInSecond)
    }
    return differences
  }
}
