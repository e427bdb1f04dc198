internal import CGobbetScan

/// Finds where a text may not be in a normal form, which most texts nowhere are.
///
/// - Source: Unicode Standard Annex 15, section 9, "Detecting Normalization Forms".
struct NormalFormCheck: Sendable {
  /// What a scalar means for the form.
  struct Behaviour: Sendable {
    /// The form leaves the scalar and what is in front of it as they are.
    static let inert = Behaviour(bits: 0)
    /// The form changes the scalar.
    static let changing = Behaviour(bits: 0x200)

    fileprivate let bits: UInt16

    fileprivate init(bits: UInt16) { self.bits = bits }

    /// A mark of a combining class; `isComposing` if there are scalars that it composes with.
    fileprivate init(combiningClass: UInt8, isComposing: Bool) {
      bits = UInt16(combiningClass) | (isComposing ? 0x100 : 0)
    }

    /// Whether a cluster of scalars that the form may change ends in front of the scalar.
    @inline(__always) var isInert: Bool { bits == 0 }
    /// Whether the form changes the scalar, whatever is in front of it.
    @inline(__always) var isChanging: Bool { bits & 0x200 != 0 }
    /// Whether the scalar may become one with what is in front of it.
    @inline(__always) var isComposing: Bool { bits & 0x100 != 0 }
    /// The combining class.
    @inline(__always) var combiningClass: UInt8 { UInt8(truncatingIfNeeded: bits) }
  }

  private let mappings: NormalizationMappings
  /// The number of the leaf of each 64 scalars.
  private var leafNumbers = [UInt16](repeating: 0, count: 0x11_0000 / 64)
  /// What each scalar of each leaf means; the first leaf is of inert scalars.
  private var leaves = [Behaviour](repeating: .inert, count: 64)
  /// Which scalars of two and three bytes are not inert, a bit for each last byte: for two bytes 32 rows by
  /// the first, then 1,024 by the first and second of three.
  private var rows = [UInt64](repeating: 0, count: 32 + 1024)
  /// Ranges that hold all bytes that begin scalars that are not inert: the first and the count of each.
  private var firstBytes: [UInt8] = []

  /// The check of the form that has `mappings` and composes again or does not.
  init(_ mappings: NormalizationMappings, composes: Bool) {
    self.mappings = mappings
    for (scalar, value) in mappings.classes {
      set(Behaviour(combiningClass: value, isComposing: false), of: scalar)
    }
    if composes {
      for second in Set(mappings.compositions.keys.map { UInt32($0 & 0x1F_FFFF) }) {
        let value = mappings.classes[second] ?? 0
        set(Behaviour(combiningClass: value, isComposing: true), of: second)
      }
      for part in Hangul.laterParts {
        set(Behaviour(combiningClass: 0, isComposing: true), of: part)
      }
    } else {
      for syllable in Hangul.syllables { set(.changing, of: syllable) }
    }
    for scalar in mappings.steps.keys {
      let whole = mappings.decomposed([scalar])
      let again = composes ? mappings.composed(mappings.sorted(whole)) : whole
      if again.map(\.value) != [scalar] { set(.changing, of: scalar) }
    }
    setFirstBytes()
  }

  private mutating func set(_ behaviour: Behaviour, of scalar: UInt32) {
    let leaf = Int(scalar >> 6)
    if leafNumbers[leaf] == 0 {
      leafNumbers[leaf] = UInt16(leaves.count / 64)
      leaves += [Behaviour](repeating: .inert, count: 64)
    }
    leaves[Int(leafNumbers[leaf]) << 6 | Int(scalar & 0x3F)] = behaviour
    // The scalars of a leaf differ in the last byte only.
    if scalar < 0x1_0000 { rows[scalar < 0x800 ? leaf : 32 + leaf] |= 1 << UInt64(scalar & 0x3F) }
  }

  /// Ranges with a single byte between them become one: a byte too many only costs a look.
  private mutating func setFirstBytes() {
    var isNeeded = [Bool](repeating: false, count: 256)
    for (leaf, number) in leafNumbers.enumerated() where number != 0 {
      isNeeded[Int(UTF8Scalar.bytes(UInt32(leaf) << 6)[0])] = true
    }
    var ranges: [Range<Int>] = []
    for byte in 0x80...0xFF where isNeeded[byte] {
      let joins = ranges.last.map { byte - $0.upperBound <= 1 } ?? false
      ranges.append((joins ? ranges.removeLast().lowerBound : byte)..<(byte + 1))
    }
    firstBytes = ranges.flatMap { [UInt8($0.lowerBound), UInt8($0.count)] }
  }

  /// What a scalar means; one that isn't a scalar is inert.
  @inline(__always) private func behaviour(_ scalar: Int) -> Behaviour {
    scalar < 0 ? .inert : leaves[Int(leafNumbers[scalar >> 6]) << 6 | (scalar & 0x3F)]
  }

  /// The first cluster from `start` on that the form may change, with the inert scalar in front of it;
  /// nil if there is none.
  ///
  /// - Parameter start: Where the text begins, or an inert scalar.
  /// - Complexity: linear; some gigabytes a second where all scalars are inert.
  func firstCluster(in text: ClassifiedText, from start: Int) -> Range<Int>? {
    // Where the last scalar that was not inert ends, and its combining class.
    var last = (end: start, combiningClass: UInt8(0))
    for window in stride(from: start, to: text.count, by: ClassMasks.byteCount) {
      var candidates = candidates(in: text, from: window)
      while candidates != 0 {
        let place = window + candidates.trailingZeroBitCount
        candidates &= candidates &- 1
        if isSurelyInert(at: place, in: text) { continue }
        let (scalar, length) = text.scalarOrByte(at: place)
        let behaviour = behaviour(scalar)
        if behaviour.isInert { continue }
        let classInFront = place == last.end ? last.combiningClass : 0
        let value = behaviour.combiningClass
        if behaviour.isChanging || value != 0 && value < classInFront
          || behaviour.isComposing && place > start
            && (classInFront != 0 || mayCompose(scalar, at: place, in: text))
        {
          let end = endOfCluster(from: place + length, in: text)
          return startOfCluster(at: place, in: text, from: start)..<end
        }
        last = (place + length, value)
      }
    }
    return nil
  }

  /// Where scalars begin, among the 64 bytes from `start` on, that may not be inert.
  @inline(__always) private func candidates(in text: ClassifiedText, from start: Int) -> UInt64 {
    if start + ClassMasks.byteCount <= text.count {
      guard text.mask(at: start, first: 0xC0, count: 0x40) != 0 else { return 0 }
      return text.mask(at: start, in: firstBytes.span)
    }
    var mask: UInt64 = 0
    for place in start..<text.count where text[place] >= 0xC0 {
      mask |= 1 &<< UInt64(place - start)
    }
    return mask
  }

  /// Whether the bytes from `place` on are inert, be they a scalar or not; some scalars are inert without it.
  @inline(__always) private func isSurelyInert(at place: Int, in text: ClassifiedText) -> Bool {
    guard place + 2 < text.count else { return false }
    let (first, second, third) = (text[place], text[place + 1], text[place + 2])
    guard first < 0xF0 else { return false }
    let isOfTwo = first < 0xE0
    let row = isOfTwo ? Int(first & 0x1F) : 32 + (Int(first & 0xF) << 6 | Int(second & 0x3F))
    return rows[row] &>> UInt64((isOfTwo ? second : third) & 0x3F) & 1 == 0
  }

  /// Whether the scalar becomes one with the one in front of it, which has no combining class, or with
  /// what that is made of.
  private func mayCompose(_ scalar: Int, at place: Int, in text: ClassifiedText) -> Bool {
    let (value, _) = text.scalarOrByte(at: text.startOfScalar(before: place))
    guard value >= 0 else { return false }
    let first = UInt32(value)
    return mappings.steps[first] != nil || mappings.composition(first, UInt32(scalar)) != nil
  }

  private func startOfCluster(at place: Int, in text: ClassifiedText, from start: Int) -> Int {
    var place = place
    while place > start {
      place = text.startOfScalar(before: place)
      if behaviour(text.scalarOrByte(at: place).value).isInert { break }
    }
    return place
  }

  private func endOfCluster(from start: Int, in text: ClassifiedText) -> Int {
    var end = start
    while end < text.count {
      let (scalar, length) = text.scalarOrByte(at: end)
      if behaviour(scalar).isInert { break }
      end += length
    }
    return end
  }
}
