/// What a normalizer makes of single scalars, whatever stands beside them.
enum CharacterChange {
  /// The scalar stays.
  case none
  /// The scalar goes.
  case removal
  /// A scalar takes its place.
  case scalar(Int)
  /// Bytes take its place.
  case bytes([UInt8])

  /// The text with every scalar changed as `change` says; nil if each stays.
  ///
  /// Bytes that aren't part of a scalar stay.
  static func applied(
    to text: Span<UInt8>, _ source: SourceEnds, _ change: (Int) -> CharacterChange
  ) -> AlignedText? {
    unsafe text.withUnsafeBufferPointer { buffer in
      // SAFETY: the text does not outlive the buffer, which ends with this closure.
      let units = unsafe ClassifiedText(buffer)
      var result: AlignedText?
      var copied = 0
      var place = 0
      while place < units.count {
        let (value, length) = units.scalarOrByte(at: place)
        let end = place + length
        defer { place = end }
        guard value >= 0 else { continue }
        let new: [UInt8]
        switch change(value) {
        case .none: continue
        case .removal: new = []
        case .scalar(let other): new = UTF8Scalar.bytes(UInt32(truncatingIfNeeded: other))
        case .bytes(let bytes): new = bytes
        }
        var changed = result ?? AlignedText(from: source, byteCount: text.count + 16)
        // Two of them would be copied with every change.
        result = nil
        changed.copy(copied..<place, of: text, source)
        changed.append(new, replacing: end - 1, of: source)
        result = changed
        copied = end
      }
      result?.copy(copied..<text.count, of: text, source)
      return result
    }
  }

  /// The lower case of a scalar, as Rust's `char::to_lowercase` has it.
  @inline(__always) static func lowercase(_ scalar: Int) -> CharacterChange {
    if scalar < 0x80 {
      return UInt8(ascii: "A")...UInt8(ascii: "Z") ~= UInt8(truncatingIfNeeded: scalar)
        ? .scalar(scalar + 32) : .none
    }
    if scalar == 0x130 { return .bytes(Array("i\u{307}".utf8)) }
    let distance = ScalarTable.lowercase[scalar]
    return distance == 0 ? .none : .scalar(scalar + Int(distance))
  }

  /// What `Nmt` makes of a scalar.
  static func nmt(_ scalar: Int) -> CharacterChange {
    switch scalar {
    case 0x1...0x8, 0xB, 0xE...0x1F, 0x7F, 0x8F, 0x9F: .removal
    case 0x9, 0xA, 0xC, 0xD, 0x1680, 0x200B...0x200F, 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD:
      .scalar(0x20)
    default: .none
    }
  }
}

/// What ``Normalizer/bert(_:)`` does to a text.
public struct BERTNormalization: OptionSet, Hashable, Sendable {
  /// The options as a file holds them.
  public let rawValue: UInt8

  /// Options by their bits.
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Control characters go, and white space becomes spaces.
  public static let cleansText = BERTNormalization(rawValue: 1)
  /// Spaces stand around Chinese characters.
  public static let separatesChinese = BERTNormalization(rawValue: 2)
  /// Marks go, after canonical decomposition.
  public static let stripsAccents = BERTNormalization(rawValue: 4)
  /// Letters become lower case.
  public static let lowercases = BERTNormalization(rawValue: 8)
  /// All of them.
  public static let all: BERTNormalization = [
    .cleansText, .separatesChinese, .stripsAccents, .lowercases,
  ]

  /// The text after what these options do; nil if that is nothing.
  func normalized(_ text: Span<UInt8>, _ source: SourceEnds) -> AlignedText? {
    var result: AlignedText?
    if !isDisjoint(with: [.cleansText, .separatesChinese]) {
      result = CharacterChange.applied(to: text, source, firstChange)
    }
    if contains(.stripsAccents) {
      let form = NormalForm.nfd
      if let current = result {
        result = form.normalized(current.bytes.span, current.ends) ?? current
      } else {
        result = form.normalized(text, source)
      }
    }
    guard !isDisjoint(with: [.stripsAccents, .lowercases]) else { return result }
    guard let current = result else { return CharacterChange.applied(to: text, source, lastChange) }
    return CharacterChange.applied(to: current.bytes.span, current.ends, lastChange) ?? current
  }

  /// What happens to a scalar before the text is decomposed.
  private func firstChange(_ scalar: Int) -> CharacterChange {
    if (0x21...0x7E).contains(scalar) || scalar == 0x20 { return .none }
    if contains(.cleansText) {
      if ScalarTable.removed.contains(scalar) { return .removal }
      let unicodeClass = ClassifiedText.unicodeClass(of: UInt32(truncatingIfNeeded: scalar))
      if UnicodeClassSet.whitespace.contains(unicodeClass) { return .scalar(0x20) }
    }
    if contains(.separatesChinese), Self.isChinese(scalar) {
      let space = UInt8(ascii: " ")
      return .bytes([space] + UTF8Scalar.bytes(UInt32(truncatingIfNeeded: scalar)) + [space])
    }
    return .none
  }

  /// What happens to a scalar after that.
  private func lastChange(_ scalar: Int) -> CharacterChange {
    if contains(.stripsAccents), scalar >= 0x300, ScalarTable.nonspacingMarks.contains(scalar) {
      return .removal
    }
    return contains(.lowercases) ? CharacterChange.lowercase(scalar) : .none
  }

  private static func isChinese(_ scalar: Int) -> Bool {
    switch scalar {
    case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x2_0000...0x2_A6DF, 0x2_A700...0x2_B73F,
      0x2_B740...0x2_B81F, 0x2_B920...0x2_CEAF, 0xF900...0xFAFF, 0x2_F800...0x2_FA1F:
      true
    default: false
    }
  }
}
