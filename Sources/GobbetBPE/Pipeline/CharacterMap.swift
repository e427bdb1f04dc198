/// A table of SentencePiece's: what becomes of characters and of sequences of them, the longest first.
///
/// It is kept as the file has it: a trie in a double array, and after it the texts that it leads to.
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

  /// A sequence of the table that a text has.
  struct Match {
    /// Bytes of the sequence.
    var length: Int
    /// Where its text begins in `bytes`, after the trie.
    var value: Int
  }

  /// The node that a byte leads to from another, and what the sequence that ends there becomes, if the table
  /// has it; nil where the trie does not go on.
  private func next(_ node: Int, by byte: UInt8) -> (node: Int, value: Int?)? {
    let place = node ^ Int(byte)
    guard place < unitCount else { return nil }
    let unit = unit(place)
    guard unit & 0x8000_00FF == UInt32(byte) else { return nil }
    let node = place ^ Self.offset(unit)
    let hasValue = unit >> 8 & 1 == 1 && node < unitCount
    return (node, hasValue ? Int(self.unit(node) & 0x7FFF_FFFF) : nil)
  }

  /// The longest sequence at the beginning of `range` that the table has, or the shortest.
  func match(in text: Span<UInt8>, _ range: Range<Int>, isShortest: Bool) -> Match? {
    var found: Match?
    var node = Self.offset(unit(0))
    for index in range {
      guard let next = next(node, by: text[index]) else { return found }
      node = next.node
      if let value = next.value {
        found = Match(length: index + 1 - range.lowerBound, value: value)
        if isShortest { return found }
      }
    }
    return found
  }

  /// How many times as long a text may become, counted in bytes; of sequences of three bytes or more, the
  /// longest text is looked at, whichever becomes it.
  var growth: Int {
    var longest = 0
    var length = 0
    for byte in bytes[(4 + 4 * unitCount)...] {
      length = byte == 0 ? 0 : length + 1
      longest = max(longest, length)
    }
    var growth = max((longest + 2) / 3, 1)
    func note(_ value: Int?, _ byteCount: Int) {
      guard let value else { return }
      let text = replacement(Match(length: byteCount, value: value))
      growth = max(growth, (text.count + byteCount - 1) / byteCount)
    }
    for first in UInt8.min...UInt8.max {
      guard let (node, value) = next(Self.offset(unit(0)), by: first) else { continue }
      note(value, 1)
      for second in UInt8.min...UInt8.max { note(next(node, by: second)?.value, 2) }
    }
    return growth
  }

  /// The text that a sequence becomes.
  func replacement(_ match: Match) -> ArraySlice<UInt8> {
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
      var first = FirstOutputs(source)
      func replace(_ range: Range<Int>, _ match: Match) {
        let new = replacement(match)
        change.replace(range, by: new, in: text)
        first.append(new, replacing: range, of: units)
      }
      var place = 0
      while place < text.count {
        let end = GraphemeClusters.end(in: units, from: place)
        if end - place < Self.longClusterByteCount,
          let match = match(in: text, place..<end, isShortest: true)
        {
          replace(place..<end, match)
          place = end
          continue
        }
        while place < end {
          let next = place + units.scalarOrByte(at: place).length
          if let match = match(in: text, place..<next, isShortest: true) {
            replace(place..<next, match)
          } else {
            first.append(byteCount: next - place, replacing: 1, of: units)
          }
          place = next
        }
      }
      var changed = change.finish(text)
      changed?.setFirstCount(first.byteCount)
      return changed
    }
  }

  /// From so large a number of bytes on, clusters are taken scalar by scalar.
  private static let longClusterByteCount = 6
}

extension FirstOutputs {
  /// Notes what `Precompiled` puts in the place of a range: scalar for scalar, as far as there are as many,
  /// and the last of few for the rest.
  fileprivate mutating func append(
    _ new: ArraySlice<UInt8>, replacing range: Range<Int>, of text: ClassifiedText
  ) {
    var oldCount = range.count { text[$0] & 0xC0 != 0x80 }
    var rest = new
    while !rest.isEmpty {
      let byteCount = 1 + rest.dropFirst().prefix { $0 & 0xC0 == 0x80 }.count
      rest = rest.dropFirst(byteCount)
      append(byteCount: byteCount, replacing: min(oldCount, 1), of: text)
      oldCount = max(oldCount - 1, 0)
    }
    extend(replacing: oldCount, of: text)
  }
}

/// A text of which parts are replaced from the left.
struct TextChange {
  private var result: AlignedText?
  private let source: SourceEnds
  private let capacity: Int
  /// Where what is not copied yet begins.
  private var copied = 0

  init(of text: Span<UInt8>, _ source: SourceEnds) {
    self.source = source
    capacity = text.count + 16
  }

  /// Puts bytes in the place of a range, which is not empty and lies after those before it.
  mutating func replace(_ range: Range<Int>, by new: ArraySlice<UInt8>, in text: Span<UInt8>) {
    var changed = result ?? AlignedText(from: source, byteCount: capacity)
    // Two of them would be copied with every change.
    result = nil
    changed.copy(copied..<range.lowerBound, of: text, source)
    if !new.isEmpty { changed.append(Array(new), replacing: range.upperBound - 1, of: source) }
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
  private static let metaspace: [UInt8] = [0xE2, 0x96, 0x81]

  /// Where a text ends without the spaces and the U+2581 at its end.
  static func endWithoutSpaces(of text: Span<UInt8>) -> Int {
    var end = text.count
    while end > 0 {
      if text[end - 1] == UInt8(ascii: " ") {
        end -= 1
      } else if end >= 3, (0..<3).allSatisfy({ text[end - 3 + $0] == metaspace[$0] }) {
        end -= 3
      } else {
        break
      }
    }
    return end
  }

  /// The text with each run of spaces as one of them and none at the ends, where U+2581 goes too if it
  /// is the end; nil if that is what it is.
  static func spacesCollapsed(in text: Span<UInt8>, _ source: SourceEnds) -> AlignedText? {
    let space = UInt8(ascii: " ")
    let end = endWithoutSpaces(of: text)
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
