/// How a text becomes the pretokens that training counts.
public struct TrainingText: Sendable {
  enum Way: Sendable {
    case pattern(PretokenScanner)
    case pipeline(PipelineTables, PretokenScanner)
    case spaced(SpacedWords, PipelineTables)
    case sentences(SentenceWords)
  }

  let way: Way

  private static let metaspace = TextCuts([MergeBorders.metaspace])

  /// Cuts by a pattern alone.
  public init(pattern: SplitPattern) { way = .pattern(PretokenScanner(pattern)) }

  /// Normalizes a text, has the pre-tokenizer's steps cut it and then the pattern, as `tokenizers`
  /// does for training: added tokens are not looked for.
  public init(pipeline: TextPipeline, pattern: SplitPattern) {
    guard !pipeline.leavesText else {
      way = .pattern(PretokenScanner(pattern))
      return
    }
    let tables = PipelineTables(training: pipeline)
    if pipeline.normalizers.isEmpty, pattern == .whole, pipeline.pretokenizers.count == 1,
      case .metaspace(MergeBorders.metaspace, let scheme, true) = pipeline.pretokenizers[0]
    {
      let prefix = scheme == .never ? SpacedWords.Prefix.never : .whereMissing
      way = .spaced(SpacedWords(prefix: prefix, collapses: false), tables)
    } else {
      way = .pipeline(tables, PretokenScanner(pattern))
    }
  }

  /// Cuts as SentencePiece's trainer does.
  ///
  /// - Throws: ``TrainingError`` (`pieceID`, `duplicatePiece`).
  public init(sentences options: PieceTrainingOptions) throws(TrainingError) {
    way = .sentences(try SentenceWords(options))
  }

  /// The pretokens as they are to be learned from, out of those that were counted.
  public func pretokens(of counted: any PretokenSource) -> any PretokenSource {
    switch way {
    case .pattern, .pipeline: counted
    case .spaced, .sentences: SpelledPretokens(source: counted)
    }
  }

  /// Whether a text can be cut at its spaces.
  static func canCut(_ text: Span<UInt8>, _ words: SpacedWords) -> Bool {
    words.canCut(text, metaspace)
  }
}

extension PretokenCounts {
  /// Counts the pretokens of one document.
  public mutating func count(_ document: Span<UInt8>, using text: TrainingText) {
    switch text.way {
    case .pattern(let scanner): count(document, using: scanner)
    case .pipeline(let tables, let scanner):
      addDocument(byteCount: document.count)
      countParts(of: document, tables, scanner)
    case .spaced(let words, let tables):
      addDocument(byteCount: document.count)
      if TrainingText.canCut(document, words) {
        count(document, words)
      } else {
        countParts(of: document, tables, PretokenScanner(.whole))
      }
    case .sentences(let words):
      addDocument(byteCount: document.count)
      words.cut(
        document, plain: { count(document, $0) }, changed: { count($1, of: $0.span) })
    }
  }

  private mutating func countParts(
    of document: Span<UInt8>, _ tables: PipelineTables, _ scanner: PretokenScanner
  ) {
    _ = tables.forEachPart(of: document, .untracked, .none) { _, part, _ in
      var words: [Range<Int>] = []
      scanner.forEachPretoken(in: part) { words.append($0) }
      count(words, of: part)
    }
  }

  private mutating func count(_ document: Span<UInt8>, _ words: SpacedWords) {
    guard document.count > Self.shortByteCount else {
      words.forEachWord(of: document) { range, isPrefixed in
        if isPrefixed {
          addBehindSpace(range, of: document)
        } else {
          add(range, of: document)
        }
      }
      return
    }
    var batch = PretokenBatch()
    words.forEachWord(of: document) { range, isPrefixed in
      if isPrefixed {
        addBehindSpace(range, of: document)
      } else {
        add(range, of: document, to: &batch)
      }
    }
    finish(&batch, of: document)
  }

  /// Texts of that many bytes have too few words for batches.
  private static let shortByteCount = 256
}
