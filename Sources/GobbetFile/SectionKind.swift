/// What a section holds: four ASCII letters, as in PNG.
///
/// A kind whose first letter is lower-case is ancillary: a reader that does not know it skips it. An
/// unknown kind whose first letter is upper-case is an error.
public struct SectionKind: Hashable, Sendable, CustomStringConvertible {
  /// The letters, the first in the lowest byte.
  public let rawValue: UInt32

  /// The kind with that raw value; nil if it is not four ASCII letters.
  public init?(rawValue: UInt32) {
    for shift in stride(from: UInt32(0), to: 32, by: 8) {
      let letter = UInt8(truncatingIfNeeded: rawValue >> shift) | 0x20
      guard (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(letter) else { return nil }
    }
    self.rawValue = rawValue
  }

  /// The kind spelled by a literal.
  ///
  /// - Precondition: four ASCII letters.
  public init(_ letters: StaticString) {
    precondition(letters.utf8CodeUnitCount == 4, "SectionKind: not four letters")
    var value: UInt32 = 0
    letters.withUTF8Buffer { letters in
      value = unsafe letters.reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }
    guard let kind = SectionKind(rawValue: value) else {
      preconditionFailure("SectionKind: not ASCII letters")
    }
    self = kind
  }

  /// Whether a reader that does not know the kind must refuse the file.
  public var isCritical: Bool { rawValue & 0x20 == 0 }

  /// The letters.
  public var description: String {
    String(decoding: (0..<4).map { UInt8(truncatingIfNeeded: rawValue >> (8 * $0)) }, as: UTF8.self)
  }

  /// UTF-8 JSON that says more about the file; ancillary, at most 16 MiB.
  public static let metadata = SectionKind("meta")
  /// An Ed25519 signature of the content id; ancillary, and no part of what it signs.
  public static let signature = SectionKind("sign")
}
