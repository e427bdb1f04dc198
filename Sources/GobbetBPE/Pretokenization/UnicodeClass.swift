/// What patterns tell apart among scalars; every scalar has exactly one class.
///
/// - Source: general categories of Unicode 16.0, with the 25 scalars of `\s` taken out first;
///   `Fixtures/unicode/make_tables.py`.
enum UnicodeClass {
  /// None of the others, and bytes that are no part of a scalar.
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

  init(_ classes: UInt8...) { bits = classes.reduce(0) { $0 | 1 << $1 } }

  private init(bits: UInt16) { self.bits = bits }

  @inline(__always) func contains(_ unicodeClass: UInt8) -> Bool {
    (bits &>> unicodeClass) & 1 != 0
  }

  /// Every class that is not in this set.
  var inverted: UnicodeClassSet { UnicodeClassSet(bits: ~bits) }

  /// The class `\p{L}`.
  static let letters = UnicodeClassSet(
    UnicodeClass.upper, UnicodeClass.lower, UnicodeClass.caseless)
  /// The class `[\p{L}\p{M}]`.
  static let lettersAndMarks = UnicodeClassSet(
    UnicodeClass.upper, UnicodeClass.lower, UnicodeClass.caseless, UnicodeClass.mark)
  /// The class `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`.
  static let upperLike = UnicodeClassSet(
    UnicodeClass.upper, UnicodeClass.caseless, UnicodeClass.mark)
  /// The class `[\p{Ll}\p{Lm}\p{Lo}\p{M}]`.
  static let lowerLike = UnicodeClassSet(
    UnicodeClass.lower, UnicodeClass.caseless, UnicodeClass.mark)
  /// The class `[\p{Lm}\p{Lo}\p{M}]`, upper-like and lower-like.
  static let bothCases = UnicodeClassSet(UnicodeClass.caseless, UnicodeClass.mark)
  /// The class `\p{N}`.
  static let numbers = UnicodeClassSet(UnicodeClass.number)
  /// The class `\s`.
  static let whitespace = UnicodeClassSet(UnicodeClass.space, UnicodeClass.newline)
  /// The class `[^\s\p{L}\p{N}]`.
  static let symbols = UnicodeClassSet(
    UnicodeClass.upper, UnicodeClass.lower, UnicodeClass.caseless, UnicodeClass.number,
    UnicodeClass.space, UnicodeClass.newline
  ).inverted
  /// The class `[^\s\p{L}\p{M}\p{N}]`.
  static let symbolsButMarks = UnicodeClassSet(
    UnicodeClass.other, UnicodeClass.punctuation, UnicodeClass.symbol)
  /// The class `[\p{P}\p{S}]`.
  static let punctuationAndSymbols = UnicodeClassSet(
    UnicodeClass.punctuation, UnicodeClass.symbol)
  /// The class `[\r\n]`.
  static let newlines = UnicodeClassSet(UnicodeClass.newline)
  /// The class `[^\r\n\p{L}\p{N}\p{P}\p{S}]`.
  static let deepSeekPrefixes = UnicodeClassSet(
    UnicodeClass.other, UnicodeClass.mark, UnicodeClass.space)
  /// The class `[^\r\n\p{L}\p{N}]`.
  static let wordPrefixes = UnicodeClassSet(
    UnicodeClass.upper, UnicodeClass.lower, UnicodeClass.caseless, UnicodeClass.number,
    UnicodeClass.newline
  ).inverted
}

extension Pattern.Words {
  /// What a word is a run of, cases aside.
  var letters: UnicodeClassSet { self == .letters ? .letters : .lettersAndMarks }

  /// What symbols are a run of.
  var symbols: UnicodeClassSet {
    switch self {
    case .letters, .caseAware: .symbols
    case .lettersAndMarks: .symbolsButMarks
    case .deepSeek: .punctuationAndSymbols
    }
  }
}
