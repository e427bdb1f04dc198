import GobbetBPE
import TestSupport
import Testing

/// Texts in the normal forms of Unicode, as `tokenizers` makes them.
///
/// Foundation isn't an oracle: `findings/foundation-leaves-texts-out-of-their-normal-forms.sh`.
@Suite("Normal forms") struct NormalFormTests {
  /// Scalars that compose, decompose, have classes or do none of it: of Latin, Greek, Arabic, Devanagari, Bengali,
  /// Tamil, Thai, Tibetan, Hangul, kana, Han, symbols, music and Kaithi.
  private static let scalars: [ClosedRange<UInt32>] = [
    0x41...0x7A, 0xC0...0xFF, 0x300...0x345, 0x370...0x3CE, 0x400...0x45F, 0x5B0...0x5BD,
    0x610...0x61A, 0x622...0x658, 0x915...0x94D, 0x995...0x9CD, 0x9BE...0x9BE, 0x9C7...0x9D7,
    0xB92...0xB95, 0xBBE...0xBCD, 0xE01...0xE4B, 0xF71...0xF84, 0x1100...0x1112, 0x1161...0x1175,
    0x11A7...0x11C2, 0x1E00...0x1E9B, 0x1F00...0x1F15, 0x2000...0x200A, 0x2126...0x212B,
    0x302A...0x302F, 0x3041...0x309A, 0x4E00...0x4E20, 0xAC00...0xAC1C, 0xF900...0xF910,
    0xFB1D...0xFB36, 0xFF01...0xFF10, 0x1D15E...0x1D164, 0x11099...0x110BA,
  ]

  private static func encoder(_ normalizer: Normalizer) throws -> TokenEncoder {
    var tokens = TokenTable()
    for byte in UInt8.min...UInt8.max { try tokens.append([byte]) }
    let vocabulary = try Vocabulary(
      tokens: tokens, merges: [], mergeRule: .learnedPairs, pattern: .whole,
      specialTokens: .none, pipeline: TextPipeline(normalizers: [normalizer]))
    return Tokenizer(vocabulary).makeEncoder()
  }

  /// A text of one to three scripts, in pieces between bytes that aren't a scalar.
  private static func pieces(_ generator: inout SeededGenerator) -> [String] {
    let scripts = (0..<Int.random(in: 1...3, using: &generator)).compactMap { _ in
      scalars.randomElement(using: &generator)
    }
    return (0..<Int.random(in: 1...3, using: &generator)).map { _ in
      var piece = String.UnicodeScalarView()
      for _ in 0..<Int.random(in: 0...50, using: &generator) {
        let range = scripts.randomElement(using: &generator) ?? 0x41...0x5A
        guard let scalar = Unicode.Scalar(UInt32.random(in: range, using: &generator)) else {
          continue
        }
        piece.append(scalar)
      }
      return String(piece)
    }
  }

  private static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  private static let program = """
    import sys
    from tokenizers import normalizers
    form = getattr(normalizers, sys.argv[1])()
    for line in sys.stdin:
        pieces = [bytes.fromhex(piece).decode() for piece in line.strip().split("-")]
        print("-".join(form.normalize_str(piece).encode().hex() for piece in pieces))
    """

  @Test(
    "are what tokenizers makes of the same text, and nothing moves across a byte that isn't a scalar",
    .enabled(if: peersPython != nil, "\(peersNeeded)"), arguments: ["NFC", "NFD", "NFKC", "NFKD"])
  func agreement(_ name: String) throws {
    let forms: [String: Normalizer] = ["NFC": .nfc, "NFD": .nfd, "NFKC": .nfkc, "NFKD": .nfkd]
    var encoder = try Self.encoder(try #require(forms[name]))
    var generator = SeededGenerator(1515)
    let texts = (0..<20_000).map { _ in Self.pieces(&generator) }
    let input = texts.map { $0.map { Self.hexadecimal($0.utf8) }.joined(separator: "-") + "\n" }
    let result = try run(
      try #require(peersPython), ["-c", Self.program, name], input: Array(input.joined().utf8))
    #expect(result.status == 0, "\(result.errorText)")
    let answers = result.text.split(separator: "\n", omittingEmptySubsequences: false)
    try #require(answers.count == texts.count + 1)
    let border: [UInt8] = [0xFF]
    for (pieces, answer) in zip(texts, answers) {
      let text = Array(pieces.map { Array($0.utf8) }.joined(separator: border))
      var ids: [TokenID] = []
      encoder.encode(text.span, into: &ids)
      let normalized = ids.split(separator: 0xFF, omittingEmptySubsequences: false).map {
        Self.hexadecimal($0.map { UInt8(truncatingIfNeeded: $0) })
      }
      try #require(normalized.joined(separator: "-") == answer, "\(pieces)")
    }
  }
}
