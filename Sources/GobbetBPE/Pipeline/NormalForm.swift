/// One of the four normal forms of Unicode, as `tokenizers` makes them.
///
/// Its mappings are of an older Unicode than the classes that text is split by: what was assigned
/// later is left as it is. Bytes that aren't part of a scalar stay, and nothing moves across them.
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

  private let composes: Bool
  private let mappings: NormalizationMappings
  private let check: NormalFormCheck

  private init(composes: Bool, isCompatible: Bool) {
    self.composes = composes
    mappings = isCompatible ? .compatible : .canonical
    check = NormalFormCheck(mappings, composes: composes)
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
      while let range = check.firstCluster(in: units, from: place) {
        place = range.upperBound
        guard let new = cluster(range, in: units, source) else { continue }
        var changed = result ?? AlignedText(from: source, byteCount: text.count + 16)
        // Two of them would be copied with every change.
        result = nil
        changed.copy(copied..<range.lowerBound, of: text, source)
        changed.append(new.bytes, endingAt: source[place - 1], firstCount: new.firstCount)
        result = changed
        copied = place
      }
      result?.copy(copied..<text.count, of: text, source)
      return result
    }
  }

  /// What becomes of a cluster, and how many bytes of it come from the text's first scalar; nil if it
  /// stays what it is.
  private func cluster(
    _ range: Range<Int>, in text: ClassifiedText, _ source: SourceEnds
  ) -> (bytes: [UInt8], firstCount: Int)? {
    var scalars: [UInt32] = []
    var front: [UInt8] = []
    var place = range.lowerBound
    while place < range.upperBound {
      let (value, length) = text.scalarOrByte(at: place)
      // Only the first of a cluster can be a byte that isn't part of a scalar.
      if value < 0 { front.append(text[place]) } else { scalars.append(UInt32(value)) }
      place += length
    }
    let decomposed = mappings.sorted(mappings.decomposed(scalars))
    let new = composes ? mappings.composed(decomposed) : decomposed
    guard new.count != scalars.count || !zip(new, scalars).allSatisfy({ $0.value == $1 }) else {
      return nil
    }
    var first = FirstOutputs(source, from: range.lowerBound)
    if !front.isEmpty { first.append(byteCount: front.count, replacing: 1, of: text) }
    var bytes = front
    for scalar in new {
      let own = UTF8Scalar.bytes(scalar.value)
      bytes += own
      first.append(byteCount: own.count, replacing: scalar.replacedCount, of: text)
    }
    return (bytes, first.byteCount)
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

  /// The scalar at `place` and its length; -1 and 1 for a byte that isn't part of one.
  static func scalarOrByte(of bytes: Span<UInt8>, at place: Int) -> (value: Int, length: Int) {
    unsafe bytes.withUnsafeBufferPointer { buffer in
      precondition(place >= 0 && place < buffer.count, "scalarOrByte: past the end")
      // SAFETY: the text does not outlive the buffer, which ends with this closure.
      return unsafe ClassifiedText(buffer).scalarOrByte(at: place)
    }
  }
}
