public import GobbetBPE
public import GobbetFile

extension Vocabulary {
  /// The SHA-256 of everything the vocabulary is: datasets and models name theirs by it.
  ///
  /// Two vocabularies have the same fingerprint if and only if they are equal, however they were
  /// made or stored.
  /// - Complexity: linear in the bytes of all tokens; a few milliseconds for 100,000 tokens.
  public var fingerprint: ContentDigest { ContentDigest(of: canonicalContent.span) }

  /// The bytes that the fingerprint is of, as `Spec/Vocabulary.md` lists them.
  package var canonicalContent: [UInt8] {
    var ids: [UInt32] = []
    var lengths: [UInt32] = []
    for (id, bounds) in zip(tokens.offsets, tokens.offsets.dropFirst()).enumerated()
    where bounds.0 < bounds.1 {
      ids.append(UInt32(id))
      lengths.append(bounds.1 - bounds.0)
    }
    var parts: [UInt32] = []
    parts.reserveCapacity(3 * merges.count)
    for merge in merges {
      parts.append(merge.left)
      parts.append(merge.right)
      parts.append(merge.result)
    }
    var content = [UInt8]("gobbet vocabulary 1\n".utf8)
    content.append(mergeRule.rawValue)
    // The grammar has seven settings; those of an expression may be more than a byte can count.
    let settings = pattern.settings
    content.append(pattern.expression == nil ? UInt8(settings.count) : 0)
    if pattern.expression != nil { content.append([UInt32(settings.count)]) }
    content += settings
    content.append([UInt32(ids.count)])
    content.append(ids)
    content.append(lengths)
    content += tokens.arena
    content.append([UInt32(merges.count)])
    content.append(parts)
    content.append([UInt32(specialTokens.count)])
    for special in specialTokens {
      content.append([special.id, UInt32(special.bytes.count)])
      content += special.bytes
    }
    content += PipelineSection(self)?.content ?? []
    return content
  }
}

extension [UInt8] {
  /// Appends the bytes of integers, little-endian.
  fileprivate mutating func append(_ values: [UInt32]) {
    let values = values.map { $0.littleEndian }
    unsafe values.withUnsafeBytes { unsafe append(contentsOf: $0) }
  }
}
