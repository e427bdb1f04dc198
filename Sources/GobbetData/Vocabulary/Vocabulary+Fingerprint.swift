public import GobbetBPE
public import GobbetFile

extension Vocabulary {
  /// The SHA-256 of everything the vocabulary is: datasets and models name theirs by it.
  ///
  /// Two vocabularies have the same fingerprint if and only if they are equal, however they were
  /// made or stored.
  /// - Complexity: linear in the bytes of all tokens; a few milliseconds for 100,000 tokens.
  public var fingerprint: Digest { Digest(of: canonicalContent.span) }

  /// The bytes that the fingerprint is of, as `Spec/Vocabulary.md` lists them.
  package var canonicalContent: [UInt8] {
    var content = ByteWriter()
    content.write("gobbet vocabulary 1\n".utf8)
    content.write(mergeRule.rawValue)
    content.write(UInt32(pattern.settings.count))
    content.write(pattern.settings)
    let ids = (0..<tokens.count).lazy.map { TokenID($0) }.filter { tokens.contains($0) }
    content.write(UInt32(ids.count))
    for id in ids { Self.write(id, tokens[id], to: &content) }
    content.write(UInt32(merges.count))
    for merge in merges {
      content.write(merge.left)
      content.write(merge.right)
      content.write(merge.result)
    }
    content.write(UInt32(specialTokens.count))
    for special in specialTokens { Self.write(special.id, special.bytes[...], to: &content) }
    return content.bytes
  }

  private static func write(
    _ id: TokenID, _ bytes: ArraySlice<UInt8>, to content: inout ByteWriter
  ) {
    content.write(id)
    content.write(UInt32(bytes.count))
    content.write(bytes)
  }
}
