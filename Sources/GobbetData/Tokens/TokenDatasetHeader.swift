package import GobbetFile
internal import GobbetSystem

/// What a dataset says of itself, in the section `token header`.
package struct TokenDatasetHeader: Hashable, Sendable {
  static let byteCount = 64

  var tokenCount: Int
  var documentCount: Int
  var idBound: Int
  var blockTokenCount: Int
  var codec: TokenCodec
  var fingerprint: ContentDigest

  package init(
    tokenCount: Int, documentCount: Int, idBound: Int, blockTokenCount: Int, codec: TokenCodec,
    fingerprint: ContentDigest
  ) {
    self.tokenCount = tokenCount
    self.documentCount = documentCount
    self.idBound = idBound
    self.blockTokenCount = blockTokenCount
    self.codec = codec
    self.fingerprint = fingerprint
  }

  /// How many blocks the tokens are in.
  var blockCount: Int {
    tokenCount / blockTokenCount + (tokenCount.isMultiple(of: blockTokenCount) ? 0 : 1)
  }

  /// The tokens of one block.
  func tokens(inBlock block: Int) -> Range<Int> {
    let start = block * blockTokenCount
    return start..<(start + min(blockTokenCount, tokenCount - start))
  }

  /// Bits of each id where the codec stores them in equal width.
  var bitWidth: Int { codec.bitWidth(idBound: idBound) }
}

extension TokenDatasetHeader {
  /// The header as it stands in files.
  package var content: [UInt8] {
    var content = ByteWriter()
    content.write(UInt64(tokenCount))
    content.write(UInt64(documentCount))
    content.write(UInt32(idBound))
    content.write(UInt32(blockTokenCount))
    content.write(codec.rawValue)
    content.write([UInt8](repeating: 0, count: 7))
    content.write(fingerprint.bytes)
    return content.bytes
  }

  /// The header in a section's content.
  ///
  /// - Throws: `FormatError` for numbers that no dataset can have.
  init(_ content: Span<UInt8>) throws(FormatError) {
    var reader = ByteReader(content)
    tokenCount = try reader.readCount("tokens.tokenCount")
    documentCount = try reader.readCount("tokens.documentCount")
    idBound = Int(try reader.read(UInt32.self, "tokens.idBound"))
    blockTokenCount = Int(try reader.read(UInt32.self, "tokens.blockTokenCount"))
    let code = try reader.read(UInt8.self, "tokens.codec")
    try reader.readZeros(7, "tokens.reserved")
    fingerprint = try reader.readDigest("tokens.fingerprint")
    try reader.finish("tokens")
    guard let codec = TokenCodec(rawValue: code) else {
      throw FormatError(code: .unsupportedCode(Int(code)), offset: 24, field: "tokens.codec")
    }
    self.codec = codec
    guard (1...codec.idBound).contains(idBound) else {
      throw FormatError(
        code: .damaged("\(idBound.counted("id")) do not suit codec \(codec.name)"), offset: 16,
        field: "tokens.idBound")
    }
    guard (8...TokenDatasetOptions.maximumBlockTokenCount).contains(blockTokenCount),
      blockTokenCount.isMultiple(of: 8)
    else {
      throw FormatError(
        code: .damaged("\(blockTokenCount) isn't a size of a block"), offset: 20,
        field: "tokens.blockTokenCount")
    }
  }
}
