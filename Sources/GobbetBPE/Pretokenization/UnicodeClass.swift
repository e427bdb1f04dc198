/// What patterns tell apart among scalars; every scalar has exactly one class.
///
/// - Source: general categories of Unicode 16.0, with the 25 scalars of `\s` taken out first;
///   `Fixtures/unicode/make_tables.py`.
enum UnicodeClass {
  /// None of the others, and bytes that aren't part of a scalar.
  static let other: UInt8 = 0
  /// `\p{Lu}` and `\p{Lt}`.
  static let upper: UInt8 = 1
  /// `\p{Ll}`.
  static let lower: UInt8 = 2
  /// `\p{Lm}` and `\p{Lo}`.
  static let caseless: UInt8 = 3
  /// `\p{M}`.
  static let mark: UInt8 = 4
  /// `\p{N}`.
  static let number: UInt8 = 5
  /// `\s` without `\r` and `\n`.
  static let space: UInt8 = 6
  /// `\r` and `\n`.
  static let newline: UInt8 = 7
  /// `\p{P}`.
  static let punctuation: UInt8 = 8
  /// `\p{S}`.
  static let symbol: UInt8 = 9
}

/// A set of classes, a bit each.
struct UnicodeClassSet {
  private let bits: UInt16

  @inline(__always) private init(_ bits: UInt16) { self.bits = bits }

  @inline(__always) private static func one(_ unicodeClass: UInt8) -> UInt16 { 1 &<< unicodeClass }

  @inline(__always) func contains(_ unicodeClass: UInt8) -> Bool {
    (bits &>> unicodeClass) & 1 != 0
  }

  // Computed, so that each is a constant where it is used.

  private static var caseful: UInt16 { one(UnicodeClass.upper) | one(UnicodeClass.lower) }
  private static var l: UInt16 { caseful | one(UnicodeClass.caseless) }
  private static var m: UInt16 { one(UnicodeClass.mark) }
  private static var n: UInt16 { one(UnicodeClass.number) }
  private static var s: UInt16 { one(UnicodeClass.space) | one(UnicodeClass.newline) }

  /// The class `\p{L}`.
  static var letters: Self { Self(l) }
  /// The class `[\p{L}\p{M}]`.
  static var lettersAndMarks: Self { Self(l | m) }
  /// The class `[\p{L}\p{M}\p{N}]`.
  static var lettersMarksAndNumbers: Self { Self(l | m | n) }
  /// The class `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`.
  static var upperLike: Self { Self((l | m) & ~one(UnicodeClass.lower)) }
  /// The class `[\p{Ll}\p{Lm}\p{Lo}\p{M}]`.
  static var lowerLike: Self { Self((l | m) & ~one(UnicodeClass.upper)) }
  /// The class `[\p{Lm}\p{Lo}\p{M}]`, upper-like and lower-like.
  static var bothCases: Self { Self((l | m) & ~caseful) }
  /// The class `\p{N}`.
  static var numbers: Self { Self(n) }
  /// The class `\s`.
  static var whitespace: Self { Self(s) }
  /// The class `[\r\n]`.
  static var newlines: Self { Self(one(UnicodeClass.newline)) }
  /// The class `[^\s\p{L}\p{N}]`.
  static var symbols: Self { Self(~(l | n | s)) }
  /// The class `[^\s\p{L}\p{M}\p{N}]`.
  static var symbolsButMarks: Self { Self(~(l | m | n | s)) }
  /// The class `[\p{P}\p{S}]`.
  static var punctuationAndSymbols: Self {
    Self(one(UnicodeClass.punctuation) | one(UnicodeClass.symbol))
  }
  /// The class `[^\r\n\p{L}\p{N}]`.
  static var wordPrefixes: Self { Self(~(l | n | one(UnicodeClass.newline))) }
  /// The class `[^\r\n\p{L}\p{N}\p{P}\p{S}]`.
  static var deepSeekPrefixes: Self {
    Self(one(UnicodeClass.other) | m | one(UnicodeClass.space))
  }
  /// The class `[^\s\p{N}]`.
  static var neitherWhitespaceNorNumbers: Self { Self(~(n | s)) }
  /// The class `[\p{L}\p{M}\p{P}\p{S}]`.
  static var lettersMarksAndSymbols: Self {
    Self(l | m | one(UnicodeClass.punctuation) | one(UnicodeClass.symbol))
  }
}

extension SplitPattern.Words {
  /// What a word is a run of, cases aside.
  var letters: UnicodeClassSet { self == .letters ? .letters : .lettersAndMarks }

  /// What symbols are a run of.
  var symbols: UnicodeClassSet {
    switch self {
    case .letters, .caseAware, .everything: .symbols
    case .lettersAndMarks: .symbolsButMarks
    case .deepSeek: .punctuationAndSymbols
    }
  }

  /// What scalars beyond ASCII `ClassMasks` may have masks for.
  var maskedClasses: UnicodeClassSet {
    self == .deepSeek ? .lettersMarksAndSymbols : .neitherWhitespaceNorNumbers
  }
}
