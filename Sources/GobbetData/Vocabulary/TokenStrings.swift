internal import GobbetBPE
internal import GobbetFile
internal import GobbetSystem

/// The byte strings of tokens, for vocabularies whose merges do not tell them: how many ids there
/// are, the length of each token, 0 for a gap, then all bytes.
enum TokenStrings {
  /// The content of the section `token strings`.
  static func bytes(_ tokens: TokenTable) -> [UInt8] {
    var content = ByteWriter()
    let ids = (0..<tokens.count).lazy.map { TokenID($0) }
    content.write(UInt32(tokens.count))
    for id in ids { content.write(UInt16(tokens[id].count)) }
    for id in ids { content.write(tokens[id]) }
    return content.bytes
  }

  /// The tokens of the section in `container`.
  ///
  /// - Throws: `FormatError` if the lengths are not those of the bytes, or the tokens are too many
  ///   or too long; what reading throws.
  static func table(_ container: ContainerReader) throws -> TokenTable {
    try container.parsed(.tokenStrings) { content throws(FormatError) in
      var reader = ByteReader(content)
      let count = Int(try reader.read(UInt32.self, "tokenStrings.count"))
      guard count < TokenTable.maximumCount else {
        throw FormatError(
          code: .damaged("\(count.counted("id")), more than \(TokenTable.maximumCount - 1)"),
          offset: 0,
          field: "tokenStrings.count")
      }
      var lengths: [UInt16] = []
      lengths.reserveCapacity(min(count, reader.remainingCount / 2))
      var byteCount = 0
      for _ in 0..<count {
        lengths.append(try reader.read(UInt16.self, "tokenStrings.length"))
        byteCount += Int(lengths[lengths.count - 1])
      }
      if byteCount > reader.remainingCount {
        // The first token that is cut says where.
        for length in lengths { _ = try reader.readBytes(Int(length), "tokenStrings.bytes") }
      }
      let start = reader.offset
      let bytes = try reader.readBytes(byteCount, "tokenStrings.bytes")
      try reader.finish("tokenStrings")
      do throws(VocabularyError) {
        return try TokenTable(lengths: lengths, bytes: bytes)
      } catch {
        throw FormatError(code: .damaged("\(error)"), offset: start, field: "tokenStrings.bytes")
      }
    }
  }
}
