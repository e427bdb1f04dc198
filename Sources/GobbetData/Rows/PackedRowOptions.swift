/// How documents are packed into rows of one length.
public struct PackedRowOptions: Hashable, Sendable {
  /// What becomes of a document that is longer than a row.
  @nonexhaustive public enum LongDocuments: UInt8, Hashable, Sendable {
    /// Its other tokens go into further rows.
    case split = 1
    /// Its other tokens are left out.
    case crop = 2
    /// All of it is left out.
    case drop = 3
    /// There are no rows: ``PackedRows`` throws.
    case fail = 4
  }

  /// What becomes of the room that no document fits into.
  @nonexhaustive public enum Gaps: UInt8, Hashable, Sendable {
    /// It is filled with padding.
    case pad = 1
    /// It is filled with the beginning of a document, the rest of which is left out; what would be
    /// the last row of a group is left out unless it becomes full.
    case crop = 2
  }

  /// Tokens of each row.
  public var length: Int
  /// What becomes of documents longer than a row.
  public var longDocuments: LongDocuments
  /// What becomes of room that is left in a row.
  public var gaps: Gaps
  /// Documents that are packed together, those that follow one another in the dataset.
  ///
  /// Larger groups leave less room; the tokens of a row lie anywhere in its group, so that smaller
  /// ones decode fewer blocks of a compressed dataset where rows are read in the order of groups.
  public var groupDocumentCount: Int

  /// Creates options.
  ///
  /// - Precondition: the length is from 1 to 2²⁴, the group from 1 to 2³⁰.
  public init(
    length: Int, longDocuments: LongDocuments = .split, gaps: Gaps = .pad,
    groupDocumentCount: Int = 1 << 18
  ) {
    precondition(
      Self.lengths.contains(length) && Self.groups.contains(groupDocumentCount),
      "PackedRowOptions: no such length or group")
    self.length = length
    self.longDocuments = longDocuments
    self.gaps = gaps
    self.groupDocumentCount = groupDocumentCount
  }

  /// The lengths that rows may have.
  public static let lengths = 1...(1 << 24)
  /// How many documents a group may have.
  package static let groups = 1...(1 << 30)
}
