/// How SentencePiece's trainer makes words of a text.
struct SentenceWords: Sendable {
  private let normalizers: [Normalizer]
  private let cuts: TextCuts
  private let settings: PieceTrainingOptions.SentencePiece
  /// For texts that need not be normalized first; nil if all do.
  private let spaced: SpacedWords?
  /// What keeps a text from being cut so.
  private let hindrances: TextCuts

  private static let unknown = TextCuts([[0xE2, 0x96, 0x85]])

  /// - Throws: ``TrainingError`` for pieces that cannot be.
  init(_ options: PieceTrainingOptions) throws(TrainingError) {
    settings = options.sentencePiece
    let texts = try MetaPieces(options).cuts
    cuts = TextCuts(texts)
    hindrances = TextCuts(texts + [[0xE2, 0x96, 0x85], MergeBorders.metaspace])
    let pipeline = TextPipeline.ofPieces(
      changes: settings.normalizers + (settings.removesExtraSpaces ? [.collapseSpaces] : []),
      addsPrefix: settings.addsPrefix, unknown: nil, fallsBackToBytes: false, wholeSymbols: [])
    normalizers = pipeline.normalizers
    let isPlain =
      settings.normalizers.isEmpty && settings.splitsBySpace
      && !texts.contains(where: Self.hasSpace)
    spaced =
      isPlain && !settings.allowsSpaceOnlyPieces
      ? SpacedWords(
        prefix: settings.addsPrefix ? .always : .never, collapses: settings.removesExtraSpaces)
      : nil
  }

  /// Whether U+2581 is somewhere in a text.
  private static func hasSpace(_ text: [UInt8]) -> Bool {
    text.indices.contains { text[$0...].starts(with: MergeBorders.metaspace) }
  }

  /// Calls `plain` with the words of `text` itself, whose spaces are spaces, or `changed` with a
  /// text made of it and its words; with none if it is left out.
  func cut(
    _ text: Span<UInt8>, plain: (SpacedWords) -> Void,
    changed: (_ text: [UInt8], _ words: [Range<Int>]) -> Void
  ) {
    guard !text.isEmpty, text.count <= settings.maximumSentenceLength else { return }
    if let spaced, spaced.canCut(text, hindrances) { return plain(spaced) }
    for place in text.indices where Self.unknown.begins(with: text[place]) {
      if Self.unknown.length(at: place, in: text) > 0 { return }
    }
    let whole = normalizers.normalized(text, .untracked)?.bytes ?? text.copied
    var prepared: [UInt8] = []
    var place = 0
    while place < whole.count {
      let length = cuts.begins(with: whole[place]) ? cuts.length(at: place, in: whole.span) : 0
      prepared.append(length > 0 ? UInt8(PieceText.cut) : whole[place])
      place += max(length, 1)
    }
    changed(prepared, words(of: prepared))
  }

  private func words(of text: [UInt8]) -> [Range<Int>] {
    guard settings.splitsBySpace else { return [0..<text.count] }
    var words: [Range<Int>] = []
    var start = 0
    var place = 0
    var isInRun = false
    while place < text.count {
      guard text[place...].starts(with: MergeBorders.metaspace) else {
        isInRun = false
        place += 1
        continue
      }
      if place > start, !(settings.allowsSpaceOnlyPieces && isInRun) {
        words.append(start..<place)
        start = place
      }
      isInRun = true
      place += 3
    }
    if start < text.count { words.append(start..<text.count) }
    return words
  }
}

extension Span<UInt8> {
  /// The bytes in an array.
  fileprivate var copied: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count)
    for index in indices { bytes.append(self[index]) }
    return bytes
  }
}
