internal import GobbetSystem

/// A file that the inputs of a corpus stand for, and what was found in it.
package struct CorpusInput: Hashable, Sendable {
  /// What an input holds.
  package enum Kind: Hashable, Sendable {
    /// Not known: it can be read once only, as a pipe.
    case unseen
    case text
    /// One JSON object a line.
    case jsonLines
    /// An array of JSON objects, or objects over several lines.
    case otherJSON
    /// A table that programs of others read.
    case parquet
    /// Something else that holds no text.
    case foreign
  }

  /// The path of the file.
  package let path: String
  /// Whether it is an input itself, not a file in one.
  package let isNamed: Bool
  /// What it holds; of an empty one, what it would hold.
  package let kind: Kind
  /// Whether it holds nothing.
  package let isEmpty: Bool
  /// Whether reading the corpus passes over it.
  package let isPassedOver: Bool
  /// Whether its text is UTF-8 without a byte order mark.
  package let isPlainText: Bool
  /// How it is compressed.
  package let coding: InputCoding
  /// What it is, where it holds no text: `a PNG image`; else empty.
  package let name: String
  /// What to do instead, where it holds no text and there is something.
  package let advice: String?

  init(
    _ path: String, isNamed: Bool, _ content: InputContent, _ coding: InputCoding,
    isParquet: Bool
  ) {
    self.path = path
    self.isNamed = isNamed
    self.coding = coding
    isPassedOver = content.isPassedOver(path, isNamed: isNamed)
    switch content {
    case .empty(let layout):
      (kind, isEmpty, isPlainText, name, advice) = (Kind(layout), true, true, "", nil)
    case .documents(let layout, let encoding, let markByteCount):
      kind = Kind(layout)
      isEmpty = false
      isPlainText = encoding == .utf8 && markByteCount == 0
      (name, advice) = ("", nil)
    case .foreign(let name, let advice):
      // A compressed table is not one that can be read.
      kind = isParquet && coding == .plain ? .parquet : .foreign
      (isEmpty, isPlainText) = (false, false)
      (self.name, self.advice) = (name, advice)
    }
  }

  /// An input that can be read once only.
  init(unseen path: String, isNamed: Bool) {
    self.path = path
    self.isNamed = isNamed
    (kind, isEmpty, isPassedOver, isPlainText) = (.unseen, false, false, false)
    (coding, name, advice) = (.plain, "", nil)
  }

  /// What `sample`, the first bytes of the file at `path` without its compression, or all of them if
  /// `isWhole`, say of it.
  package init(
    _ path: String, sample: [UInt8], isWhole: Bool, _ options: CorpusOptions
  ) {
    self.init(
      path, isNamed: true,
      InputContent(
        Array(sample.prefix(InputContent.sampleByteCount)),
        isWhole: isWhole && sample.count <= InputContent.sampleByteCount, path: path, .plain,
        options),
      .plain, isParquet: FileSignature(start: sample)?.isParquet ?? false)
  }
}

extension CorpusInput.Kind {
  fileprivate init(_ layout: InputLayout) {
    self =
      switch layout {
      case .text: .text
      case .jsonLines: .jsonLines
      case .jsonArray, .jsonValues: .otherJSON
      }
  }
}

/// The files that the inputs of a corpus stand for, each looked into, in the order in which a reader of
/// the same inputs reads them.
package struct CorpusInputs: Sendable {
  private let options: CorpusOptions
  private var walk: InputWalk

  /// The files of `inputs`, as ``CorpusReader/init(inputs:options:)`` takes them.
  ///
  /// - Throws: `FileError` if an input does not exist.
  package init(_ inputs: [String], _ options: CorpusOptions) throws {
    walk = try InputWalk(inputs)
    self.options = options
  }

  /// The next file; nil after the last.
  ///
  /// - Throws: `FileError`; ``CorpusError`` for compressed data that is damaged at its start.
  package mutating func next() throws -> CorpusInput? {
    guard let (path, isNamed) = try walk.next() else { return nil }
    guard path != "-", try FileStatus(of: path).kind == .regular else {
      return CorpusInput(unseen: path, isNamed: isNamed)
    }
    let input = try SniffedInput(path, options)
    return CorpusInput(
      path, isNamed: isNamed, input.content, input.coding, isParquet: input.isParquet)
  }
}
