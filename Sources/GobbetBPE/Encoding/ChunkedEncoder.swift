/// Encodes a text that comes in chunks: any split of the text gives the ids of the whole.
///
/// It holds back what a later chunk could change, up to the last place where every pattern cuts; so
/// its memory is bounded by the longest pretoken and the largest chunk. With a pipeline that changes
/// the text, or a pattern that does not cut it, everything is held back until the end. Special tokens
/// are ordinary text.
public struct ChunkedEncoder: ~Copyable {
  private var encoder: TokenEncoder
  private var held: [UInt8] = []
  /// How many more bytes are worth a search for a cut.
  private let stepByteCount: Int
  /// How many bytes have to be there before the next search.
  private var searchByteCount: Int

  /// Begins a text.
  public init(_ encoder: consuming TokenEncoder) { self.init(encoder, stepByteCount: 4096) }

  package init(_ encoder: consuming TokenEncoder, stepByteCount: Int) {
    self.encoder = encoder
    self.stepByteCount = stepByteCount
    searchByteCount = stepByteCount
  }

  /// How many bytes wait for what follows them.
  public var heldByteCount: Int { held.count }

  /// Takes the next bytes of the text, and appends the ids that are certain to `ids`.
  public mutating func append(_ chunk: Span<UInt8>, into ids: inout [TokenID]) {
    for index in chunk.indices { held.append(chunk[index]) }
    // What a pipeline makes of a text, or a whole text of itself, the next chunk can always change.
    guard encoder.tokenizer.isCutByEveryPattern else { return }
    guard held.count >= searchByteCount else { return }
    guard let cut = Self.lastCut(in: held.span) else {
      // What was searched in vain is searched again only when there is twice as much.
      searchByteCount = 2 * held.count
      return
    }
    let text = held
    encoder.encode(text.span.extracting(..<cut), into: &ids)
    held.removeSubrange(..<cut)
    searchByteCount = held.count + stepByteCount
  }

  /// Appends the ids of what was held back; the next chunk begins a new text.
  public mutating func finish(into ids: inout [TokenID]) {
    let text = held
    encoder.encode(text.span, into: &ids)
    held.removeAll(keepingCapacity: true)
    searchByteCount = stepByteCount
  }

  /// The last place where a pretoken ends whatever is before and after the two scalars there.
  ///
  /// That is so after a letter or a number, before white space, before a symbol other than the
  /// apostrophe of a contraction, and between a letter and a number. No pattern takes these two
  /// into one pretoken, and none looks past the second to place a cut before it.
  package static func lastCut(in bytes: Span<UInt8>) -> Int? {
    unsafe bytes.withUnsafeBufferPointer { buffer in
      // SAFETY: the text does not outlive the buffer, which ends with this closure.
      let text = unsafe ClassifiedText(buffer)
      // Of a scalar of several bytes, the last may be still to come.
      var place = text.count - 4
      while place > 0 {
        if text[place] & 0xC0 != 0x80, text[place] != UInt8(ascii: "'"),
          let before = unicodeClass(before: place, in: text),
          isCut(before, text.unit(at: place).unicodeClass)
        {
          return place
        }
        place -= 1
      }
      return nil
    }
  }

  private static func isCut(_ before: UInt8, _ after: UInt8) -> Bool {
    let isNumber = UnicodeClassSet.numbers.contains(before)
    guard isNumber || UnicodeClassSet.letters.contains(before) else { return false }
    if after == UnicodeClass.mark { return false }
    if UnicodeClassSet.numbers.contains(after) { return !isNumber }
    if UnicodeClassSet.letters.contains(after) { return isNumber }
    return true
  }

  /// The class of the scalar that ends at `place`; nil if none is well-formed.
  private static func unicodeClass(before place: Int, in text: ClassifiedText) -> UInt8? {
    for length in 1...4 where length <= place && text[place - length] & 0xC0 != 0x80 {
      let unit = text.unit(at: place - length)
      return unit.end == place ? unit.unicodeClass : nil
    }
    return nil
  }
}
