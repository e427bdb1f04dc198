/// Names of llama.cpp's pre-tokenizers that stand for expressions, each of which cuts what the one
/// before it leaves, and leaves what it doesn't match.
///
/// Where llama.cpp takes white space beyond ASCII out of a class by the way it runs expressions, it is
/// taken out here.
/// - Source: `llm_tokenizer_bpe` in llama.cpp's `llama-vocab.cpp`, as of llama-cpp-python 0.3.36.
struct GGUFExpressions {
  /// The first is the one that is written.
  let names: [String]
  let expressions: [String]
  /// Whether a pretoken that is a token is taken whole.
  let takesWhole: Bool
  /// Whether a token stands in front of a text unless the file says otherwise.
  let addsBeginning: Bool

  private init(
    _ names: [String], _ expressions: [String], takesWhole: Bool = false,
    addsBeginning: Bool = false
  ) {
    self.names = names
    self.expressions = expressions
    self.takesWhole = takesWhole
    self.addsBeginning = addsBeginning
  }

  private static let contractions =
    "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])"
  /// GPT-2's expression without the alternative that takes the rest.
  private static let gpt2WithoutRest =
    #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)"#

  /// Every row; a name of ``GGUFPretokenizer`` isn't here.
  static let rows: [GGUFExpressions] = [
    GGUFExpressions(
      ["default"],
      [
        #"[\p{P}\$\+<=>\^~\|]+"#,
        gpt2WithoutRest,
        #"\p{N}+"#,
        #"[0-9][0-9][0-9]"#,
      ]),
    GGUFExpressions(
      ["falcon"],
      [
        #"[\p{P}\$\+<=>\^~\|`]+"#,
        gpt2WithoutRest,
        #"[0-9][0-9][0-9]"#,
      ]),
    GGUFExpressions(
      ["bloom", "poro-chat", "gpt3-finnish"],
      [
        #" ?[^(\s|.,!?…。，、।۔،)]+"#
      ]),
    GGUFExpressions(
      ["viking"],
      [
        #" ?[^(\s|.,!?…。，、।۔،)]+"#,
        #"\p{N}"#,
      ]),
    GGUFExpressions(
      ["deepseek-llm"],
      [
        #"[\r\n]"#,
        #"\s?[A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-ՖႠ-ჅᎠ-Ᏽᏸ-ᏽᲐ-ᲺᲽ-Ჿᴀ-ᴫᵫ-"#
          + #"ᵷᵹ-ᶚḀ-ἕἘ-Ἕἠ-ὅὈ-Ὅὐ-ὗὙὛὝὟ-ώᾀ-ᾴᾶ-ᾼιῂ-ῄῆ-ῌῐ-ΐῖ-Ίῠ-Ῥῲ-ῴῶ-ῼℂℇℊ-ℓℕℙ-ℝℤΩℨK-ℭℯ-ℴℹℼ-ℿⅅ-ⅉ"#
          + #"ⅎↃↄⰀ-ⱻⱾ-ⳤⳫ-ⳮⳲⳳꙀ-ꙭꚀ-ꚛꜢ-ꝯꝱ-ꞇꞋ-ꞎꭰ-ꮿﬀ-ﬆﬓ-ﬗＡ-Ｚａ-ｚ𐐀-𐑏𐒰-𐓓𐓘-𐓻𐲀-𐲲𐳀-𐳲𑢠-𑣟𞤀-𞥃]+"#,
        #"\s?[!-/:-~！-／：-～‘-‟、-。]+"#,
        #"\s+$"#,
        #"[一-龥ࠀ-一가-퟿&&[^\s]]+"#,
        #"\p{N}+"#,
      ]),
    GGUFExpressions(
      ["deepseek-coder"],
      [
        #"[\r\n]"#,
        #"\s?\p{L}+"#,
        #"\s?\p{P}+"#,
        #"[一-龥ࠀ-一가-퟿&&[^\s]]+"#,
        #"\p{N}"#,
      ]),
    GGUFExpressions(
      ["minicpm5"],
      [
        #"\p{N}{1,3}"#,
        contractions + #"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}+| ?[^\s\p{L}\p{N}]+[\r\n]*"#
          + #"|\s*[\r\n]+|\s+(?!\S)|\s+"#,
      ], takesWhole: true),
    GGUFExpressions(
      ["spark2_5"],
      [
        #"\p{N}{1,3}"#,
        #"[一-龥぀-ゟ゠-ヿ]+"#,
        ##"[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\"##
          + #"p{M}]+| ?[\p{P}\p{S}]+|[\r\n]|\s+(?!\S)|\s+"#,
        #"\p{N}"#,
      ]),
    GGUFExpressions(
      ["laguna"],
      [
        #"[^\n]+|[\n]+"#,
        contractions + #"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|"#
          + #"\s*[\r\n]+|\s+(?!\S)|\s+"#,
      ]),
    GGUFExpressions(
      ["jais-2"],
      [
        contractions + #"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r"#
          + #"\n]*|\s*[\r\n]+|\s{512}(?!\S)|\s{256}(?!\S)|\s{128}(?!\S)|\s{64}(?!\S)|\s{32}("#
          + #"?!\S)|\s{16}(?!\S)|\s{8}(?!\S)|\s{4}(?!\S)|\s{1,2}(?!\S)|\s{1}"#
      ]),
    GGUFExpressions(
      ["superbpe"],
      [
        #"\p{N}+"#,
        #"(?=(\d{3})+(?!\d))"#,
      ]),
    GGUFExpressions(
      ["exaone-moe"],
      [
        contractions + #"|[^\r\n\p{L}\p{N}]?(?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+|\p{N}"#
          + #"| ?[^\s\p{L}\p{N}]+[\r\n/]?|\s*[\r\n]|\s+(?!\S)|\s+"#
      ]),
    GGUFExpressions(
      ["chameleon"],
      [
        #"<sentinel:[0-9]+>"#,
        #"(IMGIMG)((A|B|C|D|E|F|G|H|I){1,4})Z"#,
        #"([\t\n]|    |  )"#,
        #"\p{N}"#,
        #"[\p{P}!-/:-@\[-`{-~]"#,
        gpt2WithoutRest,
      ], addsBeginning: true),
    // llama.cpp has functions of its own for the next one and for the numerals of the one after it.
    GGUFExpressions(
      ["kimi-k2"],
      [
        "[\(kimiHan)]+|" + #"[^\r\n\p{L}\p{N}]?[\p{L}&&[^"# + kimiHan + "]]+" + contractions
          + #"?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
      ]),
    GGUFExpressions(
      ["afmoe"],
      [
        // Groups of three from the right, the first with what is in front of it.
        #"[^\p{N}]*\p{N}{1,3}(?=(?:\p{N}{3})*(?!\p{N}))"#,
        "[\u{E40}-\u{EFF}\u{1000}-\u{109F}\u{1100}-\u{11FF}\u{1780}-\u{17FF}\u{2F00}-\u{2FDF}"
          + "\u{3040}-\u{30FF}\u{3400}-\u{4DBF}\u{4E00}-\u{FAFF}\u{FF65}-\u{FF9F}]+",
        ##"[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?"##
          + #"[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#,
      ]),
    GGUFExpressions(
      ["youtu"],
      [
        "[가-힣ㄱ-ㆎ]+|[！…“”‘’—：；，、-\u{303F}︰-﹏]+|[ㄅ-ㄯ]+|[一-龥\u{3040}-\u{30FF}]+",
        #"[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+"# + contractions
          + #"?|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"#,
      ], takesWhole: true),
  ]

  /// What llama.cpp takes for Han in Kimi's texts, as ranges of a set.
  private static let kimiHan =
    "\u{3400}-\u{4DBF}\u{4E00}-\u{9FFF}\u{F900}-\u{FAFF}\u{20000}-\u{2A6DF}\u{2A700}-\u{2EBEF}"
    + "\u{2F800}-\u{2FA1F}"
}
