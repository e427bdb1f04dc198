public import GobbetBPE
internal import GobbetData
public import GobbetGPT

/// A model and its vocabulary: text in, text out.
///
/// ```swift
/// let generation = try TextGeneration(path: "model.gobbet")
/// var options = TextGeneration.Options()
/// options.settings.maximumTokenCount = 20
/// print(try generation.continuation(of: "But, soft!", options).text)
/// ```
public struct TextGeneration: Sendable {
  /// The model.
  public let model: GPT
  /// Turns text into its tokens, and back.
  public let tokenizer: Tokenizer
  /// What stands before every text, as the vocabulary's post-processor or the model's file says.
  public let beginning: [TokenID]
  /// The tokens that end a text, as the model's file and those beside it say; `<|endoftext|>` always
  /// does.
  public let endTokens: Set<TokenID>

  /// Reads the weights at `path`, in any format of `WeightsInput`, with `vocabulary`, or else the one
  /// that they embed or that lies beside them as `tokenizer.json`.
  ///
  /// What would be wrong with continuing `prompts` so is found before the weights are read.
  /// - Throws: `LoadingError` if the model is an encoder, if there is no vocabulary or it has ids that the
  ///   model has not; `GPTError` and `ChatTemplateError` for prompts; `FormatError`,
  ///   `InterchangeError`, `FileError`.
  public init(
    path: String, vocabulary: Vocabulary? = nil, precision: Precision = .stored,
    threadCount: Int = 1, checking prompts: [String] = [], _ options: Options = .init()
  ) throws {
    try self.init(
      ModelFile(path), vocabulary: vocabulary, precision: precision, threadCount: threadCount,
      checking: prompts, options)
  }

  /// Reads an open file of weights.
  package init(
    _ file: ModelFile, vocabulary: Vocabulary? = nil, precision: Precision = .stored,
    threadCount: Int = 1, checking prompts: [String] = [], _ options: Options = .init()
  ) throws {
    try file.requireHead()
    let vocabulary = try file.requiredVocabulary(vocabulary)
    try file.check(vocabulary)
    tokenizer = Tokenizer(vocabulary)
    beginning = try Self.beginning(vocabulary, file)
    endTokens = try Self.endTokens(vocabulary, file)
    try options.settings.sampling.validate()
    for prompt in prompts {
      let ids = try Self.tokens(of: prompt, tokenizer, beginning, options)
      try file.check([ids], ofAnyLength: options.settings.contextEnd == .slides)
    }
    model = try file.model(precision: precision, threadCount: threadCount)
  }

  /// A model that was read out of `file`, with a vocabulary.
  ///
  /// - Throws: `LoadingError` if the vocabulary has ids that the model has not.
  package init(_ model: GPT, of file: ModelFile, _ vocabulary: Vocabulary) throws {
    try file.check(vocabulary)
    self.model = model
    tokenizer = Tokenizer(vocabulary)
    beginning = try Self.beginning(vocabulary, file)
    endTokens = try Self.endTokens(vocabulary, file)
  }

  private static func beginning(_ vocabulary: Vocabulary, _ file: ModelFile) throws -> [TokenID] {
    let rowCount = try file.architecture.vocabularySize
    return try file.beginning(vocabulary).filter { $0 < rowCount }
  }

  private static func endTokens(_ vocabulary: Vocabulary, _ file: ModelFile) throws -> Set<TokenID>
  {
    Set(
      try file.textEnds.ends
        + vocabulary.specialTokens.lazy.filter { $0.text == "<|endoftext|>" }.map(\.id))
  }

  /// The tokens of a text, with what stands before every text.
  public func tokens(of text: String) -> [TokenID] { beginning + tokenizer.encoded(text) }

  /// How prompts are continued.
  public struct Options: Hashable, Sendable {
    /// How logits become tokens, and when that ends.
    ///
    /// The tokens of ``TextGeneration/endTokens`` always are an end.
    public var settings = GenerationSettings()
    /// Texts that end a continuation; they are not part of it.
    public var stopTexts: [String] = []
    /// Whether what stands before every text stands before prompts.
    public var addsBeginning = true
    /// The special tokens of prompts that count as such, as the marks of a chat; nil for all.
    ///
    /// Others are ordinary text.
    public var specialTokens: Set<String>? = []
    /// The template of a chat in which prompts are what the user says and continuations what the assistant
    /// answers; nil for prompts that are continued as they are.
    ///
    /// The template says what stands before all, and which tokens end an answer besides others.
    public var template: ChatTemplate?
    /// Threads that compute; they change no result.
    public var threadCount = 1

    /// The likeliest tokens, up to the end of the context.
    public init() { settings.contextEnd = .stops }
  }

  /// A prompt continued.
  public struct Continuation: Hashable, Sendable {
    /// The new tokens.
    public internal(set) var ids: [TokenID] = []
    /// Their text, up to a stop text; what is not UTF-8 became U+FFFD.
    public internal(set) var text = ""
    /// Why there is no more.
    public internal(set) var end = End.limit

    /// Why a continuation ends.
    public enum End: String, Hashable, Sendable {
      /// At the limit of tokens.
      case limit
      /// At a stop token, which is not among `ids`.
      case stopToken = "stop token"
      /// At a stop text.
      case stopText = "stop text"
      /// With the context.
      case context
      /// The caller wanted no more.
      case interrupted
    }
  }

  /// Prompts continued, and how long that took.
  public struct Result: Sendable {
    /// One for each prompt.
    public internal(set) var continuations: [Continuation]
    /// Tokens of all prompts.
    public let promptTokenCount: Int
    /// Up to the first new token of each.
    public internal(set) var promptDuration = Duration.zero
    /// For all others.
    public internal(set) var duration = Duration.zero
    /// Tokens that came after the first of each continuation.
    public internal(set) var laterTokenCount = 0
  }

  /// The tokens of a prompt.
  func prompt(_ text: String, _ options: Options) throws(ChatTemplateError) -> [TokenID] {
    try Self.tokens(of: text, tokenizer, beginning, options)
  }

  private static func tokens(
    of prompt: String, _ tokenizer: Tokenizer, _ beginning: [TokenID], _ options: Options
  ) throws(ChatTemplateError) -> [TokenID] {
    if let template = options.template { return try template.prompt(prompt, tokenizer) }
    let policy = options.specialTokens.map { SpecialTokenPolicy.only($0, others: .text) } ?? .all
    // What isn't allowed is text, so that nothing is refused.
    let ids = (try? tokenizer.encoded(prompt, allowing: policy)) ?? []
    return (options.addsBeginning ? beginning : []) + ids
  }

  /// The settings of the options, with the tokens that end a text and without those that have no text:
  /// many models have more rows than the vocabulary has tokens.
  package func settings(_ options: Options) -> GenerationSettings {
    var settings = options.settings
    for id in 0..<TokenID(model.architecture.vocabularySize)
    where tokenizer.vocabulary.bytes(of: id) == nil {
      settings.excludedTokens.insert(id)
    }
    settings.stopTokens.formUnion(endTokens)
    if let template = options.template {
      settings.stopTokens.formUnion(template.answerEnds(tokenizer.vocabulary))
    }
    return settings
  }

  /// Continues one prompt; as ``continuations(of:_:show:)``.
  public func continuation(
    of prompt: String, _ options: Options = .init(), show: (String) throws -> Bool = { _ in true }
  ) throws -> Continuation {
    try continuations(of: [prompt], options) { try show($1) }.continuations[0]
  }

  /// Continues prompts, all together: each gets what it would get alone.
  ///
  /// Ids that the vocabulary does not have are never generated, though the model may have rows for
  /// them.
  /// `show` is given the number of a prompt and its text as it comes; a scalar whose bytes are not all
  /// there and what may begin a stop text are held back. It ends everything by answering false.
  /// - Throws: `GPTError` for a prompt that is empty or longer than the context, and for settings
  ///   out of range; `ChatTemplateError`; what `show` throws.
  public func continuations(
    of prompts: [String], _ options: Options = .init(),
    show: (Int, String) throws -> Bool = { _, _ in true }
  ) throws -> Result {
    let prompts = try prompts.map { try prompt($0, options) }
    let settings = settings(options)
    var streams = prompts.map { _ in
      ContinuationStream(TokenDecoder(tokenizer.vocabulary), settings.stopTokens, options.stopTexts)
    }
    var result = Result(
      continuations: [], promptTokenCount: prompts.reduce(0) { $0 + $1.count })
    var isWanted = true
    var start = ContinuousClock.now
    var generator = try BatchGenerator(
      ForwardPass(model, threadCount: options.threadCount), prompts: prompts, settings)
    while isWanted, let tokens = try generator.next() {
      if result.promptDuration == .zero {
        result.promptDuration = ContinuousClock.now - start
        start = .now
      } else {
        result.laterTokenCount += tokens.count { $0 != nil }
      }
      for case (let index, let id?) in tokens.enumerated() {
        let piece = streams[index].append(id)
        if streams[index].hasEnded { generator.end(index) }
        if !piece.isEmpty, try !show(index, piece) { isWanted = false }
      }
    }
    result.duration = .now - start
    for index in streams.indices {
      let tokenCount = generator.ids[index].count - prompts[index].count
      let end: Continuation.End =
        !isWanted ? .interrupted : tokenCount < settings.maximumTokenCount ? .context : .limit
      let rest = streams[index].finish(end)
      if !rest.isEmpty, isWanted { _ = try show(index, rest) }
    }
    result.continuations = streams.map(\.continuation)
    return result
  }
}
