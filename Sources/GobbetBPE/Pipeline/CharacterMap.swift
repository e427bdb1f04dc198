/// A table of SentencePiece's: what becomes of characters and of sequences of them, the longest first.
///
/// It is kept as the file has it: a trie in a double array, and behind it the texts that it leads to.
/// - Source: `Normalizer::NormalizePrefix` of SentencePiece 0.2.3, and the units of Darts-clone.
public struct CharacterMap: Hashable, Sendable {
  /// The table as a file has it.
  public let bytes: [UInt8]
  private let unitCount: Int

  /// No table is larger.
  public static let maximumByteCount = 1 << 24

  /// The table that `bytes` are; nil if they are none.
  public init?(_ bytes: [UInt8]) {
    guard (8...Self.maximumByteCount).contains(bytes.count) else { return nil }
    let size = (0..<4).reversed().reduce(0) { $0 << 8 | Int(bytes[$1]) }
    guard size >= 4, size % 4 == 0, size <= bytes.count - 5, bytes.last == 0 else { return nil }
    self.bytes = bytes
    unitCount = size / 4
    // A text ends at a NUL; no text may be cut by where another begins.
    guard String(validating: bytes[(4 + size)...], as: UTF8.self) != nil else { return nil }
  }

  private func unit(_ index: Int) -> UInt32 {
    let place = 4 + 4 * index
    return UInt32(bytes[place]) | UInt32(bytes[place + 1]) << 8 | UInt32(bytes[place + 2]) << 16
      | UInt32(bytes[place + 3]) << 24
  }

  private static func offset(_ unit: UInt32) -> Int {
    Int(unit >> 10) << Int((unit & (1 << 9)) >> 6)
  }

  /// What a sequence of the table becomes.
  private struct Match {
    /// Bytes of the sequence.
    var length: Int
    /// Where its text begins in `bytes`, behind the trie.
    var value: Int
  }

  /// The longest sequence at the beginning of `range` that the table has, or the shortest.
  private func match(in text: Span<UInt8>, _ range: Range<Int>, isShortest: Bool) -> Match? {
    var found: Match?
    var node = Self.offset(unit(0))
    for index in range {
      node ^= Int(text[index])
      guard node < unitCount else { return found }
      let unit = unit(node)
      guard unit & 0x8000_00FF == UInt32(text[index]) else { return found }
      node ^= Self.offset(unit)
      if unit >> 8 & 1 == 1, node < unitCount {
        found = Match(
          length: index + 1 - range.lowerBound, value: Int(self.unit(node) & 0x7FFF_FFFF))
        if isShortest { return found }
      }
    }
    return found
  }

  /// The text that a sequence becomes.
  private func replacement(_ match: Match) -> ArraySlice<UInt8> {
    let start = 4 + 4 * unitCount + match.value
    guard start < bytes.count else { return [] }
    return bytes[start..<(bytes[start...].firstIndex(of: 0) ?? start)]
  }

  /// The text with everything replaced that the table has; nil if that is nothing.
  ///
  /// Bytes that aren't part of a scalar stay.
  func normalized(_ text: Span<UInt8>, _ source: SourceEnds) -> AlignedText? {
    var change = TextChange(of: text, source)
    var place = 0
    while place < text.count {
      guard let match = match(in: text, place..<text.count, isShortest: false) else {
        place += UTF8Scalar.scalarOrByte(of: text, at: place).length
        continue
      }
      let end = place + match.length
      change.replace(place..<end, by: replacement(match), in: text)
      place = end
    }
    return change.finish(text)
  }

  /// The same as ``Normalizer/precompiled(_:)`` does it.
  ///
  /// - Source: `Precompiled` of `tokenizers` 0.23.3; pinned by `Fixtures/pipelines`.
  func normalizedByClusters(_ text: Span<UInt8>, _ source: SourceEnds) -> AlignedText? {
    unsafe text.withUnsafeBufferPointer { buffer in
      // SAFETY: the text does not outlive the buffer, which ends with this closure.
      let units = unsafe ClassifiedText(buffer)
      var change = TextChange(of: text, source)
      var place = 0
      while place < text.count {
        let end = GraphemeClusters.end(in: units, from: place)
        if end - place < Self.longClusterByteCount,
          let match = match(in: text, place..<end, isShortest: true)
        {
          change.replace(place..<end, by: replacement(match), in: text)
          place = end
          continue
        }
        while place < end {
          let next = place + units.scalarOrByte(at: place).length
          if let match = match(in: text, place..<next, isShortest: true) {
            change.replace(place..<next, by: replacement(match), in: text)
          }
          place = next
        }
      }
      return change.finish(text)
    }
  }

  /// From so large a number of bytes on, clusters are taken scalar by scalar.
  private static let longClusterByteCount = 6
}

/// A text of which parts are replaced from the left.
private struct TextChange {
  private var result: AlignedText?
  private let source: SourceEnds
  private let capacity: Int
  /// Where what is not copied yet begins.
  private var copied = 0

  init(of text: Span<UInt8>, _ source: SourceEnds) {
    self.source = source
    capacity = text.count + 16
  }

  /// Puts bytes in the place of a range, which is not empty and lies behind those before it.
  mutating func replace(_ range: Range<Int>, by new: ArraySlice<UInt8>, in text: Span<UInt8>) {
    var changed = result ?? AlignedText(from: source, byteCount: capacity)
    // Two of them would be copied with every change.
    result = nil
    changed.copy(copied..<range.lowerBound, of: text, source)
    if !new.isEmpty { changed.append(Array(new), endingAt: source[range.upperBound - 1]) }
    result = changed
    copied = range.upperBound
  }

  /// The text; nil if nothing was replaced.
  mutating func finish(_ text: Span<UInt8>) -> AlignedText? {
    result?.copy(copied..<text.count, of: text, source)
    return result
  }
}

extension Normalizer {
  /// Whether the normalizer makes something else of a text.
  package func changes(_ text: Span<UInt8>) -> Bool { normalized(text, .untracked) != nil }

  private static let metaspace: [UInt8] = [0xE2, 0x96, 0x81]

  /// The text with each run of spaces as one of them and none at the ends, where U+2581 goes too if it
  /// is the end; nil if that is what it is.
  static func spacesCollapsed(in text: Span<UInt8>, _ source: SourceEnds) -> AlignedText? {
    let space = UInt8(ascii: " ")
    var end = text.count
    while end > 0 {
      if text[end - 1] == space {
        end -= 1
      } else if end >= 3, (0..<3).allSatisfy({ text[end - 3 + $0] == metaspace[$0] }) {
        end -= 3
      } else {
        break
      }
    }
    var result: AlignedText?
    var copied = 0
    var place = 0
    func skip(to next: Int) {
      var changed = result ?? AlignedText(from: source, byteCount: text.count)
      result = nil
      changed.copy(copied..<place, of: text, source)
      result = changed
      copied = next
    }
    while place < end {
      guard text[place] == space else {
        place += 1
        continue
      }
      // Of a run the first stays, but not at the beginning.
      if place > 0 { place += 1 }
      var next = place
      while next < end, text[next] == space { next += 1 }
      if next > place { skip(to: next) }
      place = next
    }
    if end < text.count { skip(to: text.count) }
    result?.copy(copied..<text.count, of: text, source)
    return result
  }
}
