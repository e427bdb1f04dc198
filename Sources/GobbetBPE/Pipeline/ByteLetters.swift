/// The letters that GPT-2 spells bytes with.
package enum ByteLetters {
  /// The scalar of each byte: printable characters of Latin-1 stand for themselves, the other 68 bytes
  /// have U+0100 to U+0143.
  /// - Source: `bytes_to_unicode` of GPT-2's `encoder.py`.
  package static let scalars: [UInt16] = {
    var next: UInt16 = 0x100
    return (0...255).map { byte in
      switch byte {
      case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: return UInt16(byte)
      default:
        defer { next += 1 }
        return next
      }
    }
  }()

  /// The UTF-8 of each byte's letter.
  private static let letters: [[UInt8]] = scalars.map {
    $0 < 0x80 ? [UInt8($0)] : [0xC0 | UInt8($0 >> 6), 0x80 | UInt8($0 & 0x3F)]
  }

  /// The byte of each letter.
  private static let bytes: [UInt32: UInt8] = Dictionary(
    uniqueKeysWithValues: scalars.enumerated().map {
      (UInt32($1), UInt8(truncatingIfNeeded: $0))
    })

  /// The text with the letter of each byte in its place; nil if the text is empty.
  ///
  /// - Source: the normalizer `ByteLevel` of `tokenizers` 0.23.3.
  static func spelled(_ text: Span<UInt8>, _ source: SourceEnds) -> AlignedText? {
    guard !text.isEmpty else { return nil }
    var result = AlignedText(from: source, byteCount: 2 * text.count)
    for index in text.indices {
      result.append(letters[Int(text[index])], replacing: index, of: source)
    }
    return result
  }

  /// The bytes whose letters a token is made of; the token itself if one of its scalars isn't a letter.
  ///
  /// - Source: the decoder `ByteLevel` of `tokenizers` 0.23.3.
  static func bytes(of token: [UInt8]) -> [UInt8] {
    guard let text = String(validating: token, as: UTF8.self) else { return token }
    var result: [UInt8] = []
    for scalar in text.unicodeScalars {
      guard let byte = bytes[scalar.value] else { return token }
      result.append(byte)
    }
    return result
  }
}
