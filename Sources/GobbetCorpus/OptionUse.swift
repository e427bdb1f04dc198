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
    // Who names the format of all inputs knows what they are, and who reads a part of a corpus has
    // asked of all of it.
    let isOpen = options.format == .automatic && !options.isPart
    needsJSON = isOpen && (options.textKey != nil || options.identifierKey != nil)
    needsText = isOpen && options.textSeparator != nil
  }

  /// Checks that no option is given which the format leaves without a use.
  ///
  /// - Throws: ``CorpusError`` (`unusedOption`).
  static func checkFormat(_ options: CorpusOptions) throws(CorpusError) {
    switch options.format {
    case .automatic: break
    case .text:
      guard let key = options.textKey ?? options.identifierKey else { break }
      throw CorpusError(.unusedOption("the key \(key) is given, and the format text has none"))
    case .jsonLines:
      guard options.textSeparator != nil else { break }
      throw CorpusError(.unusedOption("a separator of texts is given, and the format is JSON"))
    }
  }

  /// Notes that an input has this layout.
  mutating func note(_ layout: InputLayout) {
    if layout.isJSON { needsJSON = false } else { needsText = false }
  }

  /// Looks into the inputs of `walk` until every option has one that it applies to, so that a mistake
  /// shows before hours of work.
  ///
  /// Standard input and pipes can be read only once: where there is one, ``finish()`` decides.
  /// - Throws: `FileError`, ``CorpusError``.
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
      throw CorpusError(.unusedOption("the key \(key) is given, and no input holds JSON"))
    }
    if needsText {
      throw CorpusError(.unusedOption("a separator of texts is given, and all inputs are JSON"))
    }
  }
}
