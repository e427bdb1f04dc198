internal import GobbetBPE
internal import GobbetFile

/// Ids → the stored bytes of a block.
struct TokenBlockEncoder {
  private let header: TokenDatasetHeader
  private let ranks: RankCode.Encoder?
  private let compressor: Compressor

  /// An encoder for the blocks of a dataset.
  ///
  /// - Precondition: `table` is there where the codec uses ranks.
  init(_ header: TokenDatasetHeader, _ table: RankTable?) {
    precondition(table != nil || !header.codec.usesRanks, "TokenBlockEncoder: no ranks")
    self.header = header
    ranks = table.map(RankCode.Encoder.init)
    // Matches of four bytes are two tokens; zstd's own choice of five would be three.
    compressor = Compressor(level: header.codec.level, minMatch: 4)
  }

  /// The stored bytes of `ids`, and how many they decode to.
  ///
  /// - Precondition: all ids are below the header's bound.
  func encode(_ ids: Span<TokenID>) -> (stored: [UInt8], byteCount: Int) {
    guard let ranks else {
      let bytes = PackedCode(width: header.bitWidth).encoded(ids)
      return (bytes, bytes.count)
    }
    let bytes = ranks.encoded(ids)
    var frame: [UInt8] = []
    compressor.compress(bytes.span, into: &frame)
    return (frame, bytes.count)
  }
}
