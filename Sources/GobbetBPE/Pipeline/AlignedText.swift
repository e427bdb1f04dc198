/// What became each byte of a changed text: where it ends in the text that the caller gave, and whether
/// that text begins with it.
struct SourceEnds {
  private enum Ends {
    case untracked
    case offset(Int)
    case list([Int], first: Int)
  }

  private let ends: Ends
  /// How many of the first bytes come from the first scalar of the caller's text; nil if the text is a
  /// part that begins after that.
  let firstCount: Int?

  private init(_ ends: Ends, firstCount: Int?) {
    self.ends = ends
    self.firstCount = firstCount
  }

  /// Where bytes end isn't kept, since nobody asks for it most of the time.
  static let untracked = SourceEnds(.untracked, firstCount: nil)

  /// The text is a part of the caller's, which begins that many bytes into it.
  static func offset(_ offset: Int) -> SourceEnds {
    SourceEnds(.offset(offset), firstCount: nil)
  }

  /// The same for a text that is the caller's.
  func beginning(_ text: Span<UInt8>) -> SourceEnds {
    let length = text.isEmpty ? 0 : UTF8Scalar.scalarOrByte(of: text, at: 0).length
    return SourceEnds(ends, firstCount: length)
  }

  /// The same for the text that `changed` has become.
  fileprivate init(_ changed: borrowing AlignedText) {
    ends = changed.isTracked ? .list(changed.list, first: 0) : .untracked
    firstCount = changed.firstCount
  }

  /// Whether ends are kept.
  var isTracked: Bool {
    if case .untracked = ends { return false }
    return true
  }

  /// Whether the text's first byte comes from the first scalar of the caller's.
  var isFirst: Bool { isFirst(0) }

  /// Whether byte `index` comes from the first scalar of the caller's text.
  func isFirst(_ index: Int) -> Bool { index < firstCount ?? 0 }

  /// Where what is in front of the text ends in the caller's; 0 if that isn't kept.
  ///
  /// Of a changed text that begins after others, it is where what its first byte came from ends.
  var start: Int {
    switch ends {
    case .untracked: 0
    case .offset(let offset): offset
    case .list(let ends, let first) where first > 0: ends[first - 1]
    case .list(let ends, _): firstCount == nil ? ends.first ?? 0 : 0
    }
  }

  /// Where what became byte `index` ends; 0 if that isn't kept.
  subscript(index: Int) -> Int {
    switch ends {
    case .untracked: 0
    case .offset(let offset): offset + index + 1
    case .list(let ends, let first): ends[first + index]
    }
  }

  /// The ends of the text without its first `count` bytes.
  func dropping(_ count: Int) -> SourceEnds {
    let left = (firstCount ?? 0) - count
    let firstCount = left > 0 ? left : nil
    return switch ends {
    case .untracked: SourceEnds(.untracked, firstCount: firstCount)
    case .offset(let offset): SourceEnds(.offset(offset + count), firstCount: firstCount)
    case .list(let ends, let first):
      SourceEnds(.list(ends, first: first + count), firstCount: firstCount)
    }
  }
}

/// A text that a step of a pipeline has made out of another.
struct AlignedText {
  /// The bytes.
  private(set) var bytes: [UInt8] = []
  fileprivate var list: [Int] = []
  fileprivate let isTracked: Bool
  fileprivate var firstCount: Int?

  /// An empty text, made from one with the ends `source`.
  init(from source: SourceEnds, byteCount: Int) {
    isTracked = source.isTracked
    firstCount = source.firstCount == nil ? nil : 0
    bytes.reserveCapacity(byteCount)
  }

  /// Where what became each byte ends in the caller's text.
  var ends: SourceEnds { SourceEnds(self) }

  /// Appends a range of the text that this one is made from.
  mutating func copy(_ range: Range<Int>, of text: Span<UInt8>, _ source: SourceEnds) {
    let part = text.extracting(range)
    // SAFETY: the bytes are copied before the call returns.
    unsafe part.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
    if let count = source.firstCount, count > range.lowerBound {
      appendFirst(min(count, range.upperBound) - range.lowerBound)
    }
    if isTracked { for index in range { list.append(source[index]) } }
  }

  /// Appends bytes that take the place of byte `index` of that text, and of others in front of it.
  mutating func append(_ new: [UInt8], replacing index: Int, of source: SourceEnds) {
    let firstCount = source.isFirst(index) ? new.count : 0
    append(new, endingAt: source[index], firstCount: firstCount)
  }

  /// Appends bytes that were made from what ends at `end` in the caller's text, the first `firstCount`
  /// of them from its first scalar.
  mutating func append(_ new: [UInt8], endingAt end: Int, firstCount: Int) {
    bytes.append(contentsOf: new)
    appendFirst(firstCount)
    if isTracked { list.append(contentsOf: repeatElement(end, count: new.count)) }
  }

  private mutating func appendFirst(_ count: Int) {
    if let before = firstCount { firstCount = before + count }
  }

  /// Says that it was the first `count` bytes that came from the first scalar of the caller's text.
  mutating func setFirstCount(_ count: Int) {
    if firstCount != nil { firstCount = count }
  }
}

/// Counts the bytes of a changed text that come from the first scalar of the caller's text, where a change
/// isn't one scalar for one.
///
/// Scalars of the text are replaced in order: a new one that replaces some comes from the first of them,
/// and one that replaces none from the last that was replaced.
/// - Source: `NormalizedString::transform_range` of `tokenizers` 0.23.3.
struct FirstOutputs {
  private let source: SourceEnds
  /// Where the scalars begin that aren't replaced yet.
  private var place: Int
  private var isEmpty = true
  /// The bytes that come from the first scalar of the caller's text.
  private(set) var byteCount = 0

  /// Begins at a place of the text that is changed.
  init(_ source: SourceEnds, from place: Int = 0) {
    self.source = source
    self.place = place
  }

  /// Notes a new scalar of that many bytes, which replaces `count` scalars of `text`.
  mutating func append(byteCount: Int, replacing count: Int, of text: ClassifiedText) {
    isEmpty = false
    guard let end = source.firstCount, place <= end else { return }
    if count > 0 ? place < end : place == 0 || place - 1 < end { self.byteCount += byteCount }
    advance(count, in: text)
  }

  /// Notes that the last new scalar replaces `count` more scalars of `text`, if there is one.
  mutating func extend(replacing count: Int, of text: ClassifiedText) {
    if !isEmpty { advance(count, in: text) }
  }

  private mutating func advance(_ count: Int, in text: ClassifiedText) {
    for _ in 0..<count where place < text.count { place += text.scalarOrByte(at: place).length }
  }
}
