package import GobbetBPE
package import GobbetFile

/// The stored bytes of a block, and how many they decode to.
package struct EncodedTokenBlock: Sendable {
  let stored: [UInt8]
  let byteCount: Int
}

/// Ids → the stored bytes of a block; shared by threads, each of which brings its compressor.
package struct TokenBlockEncoder: Sendable {
  private let width: Int
  private let ranks: RankCode.Encoder?

  /// An encoder for the blocks of a dataset of ids below `idBound`.
  ///
  /// - Precondition: `table` is there where the codec uses ranks.
  package init(_ codec: TokenCodec, idBound: Int, _ table: RankTable?) {
    precondition(table != nil || !codec.usesRanks, "TokenBlockEncoder: no ranks")
    width = codec.bitWidth(idBound: idBound)
    ranks = table.map(RankCode.Encoder.init)
  }

  /// A compressor for blocks of this codec.
  package static func compressor(_ codec: TokenCodec) -> Compressor {
    // Matches of four bytes are two tokens; zstd's own choice of five would be three. The checksum
    // takes 0.025 % of a file of codec rank (English prose, GPT-2), and 0.0004 % of one of archive.
    Compressor(level: codec.level, minMatch: 4, checksum: true)
  }

  /// The stored form of `ids`.
  ///
  /// - Precondition: all ids are below the header's bound.
  package func encode(_ ids: Span<TokenID>, _ compressor: Compressor) -> EncodedTokenBlock {
    guard let ranks else {
      let bytes = PackedCode(width: width).encoded(ids)
      return EncodedTokenBlock(stored: bytes, byteCount: bytes.count)
    }
    let bytes = ranks.encoded(ids)
    var frame: [UInt8] = []
    compressor.compress(bytes.span, into: &frame)
    return EncodedTokenBlock(stored: frame, byteCount: bytes.count)
  }
}
