internal import GobbetBPE

/// An encoder on the heap, so that a worker's closure can keep it; used by one thread.
final class EncoderBox {
  var encoder: TokenEncoder

  init(_ tokenizer: Tokenizer) {
    encoder = tokenizer.makeEncoder(cacheByteBudget: Tokenizer.largeCacheByteBudget)
  }
}
