internal import Gobbet
internal import GobbetBPE

/// A vocabulary with the encoders that calls on it use.
final class VocabularyHandle: @unchecked Sendable {
  let vocabulary: Vocabulary
  private let decoder: TokenDecoder
  private let tokenizer: Tokenizer
  // SAFETY: only touched under the table's lock; an encoder that was taken out is one thread's.
  private var idle: [EncoderBox] = []
  // SAFETY: only touched under the table's lock.
  private var ordinaryDecoder: TokenDecoder?

  init(_ vocabulary: Vocabulary) {
    self.vocabulary = vocabulary
    tokenizer = Tokenizer(vocabulary)
    decoder = TokenDecoder(vocabulary)
  }

  /// What decodes; the one that leaves special tokens out is made when it is first asked for.
  func decoder(skippingSpecialTokens: Bool) -> TokenDecoder {
    guard skippingSpecialTokens else { return decoder }
    if let made = tableLock.withLock({ ordinaryDecoder }) { return made }
    let made = TokenDecoder(vocabulary, skippingSpecialTokens: true)
    tableLock.withLock { ordinaryDecoder = made }
    return made
  }

  /// How many bytes the longest token has, special ones included.
  /// - Complexity: linear in the number of tokens.
  var longestTokenByteCount: Int {
    let offsets = vocabulary.tokens.offsets
    let ordinary = zip(offsets, offsets.dropFirst()).lazy.map { Int($1 - $0) }
    return max(ordinary.max() ?? 0, vocabulary.specialTokens.lazy.map(\.bytes.count).max() ?? 0)
  }

  /// An encoder that no other thread has, until it is given back.
  func takeEncoder() -> EncoderBox {
    tableLock.withLock { idle.popLast() } ?? EncoderBox(tokenizer)
  }

  /// Keeps an encoder, with what it has cached, for the next call.
  ///
  /// As many are kept as were ever used at once.
  func giveBack(_ box: EncoderBox) {
    if box.ids.capacity > EncoderBox.keptCapacity { box.ids = [] }
    tableLock.withLock { idle.append(box) }
  }

  /// Runs `body` with an encoder that no other thread has.
  func withEncoder<Result>(_ body: (EncoderBox) throws -> Result) rethrows -> Result {
    let box = takeEncoder()
    defer { giveBack(box) }
    return try body(box)
  }
}
