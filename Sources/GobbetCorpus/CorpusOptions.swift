/// How the bytes of an input become documents.
public enum CorpusFormat: Hashable, Sendable, CaseIterable {
  /// JSON Lines if the name ends in `.jsonl` or `.ndjson`, also with `.gz`, `.zst` or `.zstd`
  /// behind it; else text.
  case automatic
  /// One document a file, or between separators.
  case text
  /// One JSON object a line, whose text is under a key.
  case jsonLines

  /// What `automatic` means for the file at `path`.
  func resolved(for path: String) -> CorpusFormat {
    guard self == .automatic else { return self }
    var name = path[...]
    for suffix in [".gz", ".zst", ".zstd"] where name.utf8.hasSuffix(suffix.utf8) {
      name = name.dropLast(suffix.count)
      break
    }
    let isJSONLines = [".jsonl", ".ndjson"].contains { name.utf8.hasSuffix($0.utf8) }
    return isJSONLines ? .jsonLines : .text
  }
}

/// What happens to a line that holds no text.
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
  /// The key whose value is the text of a JSON line; `a.b` for the key `b` inside the object under
  /// `a`, and `\.` for a dot that belongs to a key.
  public var textKey: String
  /// The key whose value, a string or an integer, names the document of a JSON line; nil for none.
  ///
  /// It is written as ``textKey`` is.
  public var identifierKey: String?
  /// What ends a document in a text file; nil makes the whole file one document.
  public var textSeparator: [UInt8]?
  /// What happens to JSON lines that hold no text.
  public var badLines: BadLinePolicy
  /// The most bytes that one line or text document may have.
  public var maximumDocumentByteCount: Int

  /// Options; the defaults suit files that say by their names what they are.
  public init(
    format: CorpusFormat = .automatic, textKey: String = "text",
    identifierKey: String? = nil, textSeparator: [UInt8]? = nil,
    badLines: BadLinePolicy = .fail, maximumDocumentByteCount: Int = 1 << 30
  ) {
    self.format = format
    self.textKey = textKey
    self.identifierKey = identifierKey
    self.textSeparator = textSeparator
    self.badLines = badLines
    self.maximumDocumentByteCount = maximumDocumentByteCount
  }
}

extension Substring.UTF8View {
  fileprivate func hasSuffix(_ suffix: String.UTF8View) -> Bool {
    self.suffix(suffix.count).elementsEqual(suffix)
  }
}
