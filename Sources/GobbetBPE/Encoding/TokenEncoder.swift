/// Turns text into token ids, for one thread: it keeps the tokens of pretokens it has seen.
///
/// The memory it keeps is bounded by the budget of ``Tokenizer/makeEncoder(cacheByteBudget:)``, and
/// by a small multiple of the longest pretoken so far.
///
/// ```swift
/// var encoder = Tokenizer(try Vocabulary(recognizing: "my.gobbet")).makeEncoder()
/// var ids: [TokenID] = []
/// for line in ["Hello,", "world."] { encoder.encode(Array(line.utf8).span, into: &ids) }
/// print(ids)
/// ```
public struct TokenEncoder: ~Copyable {
  let tokenizer: Tokenizer
  var core: EncoderCore
  /// What finds the special tokens of the policy used last.
  private var finder: SpecialTokenFinder?

  init(_ tokenizer: Tokenizer, cacheByteBudget: Int) {
    self.tokenizer = tokenizer
    core = EncoderCore(tokenizer.tables, tokenizer.vocabulary.tokens, cacheByteBudget)
  }

  /// The memory of the caches, in bytes: it grows with use, up to the budget.
  public var cacheByteCount: Int { core.cacheByteCount }

  /// Appends the ids of a text to `ids`; special tokens in it are ordinary text.
  public mutating func encode(_ bytes: Span<UInt8>, into ids: inout [TokenID]) {
    // Most texts have a token for four bytes or more; an array in use grows by itself.
    if ids.isEmpty { ids.reserveCapacity(bytes.count / 4 + 16) }
    if let pipeline = tokenizer.pipeline {
      _ = unsafe forEachRun(of: bytes, pipeline, .none) { unsafe ids.append(contentsOf: $0) }
      return
    }
    unsafe core.forEachRun(of: bytes, tokenizer.scanner) { unsafe ids.append(contentsOf: $0) }
  }

  /// Appends the ids of a text to `ids`, with the special tokens that `policy` allows.
  ///
  /// - Throws: ``SpecialTokenError`` where the policy makes an error of others; `ids` is then
  ///   unchanged.
  public mutating func encode(
    _ bytes: Span<UInt8>, specials policy: SpecialTokenPolicy, into ids: inout [TokenID]
  ) throws(SpecialTokenError) {
    if let pipeline = tokenizer.pipeline {
      let count = ids.count
      let error = unsafe forEachRun(of: bytes, pipeline, policy) {
        unsafe ids.append(contentsOf: $0)
      }
      if let error {
        ids.removeLast(ids.count - count)
        throw error
      }
      return
    }
    var start = 0
    let finder = finder(for: policy)
    let matches = finder.matcher.matches(in: bytes)
    for match in matches where !policy.allows(finder.tokens[match.index]) {
      throw SpecialTokenError(token: finder.tokens[match.index], offset: match.range.lowerBound)
    }
    for match in matches {
      encode(bytes.extracting(start..<match.range.lowerBound), into: &ids)
      ids.append(finder.tokens[match.index].id)
      start = match.range.upperBound
    }
    encode(bytes.extracting(start..<bytes.count), into: &ids)
  }

  /// Appends the ids of a text to `ids`, with the special tokens that `policy` allows, and around it
  /// the special tokens that the vocabulary's post-processor adds.
  ///
  /// - Throws: ``SpecialTokenError`` where the policy makes an error of others; `ids` is then
  ///   unchanged.
  public mutating func encode(
    _ bytes: Span<UInt8>, specials policy: SpecialTokenPolicy, adding: AddedSpecialTokens,
    into ids: inout [TokenID]
  ) throws(SpecialTokenError) {
    let template = adding == .template ? tokenizer.vocabulary.pipeline.template : nil
    let count = ids.count
    ids += template?.before ?? []
    do {
      try encode(bytes, specials: policy, into: &ids)
    } catch {
      ids.removeLast(ids.count - count)
      throw error
    }
    ids += template?.after ?? []
  }

  private mutating func finder(for policy: SpecialTokenPolicy) -> SpecialTokenFinder {
    if let finder, finder.policy == policy { return finder }
    let tokens = tokenizer.vocabulary.specialTokens.filter {
      policy.others == .error || policy.allows($0)
    }
    let new = SpecialTokenFinder(
      policy: policy, tokens: tokens, matcher: SpecialTokenMatcher(tokens.map(\.bytes)))
    finder = new
    return new
  }

  /// The ids of a text; special tokens in it are ordinary text.
  public mutating func encoded(_ text: String) -> [TokenID] {
    var ids: [TokenID] = []
    var text = text
    // SAFETY: the bytes are valid until the closure returns, and the span is used in it only.
    text.withUTF8 { unsafe encode($0.span, into: &ids) }
    return ids
  }

  /// How many tokens a text has; special tokens in it are ordinary text.
  public mutating func count(_ bytes: Span<UInt8>) -> Int {
    var count = 0
    if let pipeline = tokenizer.pipeline {
      _ = unsafe forEachRun(of: bytes, pipeline, .none) { count += $0.count }
      return count
    }
    unsafe core.forEachRun(of: bytes, tokenizer.scanner) { count += $0.count }
    return count
  }
}

/// The special tokens that count under a policy, and what finds them.
private struct SpecialTokenFinder {
  let policy: SpecialTokenPolicy
  let tokens: [SpecialToken]
  let matcher: SpecialTokenMatcher
}
