package import GobbetBPE

/// An encoder on the heap, so that a worker's closure or a handle can keep it, with room for ids that is
/// used again; used by one thread at a time.
package final class EncoderBox {
  /// Room for more ids is not kept.
  package static let keptCapacity = 4 << 20

  package var encoder: TokenEncoder
  package var ids: [TokenID] = []

  package init(_ tokenizer: Tokenizer) {
    encoder = tokenizer.makeEncoder(cacheByteBudget: Tokenizer.largeCacheByteBudget)
  }
}
