/// Where, in the text that the caller gave, what became each byte of a changed text ends.
///
/// Nobody asks for it most of the time, and then it is not kept.
enum SourceEnds {
  /// Not kept.
  case untracked
  /// The text is a part of the caller's, which begins that many bytes into it.
  case offset(Int)
  /// An end for every byte of a text, of which the first ones are left out.
  case list([Int], first: Int)

  /// Whether ends are kept.
  var isTracked: Bool {
    if case .untracked = self { return false }
    return true
  }

  /// Where what became byte `index` ends; 0 if that is not kept.
  subscript(index: Int) -> Int {
    switch self {
    case .untracked: 0
    case .offset(let offset): offset + index + 1
    case .list(let ends, let first): ends[first + index]
    }
  }

  /// The ends of the text without its first `count` bytes.
  func dropping(_ count: Int) -> SourceEnds {
    switch self {
    case .untracked: .untracked
    case .offset(let offset): .offset(offset + count)
    case .list(let ends, let first): .list(ends, first: first + count)
    }
  }
}

/// A text that a step of a pipeline has made out of another.
struct AlignedText {
  /// The bytes.
  private(set) var bytes: [UInt8] = []
  private var list: [Int] = []
  private let isTracked: Bool

  /// An empty text, made from one with the ends `source`.
  init(from source: SourceEnds, byteCount: Int) {
    isTracked = source.isTracked
    bytes.reserveCapacity(byteCount)
  }

  /// Where what became each byte ends in the caller's text.
  var ends: SourceEnds { isTracked ? .list(list, first: 0) : .untracked }

  /// Appends a range of the text that this one is made from.
  mutating func copy(_ range: Range<Int>, of text: Span<UInt8>, _ source: SourceEnds) {
    let part = text.extracting(range)
    // SAFETY: the bytes are copied before the call returns.
    unsafe part.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
    if isTracked { for index in range { list.append(source[index]) } }
  }

  /// Appends bytes that were made from what ends at `end` in the caller's text.
  mutating func append(_ new: [UInt8], endingAt end: Int) {
    bytes.append(contentsOf: new)
    if isTracked { list.append(contentsOf: repeatElement(end, count: new.count)) }
  }
}
