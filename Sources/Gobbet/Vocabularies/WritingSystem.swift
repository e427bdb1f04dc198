/// What a token is written in, told roughly: by the Unicode block of its first letter.
public enum WritingSystem: String, Hashable, Sendable, CaseIterable {
  /// Letters of the Latin script.
  case latin
  /// Letters of the Greek script.
  case greek
  /// Letters of the Cyrillic script.
  case cyrillic
  /// Letters of the Armenian script.
  case armenian
  /// Letters of the Hebrew script.
  case hebrew
  /// Letters of the Arabic script.
  case arabic
  /// Letters of the Devanagari script.
  case devanagari
  /// Letters of the Bengali script.
  case bengali
  /// Letters of the Tamil script.
  case tamil
  /// Letters of the Thai script.
  case thai
  /// Letters of the Georgian script.
  case georgian
  /// Letters of the Hangul script.
  case hangul
  /// Letters of hiragana and katakana.
  case kana
  /// Letters of the Han script.
  case han
  /// Letters of any other script.
  case otherLetters = "other letters"
  /// Numerals and no letter.
  case digits
  /// Nothing but white space.
  case space
  /// Neither letters nor numerals.
  case symbols
  /// Bytes that aren't whole scalars.
  case fragments

  /// What `bytes` are written in.
  public init(of bytes: some Collection<UInt8>) {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      self = .fragments
      return
    }
    let scalars = text.unicodeScalars
    if let letter = scalars.first(where: { $0.properties.isAlphabetic }) {
      self = Self.blocks.first { $0.range.contains(letter.value) }?.script ?? .otherLetters
    } else if scalars.contains(where: { $0.properties.numericType != nil }) {
      self = .digits
    } else {
      self = scalars.allSatisfy { $0.properties.isWhitespace } ? .space : .symbols
    }
  }

  /// Where the letters of each script are, but for rare extensions.
  private static let blocks: [(range: ClosedRange<UInt32>, script: WritingSystem)] = [
    (0x0041...0x024F, .latin), (0x1E00...0x1EFF, .latin), (0x2C60...0x2C7F, .latin),
    (0xA720...0xA7FF, .latin), (0xFF21...0xFF5A, .latin),
    (0x0370...0x03FF, .greek), (0x1F00...0x1FFF, .greek),
    (0x0400...0x052F, .cyrillic), (0x1C80...0x1C8F, .cyrillic), (0x2DE0...0x2DFF, .cyrillic),
    (0x0530...0x058F, .armenian),
    (0x0590...0x05FF, .hebrew), (0xFB1D...0xFB4F, .hebrew),
    (0x0600...0x06FF, .arabic), (0x0750...0x077F, .arabic), (0x08A0...0x08FF, .arabic),
    (0xFB50...0xFDFF, .arabic), (0xFE70...0xFEFF, .arabic),
    (0x0900...0x097F, .devanagari), (0x0980...0x09FF, .bengali), (0x0B80...0x0BFF, .tamil),
    (0x0E00...0x0E7F, .thai), (0x10A0...0x10FF, .georgian),
    (0x1100...0x11FF, .hangul), (0x3130...0x318F, .hangul), (0xAC00...0xD7FF, .hangul),
    (0x3040...0x30FF, .kana), (0x31F0...0x31FF, .kana), (0xFF66...0xFF9F, .kana),
    (0x3005...0x3007, .han), (0x3400...0x4DBF, .han), (0x4E00...0x9FFF, .han),
    (0xF900...0xFAFF, .han), (0x20000...0x3FFFF, .han),
  ]
}
