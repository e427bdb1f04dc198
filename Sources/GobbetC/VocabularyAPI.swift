// Documented in gobbet.h.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

public import CGobbet
internal import GobbetBPE
internal import GobbetData
internal import GobbetFile
internal import GobbetInterchange
internal import GobbetSystem

@c @implementation
public func gobbet_abi_version() -> UInt32 { UInt32(GOBBET_ABI_VERSION) }

@c @implementation
public func gobbet_version() -> UnsafePointer<CChar>? {
  // SAFETY: a string literal lies in the binary.
  return UnsafeRawPointer(gobbetVersion.utf8Start).assumingMemoryBound(to: CChar.self)
}

@c @implementation
public func gobbet_vocabulary_open(
  _ path: UnsafePointer<CChar>?, _ name: UnsafePointer<CChar>?,
  _ vocabulary: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let pattern = name == nil ? nil : try pattern(name)
    let opened = try Vocabulary(recognizing: try text(path, "path"), pattern: pattern)
    try deliver(VocabularyHandle(opened), to: vocabulary, "vocabulary")
  }
}

@c @implementation
public func gobbet_vocabulary_from_ranks(
  _ bytes: UnsafePointer<UInt8>?, _ ends: UnsafePointer<UInt64>?, _ count: Int,
  _ specials: UnsafePointer<UInt8>?, _ specialEnds: UnsafePointer<UInt64>?,
  _ specialIDs: UnsafePointer<UInt32>?, _ specialCount: Int, _ name: UnsafePointer<CChar>?,
  _ vocabulary: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let ranks = try Pieces(bytes, ends, count, "bytes")
    let spellings = try Pieces(specials, specialEnds, specialCount, "specials")
    let ids = try buffer(specialIDs, specialCount, "special_ids")
    var tokens = TokenTable()
    for index in 0..<ranks.count {
      try ranks.withPiece(index) { piece throws(VocabularyError) in try tokens.append(piece) }
    }
    let special = (0..<specialCount).map { index in
      SpecialToken(bytes: spellings.array(index), id: ids[index])
    }
    let made = try Vocabulary(
      ranks: tokens, pattern: try pattern(name), specialTokens: SpecialTokens(special))
    try deliver(VocabularyHandle(made), to: vocabulary, "vocabulary")
  }
}

@c @implementation
public func gobbet_vocabulary_write(
  _ vocabulary: OpaquePointer?, _ path: UnsafePointer<CChar>?, _ replace: Int32,
  _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let vocabulary = try object(vocabulary, VocabularyHandle.self, "vocabulary").vocabulary
    let path = try text(path, "path")
    guard let format = FileFormat(ofFileNamed: path) else {
      throw CallError.invalid("path: \(path) ends in no known format")
    }
    try vocabulary.write(to: path, format: format, replacing: replace != 0)
  }
}

@c @implementation
public func gobbet_vocabulary_describe(
  _ vocabulary: OpaquePointer?, _ info: UnsafeMutablePointer<gobbet_vocabulary_info>?,
  _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let handle = try object(vocabulary, VocabularyHandle.self, "vocabulary")
    let vocabulary = handle.vocabulary
    var value = gobbet_vocabulary_info()
    value.id_bound = UInt32(vocabulary.idBound)
    value.token_count = UInt32(vocabulary.tokenCount)
    value.merge_count = UInt32(vocabulary.merges.count)
    value.special_token_count = UInt32(vocabulary.specialTokens.count { $0.isSpecial })
    value.longest_token_byte_count = UInt32(handle.longestTokenByteCount)
    fill(&value.fingerprint, with: vocabulary.fingerprint)
    fill(&value.pattern, with: (vocabulary.pattern.name ?? "").utf8)
    let template = vocabulary.pipeline.template
    value.front_token_count = UInt32(template?.before.count ?? 0)
    value.behind_token_count = UInt32(template?.after.count ?? 0)
    copy(value, to: try result(info, "info"))
  }
}

@c @implementation
public func gobbet_vocabulary_token(
  _ vocabulary: OpaquePointer?, _ id: UInt32, _ bytes: UnsafeMutablePointer<UInt8>?,
  _ capacity: Int, _ count: UnsafeMutablePointer<Int>?, _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let vocabulary = try object(vocabulary, VocabularyHandle.self, "vocabulary").vocabulary
    guard let token = vocabulary.bytes(of: id) else {
      throw CallError.notFound("the vocabulary has no id \(id)")
    }
    try deliver(token.span, to: bytes, capacity, count, "bytes")
  }
}

@c @implementation
public func gobbet_vocabulary_part(
  _ vocabulary: OpaquePointer?, _ name: UnsafePointer<CChar>?,
  _ bytes: UnsafeMutablePointer<UInt8>?,
  _ capacity: Int, _ count: UnsafeMutablePointer<Int>?, _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let vocabulary = try object(vocabulary, VocabularyHandle.self, "vocabulary").vocabulary
    let name = try text(name, "name")
    guard let part = vocabulary.pipeline.keptParts[name] else {
      throw CallError.notFound("the vocabulary keeps no \(name)")
    }
    try deliver(Array(part.utf8).span, to: bytes, capacity, count, "bytes")
  }
}

@c @implementation
public func gobbet_vocabulary_id(
  _ vocabulary: OpaquePointer?, _ bytes: UnsafePointer<UInt8>?, _ count: Int,
  _ id: UnsafeMutablePointer<UInt32>?, _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let vocabulary = try object(vocabulary, VocabularyHandle.self, "vocabulary").vocabulary
    let bytes = try buffer(bytes, count, "bytes")
    guard let found = vocabulary.id(of: bytes) else {
      throw CallError.notFound("the vocabulary has no such token")
    }
    try result(id, "id").pointee = found
  }
}

@c @implementation
public func gobbet_vocabulary_special_tokens(
  _ vocabulary: OpaquePointer?, _ ids: UnsafeMutablePointer<UInt32>?, _ capacity: Int,
  _ count: UnsafeMutablePointer<Int>?, _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let vocabulary = try object(vocabulary, VocabularyHandle.self, "vocabulary").vocabulary
    let special = vocabulary.specialTokens.filter(\.isSpecial).map(\.id)
    try deliver(special.span, to: ids, capacity, count, "ids")
  }
}

@c @implementation
public func gobbet_vocabulary_close(_ vocabulary: OpaquePointer?) {
  HandleTable.shared.remove(vocabulary, as: VocabularyHandle.self)
}
