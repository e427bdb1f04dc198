internal import CGobbetScan

/// One of the four normal forms of Unicode, as `tokenizers` makes them.
///
/// Its mappings are of an older Unicode than the classes that text is split by: what was assigned
/// later is left as it is. Bytes that are no part of a scalar stay, and nothing moves across them.
/// - Source: Unicode Standard Annex 15; `Fixtures/unicode/make_normalization_tables.py`, which
///   compares the tables with `tokenizers` 0.23.3 on every scalar and 300,000 random strings.
final class NormalForm: Sendable {
  /// The form NFC.
  static let nfc = NormalForm(composes: true, isCompatible: false)
  /// The form NFD.
  static let nfd = NormalForm(composes: false, isCompatible: false)
  /// The form NFKC.
  static let nfkc = NormalForm(composes: true, isCompatible: true)
  /// The form NFKD.
  static let nfkd = NormalForm(composes: false, isCompatible: true)

  /// In place of a combining class: the form may change the scalar or what is in front of it.
  private static let suspect: UInt8 = 255

  private let composes: Bool
  private let mappings: NormalizationMappings
  /// The number of the leaf of each 64 scalars.
  private let leafNumbers: [UInt16]
  /// For each scalar of each leaf its combining class, or ``suspect``; 0 for what is inert.
  private let leaves: [UInt8]
  /// Ranges of the bytes that begin scalars of which some are not inert.
  private let suspectBytes: [(first: UInt8, count: UInt8)]

  private init(composes: Bool, isCompatible: Bool) {
    self.composes = composes
    let mappings = isCompatible ? NormalizationMappings.compatible : .canonical
    self.mappings = mappings
    var table = [UInt8](repeating: 0, count: 0x110000)
    for (scalar, combiningClass) in mappings.classes { table[Int(scalar)] = combiningClass }
    for scalar in mappings.steps.keys {
      let whole = mappings.decomposed([scalar])
      let again = composes ? mappings.composed(mappings.sorted(whole)) : whole
      if again != [scalar] { table[Int(scalar)] = Self.suspect }
    }
    if composes {
      for pair in mappings.compositions.keys { table[Int(pair & 0x1F_FFFF)] = Self.suspect }
      for scalar in Hangul.laterParts { table[Int(scalar)] = Self.suspect }
    } else {
      for scalar in Hangul.syllables { table[Int(scalar)] = Self.suspect }
    }
    var numbers: [ArraySlice<UInt8>: UInt16] = [:]
    var leafNumbers: [UInt16] = []
    var leaves: [UInt8] = []
    for start in stride(from: 0, to: table.count, by: 64) {
      let leaf = table[start..<(start + 64)]
      let next = UInt16(truncatingIfNeeded: numbers.count)
      let number = numbers[leaf] ?? next
      if number == next {
        numbers[leaf] = number
        leaves += leaf
      }
      leafNumbers.append(number)
    }
    self.leafNumbers = leafNumbers
    self.leaves = leaves
    suspectBytes = Self.firstBytes(of: table)
  }

  /// The ranges of first bytes of the scalars that are not inert.
  private static func firstBytes(of table: [UInt8]) -> [(first: UInt8, count: UInt8)] {
    var isSuspect = [Bool](repeating: false, count: 256)
    for scalar in 0x80..<UInt32(table.count) where table[Int(scalar)] != 0 {
      isSuspect[Int(UTF8Scalar.bytes(scalar)[0])] = true
    }
    var ranges: [(first: UInt8, count: UInt8)] = []
    for byte in 0x80...0xFF where isSuspect[byte] {
      if let last = ranges.last, Int(last.first) + Int(last.count) == byte {
        ranges[ranges.count - 1].count += 1
      } else {
        ranges.append((UInt8(truncatingIfNeeded: byte), 1))
      }
    }
    return ranges
  }

  /// The text in this form; nil if it is in it already.
  ///
  /// - Complexity: linear; some gigabytes a second where nothing can change.
  func normalized(_ text: Span<UInt8>, _ source: SourceEnds) -> AlignedText? {
    unsafe text.withUnsafeBufferPointer { buffer in
      // SAFETY: the text does not outlive the buffer, which ends with this closure.
      let units = unsafe ClassifiedText(buffer)
      var result: AlignedText?
      var copied = 0
      var place = 0
      // The last inert scalar, which what follows may change, and the class of the scalar before.
      var clusterStart = 0
      var lastClass: UInt8 = 0
      while place < units.count {
        if lastClass == 0 {
          let next = nextSuspectByte(from: place, in: units)
          guard next < units.count else { break }
          if next > place {
            clusterStart = units.startOfScalar(before: next)
            place = next
          }
        }
        let (value, length) = units.scalarOrByte(at: place)
        let behaviour = value < 0 ? 0 : self.behaviour(UInt32(truncatingIfNeeded: value))
        if behaviour == 0 {
          clusterStart = place
          lastClass = 0
          place += length
        } else if behaviour != Self.suspect, behaviour >= lastClass {
          lastClass = behaviour
          place += length
        } else {
          let end = endOfCluster(from: place + length, in: units)
          let new = cluster(clusterStart..<end, in: units)
          if let new {
            var changed = result ?? AlignedText(from: source, byteCount: text.count + 16)
            // Two of them would be copied with every change.
            result = nil
            changed.copy(copied..<clusterStart, of: text, source)
            changed.append(new, endingAt: source[end - 1])
            result = changed
            copied = end
          }
          place = end
          clusterStart = end
          lastClass = 0
        }
      }
      result?.copy(copied..<text.count, of: text, source)
      return result
    }
  }

  /// The next byte that may begin a scalar that is not inert, or the end of the text.
  private func nextSuspectByte(from start: Int, in text: ClassifiedText) -> Int {
    var place = start
    while place + ClassMasks.byteCount <= text.count {
      var mask: UInt64 = 0
      for range in suspectBytes {
        mask |= text.mask(at: place, first: range.first, count: range.count)
      }
      if mask != 0 { return place + mask.trailingZeroBitCount }
      place += ClassMasks.byteCount
    }
    while place < text.count,
      !suspectBytes.contains(where: { text[place] &- $0.first < $0.count })
    { place += 1 }
    return place
  }

  private func endOfCluster(from start: Int, in text: ClassifiedText) -> Int {
    var end = start
    while end < text.count {
      let (value, length) = text.scalarOrByte(at: end)
      if value < 0 || behaviour(UInt32(truncatingIfNeeded: value)) == 0 { break }
      end += length
    }
    return end
  }

  /// What becomes of a cluster; nil if it stays what it is.
  private func cluster(_ range: Range<Int>, in text: ClassifiedText) -> [UInt8]? {
    var scalars: [UInt32] = []
    var front: [UInt8] = []
    var place = range.lowerBound
    while place < range.upperBound {
      let (value, length) = text.scalarOrByte(at: place)
      // Only the first of a cluster can be a byte that is no part of a scalar.
      if value < 0 { front.append(text[place]) } else { scalars.append(UInt32(value)) }
      place += length
    }
    let decomposed = mappings.sorted(mappings.decomposed(scalars))
    let new = composes ? mappings.composed(decomposed) : decomposed
    return new == scalars ? nil : front + new.flatMap(UTF8Scalar.bytes)
  }

  @inline(__always) private func behaviour(_ scalar: UInt32) -> UInt8 {
    leaves[Int(leafNumbers[Int(scalar >> 6)]) << 6 | Int(scalar & 0x3F)]
  }
}

/// UTF-8 of single scalars.
enum UTF8Scalar {
  /// The bytes of a scalar; of a surrogate, what its number would be.
  static func bytes(_ scalar: UInt32) -> [UInt8] {
    func last(_ shift: UInt32) -> UInt8 { 0x80 | UInt8(truncatingIfNeeded: scalar >> shift) & 0x3F }
    switch scalar {
    case 0..<0x80: return [UInt8(scalar)]
    case 0x80..<0x800: return [0xC0 | UInt8(scalar >> 6), last(0)]
    case 0x800..<0x1_0000: return [0xE0 | UInt8(scalar >> 12), last(6), last(0)]
    default: return [0xF0 | UInt8(truncatingIfNeeded: scalar >> 18), last(12), last(6), last(0)]
    }
  }
}

extension UTF8Scalar {
  /// The scalar that `bytes` are the UTF-8 of; nil if they are not that of exactly one.
  static func only(of bytes: ArraySlice<UInt8>) -> UInt32? {
    guard !bytes.isEmpty else { return nil }
    let (value, length) = scalarOrByte(of: bytes.span, at: 0)
    return length == bytes.count && value >= 0 ? UInt32(truncatingIfNeeded: value) : nil
  }

  /// The scalar at `place` and its length; -1 and 1 for a byte that is no part of one.
  static func scalarOrByte(of bytes: Span<UInt8>, at place: Int) -> (value: Int, length: Int) {
    unsafe bytes.withUnsafeBufferPointer { buffer in
      precondition(place >= 0 && place < buffer.count, "scalarOrByte: past the end")
      // SAFETY: the text does not outlive the buffer, which ends with this closure.
      return unsafe ClassifiedText(buffer).scalarOrByte(at: place)
    }
  }
}
