/// The script of a character as SentencePiece's trainer sees it.
struct PieceScript: Hashable, Sendable {
  private let number: Int16

  private init(_ number: Int16) { self.number = number }

  /// No character that has one.
  static let none = PieceScript(-2)
  /// That of characters that go with any other.
  static let any = PieceScript(-1)

  private static let common = Int16(UnicodeProperties.script(named: "zyyy") ?? 0)
  private static let unknown = Int16(UnicodeProperties.script(named: "zzzz") ?? 0)
  private static let inherited = Int16(UnicodeProperties.script(named: "zinh") ?? 0)
  private static let han = Int16(UnicodeProperties.script(named: "hani") ?? 0)
  private static let kana = Set(
    [UnicodeProperties.script(named: "hira"), UnicodeProperties.script(named: "kana")].map {
      Int16($0 ?? 0)
    })
  private static let devanagari = Int16(UnicodeProperties.script(named: "deva") ?? 0)
  private static let newer = ScalarRanges.ranges(newerRanges)

  /// The script of a scalar; marks that take the script of what they stand on have none.
  init(of scalar: UInt32) {
    let runs = UnicodeProperties.scriptRuns
    var (low, high) = (0, runs.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if runs[middle].start <= scalar { low = middle } else { high = middle }
    }
    let script = Int16(runs[low].script)
    if Self.kana.contains(script) || scalar == 0x30FC, !Self.isNewer(scalar) {
      self = PieceScript(Self.han)
    } else if scalar == 0x953 || scalar == 0x954 {
      self = PieceScript(Self.devanagari)
    } else if script == Self.unknown || Self.isNewer(scalar) {
      self = PieceScript(Self.common)
    } else {
      self = script == Self.inherited ? .none : PieceScript(script)
    }
  }

  /// Whether no piece has a character of this script in front of one of `other`.
  func bars(_ other: PieceScript) -> Bool {
    number >= 0 && other.number >= 0 && number != other.number
  }

  /// Whether a scalar is one of the decimal digits that can be split off.
  static func isDigit(_ scalar: UInt32) -> Bool {
    (0x30...0x39).contains(scalar) || (0xFF10...0xFF19).contains(scalar)
  }

  private static func isNewer(_ scalar: UInt32) -> Bool {
    var (low, high) = (0, newer.count)
    while low < high {
      let middle = (low + high) / 2
      if newer[middle].upperBound < scalar { low = middle + 1 } else { high = middle }
    }
    return low < newer.count && newer[low].contains(scalar)
  }

  /// Scalars that got their script after Unicode 9, which SentencePiece's table is of: they are common
  /// to all scripts there.
  ///
  /// - Source: `Fixtures/unicode/make_piece_scripts.py` asks `sentencepiece` 0.2.3 for each scalar.
  private static let newerRanges: StaticString = """
    560;588-589;5EF;61C-61D;7FD-7FF;860-89F;8B5;8BE-8D3;9FC-9FE;A76;AFA-AFF;B55;C04;C3C;C5D;C77;C8\
    4;CDD;CF3-D00;D04;D3B-D3C;D81;E86;E89;E8C;E8E-E93;E98;EA0;EA8-EA9;EAC;EBA;ECE;170D;1715-171F;1\
    80F;1878;1ABF-1ACE;1B4C-1B4F;1B7D-1B7F;1C89-1CBF;1DF6-1DFA;2C2F;2C5F;312E-312F;31BB-31BF;4DB6-\
    4DBF;9FD6-9FFF;A7AF;A7B8-A7F6;A82C;A8FE-A8FF;AB66-AB69;FBC2;FD40-FD4F;FDCF;FDFE-FDFF;1032D-103\
    2F;10570-105F3;10780-107BA;10A34-10A35;10A48;10D00-10D8F;10E80-10FF6;11070-11075;110C2-110CD;1\
    1144-11147;111CE-111CF;1123F-11241;1133B;11380-113E2;1145A;1145E-11461;116B8-116B9;116D0-116E3\
    ;1171A;11740-1183B;11900-11ABF;11B00-11BF9;11D00-11FFF;12F90-12FF2;1342F-143FA;16100-16139;16A\
    70-16AC9;16D40-16E9A;16F45-16F4F;16F7F-16F87;16FE1-16FF1;187ED-187F7;18AF3-1AFFE;1B002-1B2FB;1\
    CF00-1CF46;1DF00-1DF2A;1E030-1E7FE;1E94B;2A6D7-2A6DF;2B735-2B739;2CEB0-2EE5D;30000-323AF
    """
}
