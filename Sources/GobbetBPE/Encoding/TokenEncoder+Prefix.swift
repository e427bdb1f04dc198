/// The first tokens of a text: how many they are, and how many bytes they stand for.
public struct EncodedPrefix: Hashable, Sendable {
  /// How many tokens.
  public let tokenCount: Int
  /// How many bytes of the text they are; the next token begins there.
  public let byteCount: Int
}

/// Ends the encoding of a text early.
private struct Enough: Error {}

extension TokenEncoder {
  /// Writes the first tokens of a text to `buffer`, as many as it has room for.
  ///
  /// They are the first tokens of the whole text, which is not the same as the tokens of its first
  /// bytes.
  /// - Complexity: linear in the bytes of these tokens and their last pretoken, but in those of the
  ///   text where a pipeline changes it.
  public mutating func encodePrefix(
    of bytes: Span<UInt8>, into buffer: inout MutableSpan<TokenID>
  ) -> EncodedPrefix {
    if tokenizer.needsPlaces { return encodeWholePrefix(of: bytes, into: &buffer) }
    let tokens = tokenizer.vocabulary.tokens
    return unsafe buffer.withUnsafeMutableBufferPointer { target in
      var prefix = (tokenCount: 0, byteCount: 0)
      do throws(Enough) {
        try unsafe core.forEachRun(of: bytes, tokenizer.scanner) { run throws(Enough) in
          for index in run.indices {
            guard prefix.tokenCount < target.count else { throw Enough() }
            // SAFETY: the guard keeps the place in `target`, the loop that in `run`.
            let id = unsafe run[index]
            unsafe target[prefix.tokenCount] = id
            prefix.tokenCount += 1
            prefix.byteCount += tokens.range(of: id).count
          }
        }
      } catch {}
      return EncodedPrefix(tokenCount: prefix.tokenCount, byteCount: prefix.byteCount)
    }
  }

  /// The same where the tokens' own bytes do not tell their places in the text.
  private mutating func encodeWholePrefix(
    of bytes: Span<UInt8>, into buffer: inout MutableSpan<TokenID>
  ) -> EncodedPrefix {
    var ids: [TokenID] = []
    var ends: [Int] = []
    encode(bytes, into: &ids, ends: &ends)
    let count = min(ids.count, buffer.count)
    for index in 0..<count { buffer[index] = ids[index] }
    let byteCount = count == ids.count ? bytes.count : count == 0 ? 0 : ends[count - 1]
    return EncodedPrefix(tokenCount: count, byteCount: byteCount)
  }

  /// The first `limit` tokens of a text, or all if there are fewer.
  ///
  /// - Precondition: `limit` is not negative.
  public mutating func encodedPrefix(of bytes: Span<UInt8>, upTo limit: Int) -> [TokenID] {
    precondition(limit >= 0, "encodedPrefix: a negative number of tokens")
    if tokenizer.needsPlaces {
      var ids: [TokenID] = []
      encode(bytes, into: &ids)
      return Array(ids.prefix(limit))
    }
    // No text has more tokens than bytes.
    var ids = [TokenID](repeating: 0, count: min(limit, bytes.count))
    var span = ids.mutableSpan
    let prefix = encodePrefix(of: bytes, into: &span)
    ids.removeLast(ids.count - prefix.tokenCount)
    return ids
  }

  /// How many tokens a text has, but no more than `limit`; what is beyond is not read.
  public mutating func count(_ bytes: Span<UInt8>, upTo limit: Int) -> Int {
    var count = 0
    do throws(Enough) {
      if let pipeline = tokenizer.pipeline {
        _ = try unsafe forEachRun(of: bytes, pipeline, .none) { run throws(Enough) in
          count += run.count
          if count >= limit { throw Enough() }
        }
        return min(count, max(limit, 0))
      }
      try unsafe core.forEachRun(of: bytes, tokenizer.scanner) { run throws(Enough) in
        count += run.count
        if count >= limit { throw Enough() }
      }
    } catch {}
    return min(count, max(limit, 0))
  }

  /// Appends the ids of a text to `ids`, and to `ends` where in the text each token ends.
  ///
  /// A token begins where the one before it ends, the first one at 0. With a pipeline that changes
  /// the text, a token ends where what it was made from does: a space that was put in front ends
  /// at 0, and all tokens of a scalar that was changed end after it.
  public mutating func encode(
    _ bytes: Span<UInt8>, into ids: inout [TokenID], ends: inout [Int]
  ) {
    if tokenizer.needsPlaces {
      let none = PipelineTables.none
      encode(bytes, tokenizer.pipeline ?? none, into: &ids, ends: &ends)
      return
    }
    let first = ids.count
    encode(bytes, into: &ids)
    let tokens = tokenizer.vocabulary.tokens
    var end = 0
    for index in first..<ids.count {
      end += tokens.range(of: ids[index]).count
      ends.append(end)
    }
  }
}
