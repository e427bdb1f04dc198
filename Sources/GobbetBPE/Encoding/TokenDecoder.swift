/// Turns token ids back into the bytes they stand for; threads can share it.
///
/// ```swift
/// let decoder = TokenDecoder(try Vocabulary(recognizing: "my.gobbet"))
/// var state = decoder.makeState()
/// var bytes: [UInt8] = []
/// for id: TokenID in [39, 78] { try decoder.decode([id].span, &state, into: &bytes) }
/// state.finish(&bytes)
/// print(bytes)
/// ```
public struct TokenDecoder: Sendable {
  /// The bytes of a token of at most 15 bytes, and their number in the topmost byte.
  private typealias Record = SIMD16<UInt8>
  /// In place of the number, for a longer token and for no token; a token that is left out has 0.
  private static let elsewhere: UInt8 = 255
  /// Bytes that are decoded before they are appended.
  private static let blockByteCount = 1 << 14

  private let vocabulary: Vocabulary
  private let records: [Record]
  /// What added tokens look like that are found in normalized text, where that is not their content.
  private let normalizedTokens: [TokenID: [UInt8]]

  /// Lays out the tokens of a vocabulary for decoding; with `skippingSpecialTokens`, texts are those
  /// of the tokens that aren't special.
  ///
  /// Added tokens that are not special are never left out. What treats the first token of a text in
  /// its own way takes the first that is left for it.
  /// - Source: `decode` of `tokenizers` 0.23.3 with `skip_special_tokens`.
  public init(_ vocabulary: Vocabulary, skippingSpecialTokens: Bool = false) {
    self.vocabulary = vocabulary
    var records = [Record](repeating: Record(repeating: Self.elsewhere), count: vocabulary.idBound)
    func set(_ id: TokenID, _ bytes: ArraySlice<UInt8>) {
      guard (1...15).contains(bytes.count) else { return }
      for (index, byte) in bytes.enumerated() { records[Int(id)][index] = byte }
      records[Int(id)][15] = UInt8(truncatingIfNeeded: bytes.count)
    }
    let tokens = vocabulary.tokens
    for id in 0..<TokenID(truncatingIfNeeded: tokens.count) { set(id, tokens[id]) }
    var normalizedTokens: [TokenID: [UInt8]] = [:]
    for token in vocabulary.specialTokens {
      if skippingSpecialTokens, token.isSpecial {
        records[Int(token.id)][15] = 0
        continue
      }
      var bytes = token.bytes
      if token.matching.contains(.normalized),
        let changed = vocabulary.pipeline.normalizers.normalized(bytes.span, .untracked)
      {
        bytes = changed.bytes
        normalizedTokens[token.id] = bytes
        records[Int(token.id)][15] = Self.elsewhere
      }
      set(token.id, bytes[...])
    }
    self.normalizedTokens = normalizedTokens
    self.records = records
  }

  /// The state before the first token of a text.
  public func makeState() -> DecoderState { DecoderState(vocabulary.pipeline.decoders) }

  /// Appends the text of all tokens to `bytes`; of special tokens too, unless they are left out.
  ///
  /// - Throws: ``UnknownTokenError``; what comes before the unknown id is then appended.
  public func decode(
    _ ids: Span<TokenID>, into bytes: inout [UInt8]
  ) throws(UnknownTokenError) {
    var state = makeState()
    try decode(ids, &state, into: &bytes)
    state.finish(&bytes)
  }

  /// Appends what is certain of the text of more tokens to `bytes`.
  ///
  /// `state` keeps what waits for the tokens after them; its `finish` appends that at the end.
  /// - Throws: ``UnknownTokenError``; what comes before the unknown id is then appended.
  public func decode(
    _ ids: Span<TokenID>, _ state: inout DecoderState, into bytes: inout [UInt8]
  ) throws(UnknownTokenError) {
    var index = 0
    if !state.isPlain {
      while index < ids.count {
        guard let token = self.bytes(of: ids[index]) else {
          throw UnknownTokenError(id: ids[index], index: index)
        }
        index += 1
        if !isLeftOut(ids[index - 1]) { state.append(Array(token), to: &bytes) }
      }
      return
    }
    while index < ids.count {
      index = decodeBlock(ids, from: index, into: &bytes)
      guard index < ids.count else { return }
      guard let token = self.bytes(of: ids[index]) else {
        throw UnknownTokenError(id: ids[index], index: index)
      }
      if !isLeftOut(ids[index]) { bytes.append(contentsOf: token) }
      index += 1
    }
  }

  /// Whether a token is special and those are left out.
  private func isLeftOut(_ id: TokenID) -> Bool { records[Int(id)][15] == 0 }

  /// What decoding begins with for a token; nil if `id` has none.
  private func bytes(of id: TokenID) -> ArraySlice<UInt8>? {
    normalizedTokens[id]?[...] ?? vocabulary.bytes(of: id)
  }

  /// Appends tokens while they have records, and says where it stopped.
  private func decodeBlock(
    _ ids: Span<TokenID>, from first: Int, into bytes: inout [UInt8]
  ) -> Int {
    let end = min(ids.count, first + Self.blockByteCount / 16)
    var index = first
    bytes.append(addingCapacity: Self.blockByteCount) { output in
      unsafe output.withUnsafeMutableBufferPointer { target, written in
        unsafe records.withUnsafeBufferPointer { records in
          guard let base = UnsafeMutableRawPointer(target.baseAddress) else { return }
          while index < end {
            let id = Int(ids[index])
            guard id < records.count else { return }
            // SAFETY: every token takes 16 bytes of room and at most 15 of them, and the block
            // has room for all tokens up to `end`.
            let record = unsafe records[id]
            guard record[15] != Self.elsewhere else { return }
            unsafe base.storeBytes(of: record, toByteOffset: written, as: Record.self)
            written += Int(record[15])
            index += 1
          }
        }
      }
    }
    return index
  }

  /// The text of tokens; what is not UTF-8 becomes U+FFFD.
  ///
  /// - Throws: ``UnknownTokenError``.
  public func decoded(_ ids: [TokenID]) throws(UnknownTokenError) -> String {
    var bytes: [UInt8] = []
    try decode(ids.span, into: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The text of tokens; nil if it is not UTF-8.
  ///
  /// - Throws: ``UnknownTokenError``.
  public func validText(_ ids: [TokenID]) throws(UnknownTokenError) -> String? {
    var bytes: [UInt8] = []
    try decode(ids.span, into: &bytes)
    return String(validating: bytes, as: UTF8.self)
  }
}

/// An id that has no token in the vocabulary.
public struct UnknownTokenError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The id.
  public let id: TokenID
  /// Its place among the ids to decode.
  public let index: Int

  package init(id: TokenID, index: Int) {
    self.id = id
    self.index = index
  }

  /// One line for a terminal or a log.
  public var description: String { "token \(index): the vocabulary has no id \(id)" }
}
