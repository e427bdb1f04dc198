/// Words that begin with a space, cut out of a text whose spaces are still to be spelled as U+2581.
///
/// Most texts can be cut so, which is much faster than to normalize them first.
struct SpacedWords: Sendable {
  /// When a space stands in front of a text.
  enum Prefix: Sendable {
    case never
    case always
    case whereMissing
  }

  let prefix: Prefix
  /// Whether spaces at the ends, and all but one of a run, are left out.
  let collapses: Bool

  /// Whether a text holds none of `cuts`.
  func canCut(_ text: Span<UInt8>, _ cuts: TextCuts) -> Bool {
    for place in text.indices where cuts.begins(with: text[place]) {
      if cuts.length(at: place, in: text) > 0 { return false }
    }
    return true
  }

  /// Calls `body` with each word, and whether a space has to be put in front of it.
  @inline(__always) func forEachWord(
    of text: Span<UInt8>, _ body: (Range<Int>, _ isPrefixed: Bool) -> Void
  ) {
    guard !text.isEmpty else { return }
    // The space in front of the word, -1 where the text begins.
    var last = -1
    var isFirst = true
    func end(_ end: Int) {
      if collapses {
        guard end > last + 1 else { return }
        if isFirst, last < 0 || prefix == .never {
          body((last + 1)..<end, prefix != .never)
        } else {
          body(last..<end, false)
        }
      } else if last >= 0 {
        body(last..<end, false)
      } else if prefix == .always || end > 0 {
        // A text that begins with a space has another in front, which is a word of its own.
        body(0..<end, prefix != .never)
      }
      isFirst = false
    }
    Self.forEachSpace(in: text) { space in
      end(space)
      last = space
    }
    end(text.count)
  }

  /// Calls `body` with the place of each space.
  @inline(__always) private static func forEachSpace(
    in text: Span<UInt8>, _ body: (Int) -> Void
  ) {
    unsafe text.withUnsafeBufferPointer { buffer in
      // SAFETY: the text does not outlive the buffer, which ends with this closure.
      let units = unsafe ClassifiedText(buffer)
      let space = UInt8(ascii: " ")
      var window = 0
      while window &+ ClassMasks.byteCount <= units.count {
        var mask = units.mask(at: window, first: space, count: 1)
        while mask != 0 {
          body(window &+ mask.trailingZeroBitCount)
          mask &= mask &- 1
        }
        window &+= ClassMasks.byteCount
      }
      while window < units.count {
        if units[window] == space { body(window) }
        window &+= 1
      }
    }
  }
}

/// Texts that are looked for, the longest first.
struct TextCuts: Sendable {
  private var texts: [[[UInt8]]]
  private var areFirst: [Bool]

  init(_ texts: [[UInt8]]) {
    self.texts = [[[UInt8]]](repeating: [], count: 256)
    areFirst = [Bool](repeating: false, count: 256)
    for text in texts.sorted(by: { $0.count > $1.count }) {
      guard let first = text.first else { continue }
      self.texts[Int(first)].append(text)
      areFirst[Int(first)] = true
    }
  }

  /// Whether one of them begins with a byte.
  @inline(__always) func begins(with byte: UInt8) -> Bool { areFirst[Int(byte)] }

  /// The bytes of the longest that stands at `place`; 0 if there is none.
  func length(at place: Int, in text: Span<UInt8>) -> Int {
    for candidate in texts[Int(text[place])] where place + candidate.count <= text.count {
      if candidate.indices.allSatisfy({ candidate[$0] == text[place + $0] }) {
        return candidate.count
      }
    }
    return 0
  }
}

/// Pretokens whose spaces are U+2581, out of those whose spaces are spaces.
///
/// One that was spelled in both ways comes twice.
struct SpelledPretokens: PretokenSource {
  let source: any PretokenSource

  func forEachPretoken(_ body: (_ bytes: Span<UInt8>, _ count: UInt64) throws -> Void) throws {
    var spelled: [UInt8] = []
    try source.forEachPretoken { bytes, count in
      spelled.removeAll(keepingCapacity: true)
      for index in bytes.indices {
        if bytes[index] == 0x20 {
          spelled.append(contentsOf: MergeBorders.metaspace)
        } else {
          spelled.append(bytes[index])
        }
      }
      try body(spelled.span, count)
    }
  }
}
