/// A regular expression that cuts text, with what becomes of its matches.
///
/// Nothing of it runs as code: it is compiled to tables of bounded size, and takes time linear in the text
/// whatever the text is. What it matches is what the library of its dialect matches.
/// - Source: `Spec/Pretokenization.md`; `Fixtures/expressions/` holds what `tokenizers` 0.23.3 and
///   tiktoken 0.14 make of texts.
public struct SplitExpression: Hashable, Sendable {
  /// Whose expression it is.
  public let dialect: RegularExpressionDialect
  /// What becomes of the matches.
  public let behavior: PretokenizerStep.Behavior
  /// Whether what is between matches is treated as they are, and they as what is between.
  public let isInverted: Bool
  /// The expression, in UTF-8.
  let bytes: [UInt8]
  let compiled: CompiledExpression

  /// The expression as it was given.
  public var text: String { String(decoding: bytes, as: UTF8.self) }

  /// An expression as `tokenizers`' Split has it, or as tiktoken has it, which leaves out what is between
  /// matches.
  ///
  /// - Throws: ``SplitExpressionError`` that names the part which isn't supported.
  public init(
    _ text: String, dialect: RegularExpressionDialect
  ) throws(SplitExpressionError) {
    let isTiktoken = dialect == .tiktoken
    try self.init(
      text, dialect: dialect, behavior: isTiktoken ? .removed : .isolated, isInverted: isTiktoken)
  }

  /// An expression with what becomes of its matches.
  ///
  /// - Throws: ``SplitExpressionError`` that names the part which isn't supported.
  public init(
    _ text: String, dialect: RegularExpressionDialect, behavior: PretokenizerStep.Behavior,
    isInverted: Bool
  ) throws(SplitExpressionError) {
    let syntax = try ExpressionParser.parse(text, dialect)
    do throws(SplitExpressionError) {
      compiled = try CompiledExpression(syntax)
    } catch {
      throw SplitExpressionError(
        error.code, offset: 0, fragment: ExpressionParser.abridged(text.unicodeScalars))
    }
    self.dialect = dialect
    self.behavior = behavior
    self.isInverted = isInverted
    bytes = Array(text.utf8)
  }

  /// The same expression to another library; nil if that takes something else for a match.
  public func spelled(for other: RegularExpressionDialect) -> SplitExpression? {
    guard other != dialect else { return self }
    // What both read as the same syntax is the same to both.
    guard let syntax = try? ExpressionParser.parse(text, other),
      syntax == (try? ExpressionParser.parse(text, dialect))
    else { return nil }
    return try? SplitExpression(text, dialect: other, behavior: behavior, isInverted: isInverted)
  }

  /// The expression, or its beginning if it is long.
  var abridgedText: String { ExpressionParser.abridged(text.unicodeScalars) }

  /// The most steps that it takes for a scalar of any text, of a program or of a table.
  package var stepsPerScalar: Int { compiled.stepsPerScalar }

  /// How many steps it takes to cut a text.
  package func stepCount(cutting bytes: [UInt8]) -> Int {
    unsafe bytes.withUnsafeBufferPointer { buffer in
      // SAFETY: the text does not outlive the buffer, which ends with this closure.
      compiled.forEachPiece(in: unsafe ClassifiedText(buffer)) { _, _ in }
    }
  }

  /// Whether a part of a text may be left out.
  var leavesOut: Bool { behavior == .removed }

  /// Whether two expressions are spelled alike and treat matches alike.
  public static func == (left: SplitExpression, right: SplitExpression) -> Bool {
    left.bytes == right.bytes && left.dialect == right.dialect && left.behavior == right.behavior
      && left.isInverted == right.isInverted
  }

  /// Hashes what ``==(_:_:)`` compares.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(bytes)
    hasher.combine(dialect)
    hasher.combine(behavior)
    hasher.combine(isInverted)
  }
}

extension SplitExpression {
  /// Calls `body` with each part of `text` that the expression cuts it into, none of them empty.
  @inline(__always) func forEachPart<Failure: Error>(
    of text: Span<UInt8>, _ body: (Range<Int>) throws(Failure) -> Void
  ) throws(Failure) {
    let (behavior, isInverted) = (behavior, isInverted)
    try unsafe text.withUnsafeBufferPointer { buffer throws(Failure) in
      // SAFETY: the text does not outlive the buffer, which ends with this closure.
      let units = unsafe ClassifiedText(buffer)
      switch behavior {
      case .isolated, .removed:
        try compiled.forEachPiece(in: units) { (range, isMatch) throws(Failure) in
          guard !range.isEmpty, behavior == .isolated || isMatch == isInverted else { return }
          try body(range)
        }
      case .mergedWithPrevious, .mergedWithNext, .contiguous:
        var pieces: [PartCutter.Piece] = []
        compiled.forEachPiece(in: units) { pieces.append(($0, $1 != isInverted)) }
        var parts = PartCutter(behavior)
        parts.cut(pieces)
        for part in parts.parts where !part.isEmpty { try body(part) }
      }
    }
  }

  /// The text with bytes in the place of each match, also of one without a byte; nil if there is none.
  func replaced(by new: [UInt8], in text: Span<UInt8>, _ source: SourceEnds) -> AlignedText? {
    guard !text.isEmpty else { return nil }
    return unsafe text.withUnsafeBufferPointer { buffer in
      // SAFETY: as above.
      let units = unsafe ClassifiedText(buffer)
      var result: AlignedText?
      var copied = 0
      compiled.forEachPiece(in: units) { range, isMatch in
        guard isMatch else { return }
        if result == nil { result = AlignedText(from: source, byteCount: text.count) }
        result?.copy(copied..<range.lowerBound, of: text, source)
        if range.upperBound > 0 {
          result?.append(new, replacing: range.upperBound - 1, of: source)
        } else {
          // What is put in front of the text stands for nothing: it ends where the text begins.
          result?.append(new, endingAt: source.start, firstCount: new.count)
        }
        copied = range.upperBound
      }
      result?.copy(copied..<text.count, of: text, source)
      return result
    }
  }

  /// The same by outcomes alone, without the tables that make it fast.
  package func referenceParts(of bytes: [UInt8]) -> [Range<Int>] {
    var pieces: [PartCutter.Piece] = []
    unsafe bytes.withUnsafeBufferPointer { buffer in
      // SAFETY: as above.
      let units = unsafe ClassifiedText(buffer)
      for (range, isMatch) in compiled.piecesByOutcomes(in: units, from: 0, usingTables: false)
        .pieces
      {
        pieces.append((range, isMatch != isInverted))
      }
    }
    var parts = PartCutter(behavior)
    parts.cut(pieces)
    return parts.parts.filter { !$0.isEmpty }
  }
}
