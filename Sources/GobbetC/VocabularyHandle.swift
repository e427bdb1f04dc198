internal import GobbetBPE

/// A vocabulary with the encoders that calls on it use.
final class VocabularyHandle: @unchecked Sendable {
  let vocabulary: Vocabulary
  let decoder: Decoder
  let longestTokenByteCount: Int
  private let tokenizer: Tokenizer
  // SAFETY: only touched under the table's lock; an encoder that was taken out is one thread's.
  private var idle: [EncoderBox] = []

  init(_ vocabulary: Vocabulary) {
    self.vocabulary = vocabulary
    tokenizer = Tokenizer(vocabulary)
    decoder = Decoder(vocabulary)
    let ordinary = (0..<vocabulary.tokens.count).map {
      vocabulary.tokens[TokenID(truncatingIfNeeded: $0)].count
    }
    longestTokenByteCount = max(
      ordinary.max() ?? 0, vocabulary.specialTokens.map(\.bytes.count).max() ?? 0)
  }

  /// Runs `body` with an encoder that no other thread has.
  ///
  /// It is kept, with what it has cached, for the next call; as many are as were ever used at once.
  func withEncoder<Result>(_ body: (EncoderBox) throws -> Result) rethrows -> Result {
    let box = tableLock.withLock { idle.popLast() } ?? EncoderBox(tokenizer.makeEncoder())
    defer { tableLock.withLock { idle.append(box) } }
    return try body(box)
  }
}

/// An encoder on the heap, with room for ids that is used again.
final class EncoderBox {
  var encoder: Encoder
  var ids: [TokenID] = []

  init(_ encoder: consuming Encoder) { self.encoder = encoder }
}
