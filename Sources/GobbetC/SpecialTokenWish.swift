internal import CGobbet
internal import Gobbet
internal import GobbetBPE

/// What a caller wants of special tokens.
struct SpecialTokenWish {
  /// Which of them in a text become tokens.
  var policy = SpecialTokenPolicy.none
  /// Which are put around a text.
  var adding = AddedSpecialTokens.none

  /// All as ordinary text.
  static let none = SpecialTokenWish()

  private init() {}

  /// What the structure says; null says ``none``.
  ///
  /// - Throws: `CallError` for an id that isn't a special token's.
  init(
    _ pointer: UnsafePointer<gobbet_special_tokens>?, _ vocabulary: Vocabulary
  ) throws(CallError) {
    let wish = try read(pointer, or: gobbet_special_tokens())
    adding = wish.add_template != 0 ? .template : .none
    if wish.allow_all != 0 {
      policy = .all
      return
    }
    guard wish.allowed_count > 0 else {
      policy = wish.refuse_others != 0 ? .refused : .none
      return
    }
    var allowed: [String] = []
    for id in try buffer(wish.allowed, wish.allowed_count, "allowed") {
      guard let token = vocabulary.specialTokens.token(withID: id) else {
        throw .notFound("the vocabulary has no special token \(id)")
      }
      allowed.append(token.text)
    }
    policy = .only(allowed, others: wish.refuse_others != 0 ? .error : .text)
  }
}

extension EncoderBox {
  /// Puts the ids of a text into `ids`.
  func encode(_ text: Span<UInt8>, _ wish: SpecialTokenWish) throws(SpecialTokenError) {
    ids.removeAll(keepingCapacity: true)
    try append(text, wish)
  }

  /// Appends the ids of a text to `ids`.
  func append(_ text: Span<UInt8>, _ wish: SpecialTokenWish) throws(SpecialTokenError) {
    if wish.policy == .none, wish.adding == .none {
      encoder.encode(text, into: &ids)
    } else {
      try encoder.encode(text, specials: wish.policy, adding: wish.adding, into: &ids)
    }
  }
}
