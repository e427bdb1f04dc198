internal import GobbetBPE
internal import GobbetData
internal import GobbetFile
package import GobbetInterchange

/// Two files compared by what they hold, not by their bytes.
///
/// A vocabulary, tokens and tensors that both files hold are compared as such, so that it does not
/// matter how they are stored; all other sections by their digests. Signatures are no content.
///
/// ```swift
/// let comparison = try FileComparison("model.safetensors", "model.gobbet")
/// print(comparison.isSame, comparison.weights?.different.count ?? 0)
/// ```
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

  /// Sections that differ and aren't part of what is compared more closely.
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

  /// Says how many decoded bytes of the first file's tensors, or of its tokens at four bytes each, were
  /// compared.
  public typealias Progress = (_ byteCount: Int, _ total: Int) throws -> Void

  /// Compares the files at two paths; files of others by the tensors that both hold or, where not both
  /// do, by their vocabularies.
  ///
  /// - Throws: `FormatError`, `FileError` and the other errors of reading them; `LoadingError` for
  ///   a file of others that holds neither; what `progress` throws, which ends the comparison.
  /// - Complexity: O(bytes of both) where sections differ, in the memory of a few blocks.
  public init(
    _ firstPath: String, _ secondPath: String, progress: Progress = { _, _ in }
  ) throws {
    try self.init(OpenedFile(firstPath), OpenedFile(secondPath), progress: progress)
  }

  /// Compares two open files.
  package init(
    _ firstFile: OpenedFile, _ secondFile: OpenedFile, progress: Progress = { _, _ in }
  ) throws {
    let files = [firstFile, secondFile]
    secondFile.share(containersWith: firstFile)
    let isOurs = try files.map { file in
      guard let format = try file.format() else { return true }
      return format == .gobbet
    }
    guard isOurs == [true, true] else {
      (sections, tokens) = ([], nil)
      if let first = try WeightsInput(files[0]), let second = try WeightsInput(files[1]) {
        weights = try WeightsDifference(first.source, second.source, progress)
        vocabulary = nil
      } else {
        weights = nil
        vocabulary = try VocabularyDifference(Vocabulary(files[0]), Vocabulary(files[1]))
      }
      return
    }
    let first = try files[0].container()
    let second = try files[1].container()
    var differences = Self.differences(first, second)
    /// Takes the sections of a role out of the differences if both files can be compared in it.
    func explains(_ role: Role) -> Bool {
      guard role.isWhole(in: first), role.isWhole(in: second),
        differences.contains(where: { role.kinds.contains($0.section.kind) })
      else { return false }
      differences.removeAll { role.kinds.contains($0.section.kind) }
      return true
    }
    vocabulary =
      explains(.vocabulary)
      ? try VocabularyDifference(Vocabulary(first), Vocabulary(second)) : nil
    tokens =
      explains(.tokens)
      ? try TokenDifference(TokenDataset([first]), TokenDataset([second]), progress) : nil
    weights =
      explains(.weights)
      ? try WeightsDifference(
        WeightsReader(first, beside: firstFile.openContainers),
        WeightsReader(second, beside: firstFile.openContainers), progress) : nil
    sections = differences.map { section, change in
      SectionDifference(kind: section.kind.description, name: section.name, change: change)
    }
  }

  /// Sections that together are one thing.
  private struct Role {
    let kinds: Set<SectionKind>
    /// Those without which it cannot be read; a damaged file that was recovered may lack some.
    let required: [SectionKind]

    init(_ required: [SectionKind], optional: [SectionKind] = []) {
      kinds = Set(required + optional)
      self.required = required
    }

    func isWhole(in container: ContainerReader) -> Bool {
      required.allSatisfy { container.section($0) != nil }
    }

    static let vocabulary = Role(
      [.vocabularyHeader, .mergeLeft, .mergeRight], optional: [.mergeResult, .tokenStrings])
    static let tokens = Role(
      [.tokenHeader, .tokens, .tokenBlocks, .documentLengths], optional: [.tokenRanks, .lossMasks])
    static let weights = Role([.tensorTable, .tensorBlocks, .tensorData])
  }

  /// The sections whose digests differ or that one file lacks, in the order of the files.
  private static func differences(
    _ first: ContainerReader, _ second: ContainerReader
  ) -> [(section: ContainerSection, change: SectionDifference.Change)] {
    var differences: [(section: ContainerSection, change: SectionDifference.Change)] = []
    for section in first.sections where section.kind != .signature {
      if let other = second.section(section.kind, named: section.name) {
        if other.digest != section.digest { differences.append((section, .different)) }
      } else {
        differences.append((section, .onlyInFirst))
      }
    }
    for section in second.sections
    where section.kind != .signature && first.section(section.kind, named: section.name) == nil {
      differences.append((section, .onlyInSecond))
    }
    return differences
  }
}
