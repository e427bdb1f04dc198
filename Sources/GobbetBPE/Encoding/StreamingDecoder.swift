/// Turns token ids into text as they come, and holds back a scalar until all its bytes are there.
public struct StreamingDecoder: Sendable {
  private let decoder: TokenDecoder
  private var state: DecoderState
  /// The bytes of an unfinished scalar: at most three.
  private var held: [UInt8] = []
  /// Tokens decoded so far, for errors.
  private var tokenCount = 0

  /// Begins a text, of which the decoder says whether it has special tokens.
  public init(_ decoder: TokenDecoder) {
    self.decoder = decoder
    state = decoder.makeState()
  }

  /// The text that is complete with this token; what is not UTF-8 becomes U+FFFD.
  ///
  /// - Throws: ``UnknownTokenError``, with the place among all tokens so far; nothing is then lost.
  public mutating func append(_ id: TokenID) throws(UnknownTokenError) -> String {
    do {
      try decoder.decode([id].span, &state, into: &held)
    } catch {
      throw UnknownTokenError(id: id, index: tokenCount)
    }
    tokenCount += 1
    let tail = held.suffix(Self.unfinishedByteCount(of: held))
    let text = String(decoding: held.dropLast(tail.count), as: UTF8.self)
    held = Array(tail)
    return text
  }

  /// What is left at the end of the tokens: mostly nothing, or U+FFFD for an unfinished scalar.
  public mutating func finish() -> String {
    state.finish(&held)
    defer { held.removeAll() }
    return String(decoding: held, as: UTF8.self)
  }

  /// How many of the last bytes begin a scalar whose other bytes may still come.
  private static func unfinishedByteCount(of bytes: [UInt8]) -> Int {
    for count in 1...3 where count <= bytes.count {
      let tail = bytes.suffix(count)
      guard let lead = tail.first, lead & 0xC0 != 0x80 else { continue }
      return isBeginning(Array(tail)) ? count : 0
    }
    return 0
  }

  /// Whether bytes are the first, but not all, of a well-formed scalar.
  ///
  /// - Source: The Unicode Standard 16.0, table 3-7.
  private static func isBeginning(_ bytes: [UInt8]) -> Bool {
    let length: Int
    var second: ClosedRange<UInt8> = 0x80...0xBF
    switch bytes[0] {
    case 0xC2...0xDF: length = 2
    case 0xE0...0xEF:
      length = 3
      if bytes[0] == 0xE0 { second = 0xA0...0xBF }
      if bytes[0] == 0xED { second = 0x80...0x9F }
    case 0xF0...0xF4:
      length = 4
      if bytes[0] == 0xF0 { second = 0x90...0xBF }
      if bytes[0] == 0xF4 { second = 0x80...0x8F }
    default: return false
    }
    return bytes.count < length && (bytes.count < 2 || second.contains(bytes[1]))
  }
}
