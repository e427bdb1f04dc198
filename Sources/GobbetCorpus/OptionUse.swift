internal import GobbetSystem

/// Which options apply to none of the inputs seen so far.
///
/// A key for the text of JSON means nothing where all inputs are text, and a separator nothing where
/// all are JSON: whoever gives one expects other inputs.
struct OptionUse: Sendable {
  private let options: CorpusOptions
  private var needsJSON: Bool
  private var needsText: Bool

  init(_ options: CorpusOptions) {
    self.options = options
    // Who names the format of all inputs was told by it already.
    let isOpen = options.format == .automatic
    needsJSON = isOpen && (options.textKey != nil || options.identifierKey != nil)
    needsText = isOpen && options.textSeparator != nil
  }

  /// Notes that an input has this layout.
  mutating func note(_ layout: InputLayout) {
    if layout.isJSON { needsJSON = false } else { needsText = false }
  }

  /// Looks into the inputs of `walk` until every option has one that it applies to, so that a mistake
  /// shows before hours of work.
  ///
  /// Standard input and pipes can be read only once: where there is one, ``finish()`` decides.
  /// - Throws: ``FileError``, ``CorpusError``.
  mutating func check(_ walk: InputWalk) throws {
    guard needsJSON || needsText else { return }
    var walk = walk
    var isAllSeen = true
    while needsJSON || needsText, let (path, _) = try walk.next() {
      guard path != "-", try FileStatus(of: path).kind == .regular else {
        isAllSeen = false
        continue
      }
      switch try SniffedInput(path, options).content {
      case .empty(let layout), .documents(let layout, _, _): note(layout)
      case .foreign: break
      }
    }
    if isAllSeen { try finish() }
  }

  /// Ends the corpus.
  ///
  /// - Throws: ``CorpusError`` (`unusedOption`).
  func finish() throws(CorpusError) {
    if needsJSON {
      let key = options.textKey ?? options.identifierKey ?? ""
      throw CorpusError(.unusedOption("no input holds JSON, where the key \(key) could be"))
    }
    if needsText {
      throw CorpusError(.unusedOption("all inputs are JSON, so that no separator ends a text"))
    }
  }
}
