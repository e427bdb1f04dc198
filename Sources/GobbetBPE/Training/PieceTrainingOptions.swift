/// What a ``PieceTrainer`` is asked to learn: BPE of characters, spaces spelled as U+2581;
/// `Spec/Training.md` defines each setting.
public struct PieceTrainingOptions: Hashable, Sendable {
  /// Whose trainer is followed, in everything that it decides.
  public enum Rule: UInt8, Hashable, Sendable, CaseIterable {
    /// `BpeTrainer` of `tokenizers` 0.23.3.
    case tokenizers = 0
    /// The BPE trainer of `sentencepiece` 0.2.3.
    case sentencePiece = 1
  }

  /// How many tokens the vocabulary gets at most.
  public var vocabularySize: Int
  /// Whose trainer is followed.
  public var rule: Rule
  /// Whether characters without a token become those of their bytes, of which there are 256 then.
  public var fallsBackToBytes = false
  /// Characters that get a token however rare they are (`initial_alphabet`, `required_chars`).
  public var requiredCharacters = ""
  /// The settings that only `tokenizers` has.
  public var tokenizers = Tokenizers()
  /// The settings that only SentencePiece has.
  public var sentencePiece = SentencePiece()

  /// The settings of `BpeTrainer`.
  public struct Tokenizers: Hashable, Sendable {
    /// Special tokens, which take the first ids; the unknown token is one of them.
    public var specialTokens: [String] = []
    /// Which of them stands for characters without a token.
    public var unknownToken: String?
    /// How many characters get a token at most, the most frequent ones; of equally frequent ones those
    /// with the lower code points.
    public var alphabetLimit: Int?
    /// Training ends when the most frequent pair occurs less often than this.
    public var minimumFrequency: UInt64 = 0
    /// Merged tokens stay shorter than this many characters, but for those of two.
    public var maximumTokenLength: Int?

    /// Creates the settings that `BpeTrainer` has by default.
    public init() {}
  }

  /// The settings of SentencePiece's trainer, with its defaults but for the table of characters, of
  /// which there is none.
  public struct SentencePiece: Hashable, Sendable {
    /// The share of the text whose characters get a token, from 0.98 to 1.
    public var characterCoverage: Float = 0.9995
    /// The most characters of a piece, 1 to 512.
    public var maximumPieceLength = 16
    /// Whether each digit stays alone.
    public var splitsDigits = false
    /// Whether pieces have characters of one script only.
    public var splitsByScript = true
    /// Whether digits count as a script.
    public var splitsByNumber = true
    /// Whether no piece has U+2581 after its first character.
    public var splitsBySpace = true
    /// Whether runs of U+2581 can be pieces.
    public var allowsSpaceOnlyPieces = false
    /// Whether a space stands in front of every text.
    public var addsPrefix = true
    /// Whether spaces at the ends of a text, and all but one of a run, are taken out.
    public var removesExtraSpaces = true
    /// Texts of more bytes are left out.
    public var maximumSentenceLength = 4192
    /// The ids of the unknown, the first and the last piece and of the one that fills up; nil for none.
    public var unknownID = 0
    /// The id of `<s>`.
    public var beginningID: Int? = 1
    /// The id of `</s>`.
    public var endID: Int? = 2
    /// The id of `<pad>`.
    public var paddingID: Int?
    /// Pieces that no text yields.
    public var controlSymbols: [String] = []
    /// Pieces that stand for their text wherever it is.
    public var userDefinedSymbols: [String] = []
    /// What happens to a text before anything else, as a table of characters.
    public var normalizers: [Normalizer] = []

    /// Creates the settings that SentencePiece has by default.
    public init() {}
  }

  /// Creates options with the defaults of the trainer that is followed.
  public init(vocabularySize: Int, rule: Rule) {
    self.vocabularySize = vocabularySize
    self.rule = rule
  }
}
