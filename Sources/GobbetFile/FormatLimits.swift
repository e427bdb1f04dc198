internal import GobbetSystem

/// Bounds that are part of the format; `Spec/Container.md` lists them.
public enum FormatLimits {
  /// Every header, section, table and trailer begins at a multiple of this.
  public static let alignment = 64
  /// Bytes of the largest file.
  public static let maximumFileByteCount = 1 << 60
  /// Bytes of the largest table of contents.
  public static let maximumTableByteCount = 64 << 20
  /// Bytes of the longest section name.
  public static let maximumNameByteCount = 512
  /// Decoded bytes of the largest block.
  public static let maximumBlockByteCount = 8 << 20
  /// Bytes of the largest metadata.
  public static let maximumMetadataByteCount = 16 << 20
  /// Bytes that a reader allocates for one section where the caller does not say.
  public static let defaultBudget = 1 << 32
  /// Bytes that a reader builds for one index, such as the documents of a dataset or the names of
  /// tensors, where the caller does not say and the file is small; of large files four times their
  /// size.
  ///
  /// A few kilobytes can stand for gigabytes of such an index. `GOBBET_INDEX_BUDGET` in the environment
  /// is another number for all files.
  public static let leastIndexBudget = 256 << 20

  /// Bytes that verifying decodes of a small file.
  static let leastDecodingBudget = 4 << 30
  /// What the environment allows verifying to decode; nil if it says nothing.
  static let environmentDecodingBudget = environmentNumber("GOBBET_DECODING_BUDGET")

  /// What the environment allows for an index; nil if it says nothing.
  static let environmentIndexBudget = environmentNumber("GOBBET_INDEX_BUDGET")

  /// The next multiple of `alignment`, a power of two; nil on overflow.
  static func aligned(_ offset: Int, to alignment: Int = FormatLimits.alignment) -> Int? {
    let (sum, overflow) = offset.addingReportingOverflow(alignment - 1)
    return overflow ? nil : sum & ~(alignment - 1)
  }
}
