/// How the bytes of an input become documents.
public enum CorpusFormat: Hashable, Sendable, CaseIterable {
  /// What each input is, told by its content, decompressed, and by its name where that leaves it
  /// open.
  ///
  /// JSON is what ends in `.jsonl`, `.ndjson` or `.jsonlines` in any case of letters, also with `.gz`,
  /// `.zst`, `.bz2`, `.xz` or `.lz4` after it; what ends in `.json` and holds an object a line, or an array of
  /// objects; and whatever else begins with an object that has a text under the key. An array is its
  /// elements. UTF-16 with a byte order mark
  /// is read; a mark isn't part of a text. What holds no text is refused, or, in a folder, passed over
  /// and named in ``CorpusOptions/log``.
  case automatic
  /// One document a file, or between separators, its bytes as they are, whatever they are.
  case text
  /// JSON: one object a line, or one array of them.
  case jsonLines
}

/// What happens to a line, or an element of an array, that holds no text.
///
/// Blank lines are passed over, as pandas and pyarrow do: they aren't bad lines.
public enum BadLinePolicy: Hashable, Sendable {
  /// Reading ends with an error.
  case fail
  /// The line is left out; ``DocumentBatch/rejections`` says why.
  case skip
  /// The same, and ``DocumentBatch/rejectedLines`` holds the line as it is in the input.
  case keepAside
}

/// How a corpus is read.
public struct CorpusOptions: Hashable, Sendable {
  /// How the bytes of each input become documents.
  public var format: CorpusFormat
  /// The key whose value is the text of a JSON object; `a.b` for the key `b` inside the object under
  /// `a`, and `\.` for a dot that belongs to a key.
  ///
  /// Nil stands for `text`; another value is refused where no input holds JSON.
  public var textKey: String?
  /// What of a JSON line is a conversation; nil for lines that hold a text.
  ///
  /// Documents are then made of messages, for a template, and the format is JSON.
  public var conversations: ConversationOptions?
  /// The key whose value, a string or an integer, names the document of a JSON line; nil for none.
  ///
  /// It is written as ``textKey`` is.
  public var identifierKey: String?
  /// What ends a document in a text file; nil makes the whole file one document.
  public var textSeparator: [UInt8]?
  /// Whether ``textSeparator`` stays at the end of the document that it ends.
  public var keepsSeparators = false
  /// What happens to JSON lines that hold no text.
  public var badLines: BadLinePolicy
  /// The most bytes that one line or text document may have.
  public var maximumDocumentByteCount: Int
  /// What is told of inputs and lines that are left out; without one, inputs in folders that hold no
  /// text are refused.
  public var log: CorpusLog?

  /// Whether the inputs are a part of a corpus, in which keys and separators need not apply to any.
  package var isPart = false

  /// The key of the text where none is given.
  public static let usualTextKey = "text"

  /// Creates options with the defaults of the command line.
  public init(
    format: CorpusFormat = .automatic, textKey: String? = nil,
    identifierKey: String? = nil, textSeparator: [UInt8]? = nil,
    badLines: BadLinePolicy = .fail, maximumDocumentByteCount: Int = 1 << 30,
    log: CorpusLog? = nil
  ) {
    self.format = format
    self.textKey = textKey
    self.identifierKey = identifierKey
    self.textSeparator = textSeparator
    self.badLines = badLines
    self.maximumDocumentByteCount = maximumDocumentByteCount
    self.log = log
  }
}
