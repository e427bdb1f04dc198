/// What the first bytes of a file say about the rest: text, or something else.
package enum SampledContent: Hashable, Sendable {
  /// UTF-8 without a NUL.
  case utf8
  /// Text in another encoding, or UTF-8 with mistakes: no NUL and no other control byte that a text
  /// does not hold.
  case unknownEncoding
  /// Neither.
  case binary

  /// Looks at `sample`, the first bytes of a file, or all of them if `isWhole`.
  ///
  /// - Complexity: O(n).
  package init(_ sample: some Collection<UInt8>, isWhole: Bool) {
    var isUTF8 = true
    var hasControl = false
    // The bytes still to come of the scalar at hand, and the bounds of the next.
    var missing = 0
    var bounds: ClosedRange<UInt8> = 0x80...0xBF
    for byte in sample {
      if byte == 0 {
        self = .binary
        return
      }
      hasControl = hasControl || Self.isControl(byte)
      guard isUTF8 else { continue }
      if missing > 0 {
        isUTF8 = bounds.contains(byte)
        missing -= 1
        bounds = 0x80...0xBF
      } else if byte >= 0x80 {
        (missing, bounds) = Self.scalar(startingWith: byte)
        isUTF8 = missing > 0
      }
    }
    if isUTF8 && (missing == 0 || !isWhole) {
      self = .utf8
    } else {
      self = hasControl ? .binary : .unknownEncoding
    }
  }

  /// Whether no text holds the byte: a control character other than white space, backspace and
  /// escape.
  private static func isControl(_ byte: UInt8) -> Bool {
    byte < 0x20 && !(0x08...0x0D).contains(byte) && byte != 0x1B && byte != 0x1A
  }

  /// How many bytes follow the first of a scalar, and the bounds of the second; 0 if no scalar
  /// begins so.
  private static func scalar(startingWith byte: UInt8) -> (Int, ClosedRange<UInt8>) {
    switch byte {
    case 0xC2...0xDF: (1, 0x80...0xBF)
    case 0xE0: (2, 0xA0...0xBF)
    case 0xED: (2, 0x80...0x9F)
    case 0xE1...0xEF: (2, 0x80...0xBF)
    case 0xF0: (3, 0x90...0xBF)
    case 0xF1...0xF3: (3, 0x80...0xBF)
    case 0xF4: (3, 0x80...0x8F)
    default: (0, 0x80...0xBF)
    }
  }
}
