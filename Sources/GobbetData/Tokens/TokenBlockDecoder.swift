internal import GobbetBPE
internal import GobbetFile
internal import GobbetSystem

/// The stored bytes of a block → ids.
struct TokenBlockDecoder: Sendable {
  private enum Code: Sendable {
    case packed(PackedCode)
    case ranks(RankCode.Decoder)
  }

  private let header: TokenDatasetHeader
  private let code: Code
  private let pool: DecompressorPool

  /// A decoder for the blocks of a dataset, which checks zstd's checksums if `checksContent` says so.
  ///
  /// - Precondition: `table` is there where the codec uses ranks.
  init(_ header: TokenDatasetHeader, _ table: RankTable?, checksContent: Bool) {
    self.header = header
    pool = DecompressorPool(checksContent: checksContent)
    if let table {
      code = .ranks(RankCode.Decoder(table))
    } else {
      precondition(!header.codec.usesRanks, "TokenBlockDecoder: ranks without a table")
      code = .packed(PackedCode(width: header.bitWidth))
    }
  }

  /// How ids are stored where they have equal width; nil where blocks are compressed.
  var packed: PackedCode? {
    if case .packed(let code) = code { code } else { nil }
  }

  /// Puts the ids of a block into `ids`, which has room for exactly those.
  ///
  /// - Throws: `FormatError` if the bytes are not that many ids below the bound.
  func decode(
    _ stored: Span<UInt8>, byteCount: Int, into ids: inout MutableSpan<TokenID>
  ) throws(FormatError) {
    switch code {
    case .packed(let code):
      guard stored.count == code.byteCount(ids.count), byteCount == stored.count else {
        throw Self.damaged(
          "a block of \(stored.count.counted("byte")) for \(ids.count.counted("token"))")
      }
      let usedBitCount = ids.count * header.bitWidth & 7
      guard usedBitCount == 0 || stored[stored.count - 1] >> usedBitCount == 0 else {
        throw Self.damaged("unused bits that are not zero")
      }
      code.decode(stored, from: 0, into: &ids)
      // Widths hold ids that the vocabulary does not have; ranks do not.
      for index in ids.indices where ids[index] >= header.idBound {
        throw Self.damaged("token id \(ids[index]) is not below \(header.idBound)")
      }
    case .ranks(let decoder):
      // Two units a token at most: a length that lies is refused before anything is allocated.
      guard byteCount <= 4 * ids.count else {
        throw Self.damaged(
          "\(byteCount.counted("byte")) of units for \(ids.count.counted("token"))")
      }
      let units = try pool.decompressed(stored, byteCount: byteCount, field: "tokens.block")
      if let fault = decoder.decode(units.span, into: &ids) { throw Self.damaged(fault.rawValue) }
    }
  }

  private static func damaged(_ reason: String) -> FormatError {
    FormatError(code: .damaged(reason), offset: 0, field: "tokens.block")
  }
}
