internal import CGobbetJSON

/// Cuts one input into units: lines, JSON values, or text documents.
struct UnitReader: ~Copyable, Sendable {
  /// Whether there is more in the input.
  enum State { case more, end }

  private let path: String
  private let layout: InputLayout
  /// What ends a unit; empty if the whole input is one, or units are JSON values.
  private let separator: [UInt8]
  /// How many bytes of it belong to no unit.
  private let lostByteCount: Int
  private let limit: Int
  private var input: SniffedInput
  /// What cuts JSON values; nil for lines and text.
  private var values: JSONValueCutter?
  /// The start of a unit whose end was not in the last batch.
  private var carry: [UInt8] = []
  /// The index of the next unit.
  private var index = 0
  /// Where the next unit starts in the input.
  private var offset: Int

  /// Bytes of the input, compressed as they are, that were read so far.
  var readByteCount: Int { input.readByteCount }

  /// Bytes read at a time, at least, once a batch is full.
  static let minimumReadByteCount = 1 << 16

  /// Reads `input`, which comes from `path` and has its documents in `layout`.
  init(
    _ path: String, _ input: consuming SniffedInput, _ layout: InputLayout, _ options: CorpusOptions
  ) {
    self.path = path
    self.layout = layout
    separator =
      switch layout {
      case .text: options.textSeparator ?? []
      case .jsonLines: [UInt8(ascii: "\n")]
      case .jsonArray, .jsonValues: []
      }
    lostByteCount = layout == .text && options.keepsSeparators ? 0 : separator.count
    values =
      switch layout {
      case .text, .jsonLines: nil
      case .jsonArray: JSONValueCutter(isArray: true)
      case .jsonValues: JSONValueCutter(isArray: false)
      }
    limit = options.maximumDocumentByteCount
    offset = input.markByteCount
    self.input = input
  }

  /// Whether the input is one document.
  private var isWholeInput: Bool { layout == .text && separator.isEmpty }

  /// Adds units to `batch` until its arena has `byteCount` bytes and at least one unit is whole.
  ///
  /// - Throws: `FileError`, ``CorpusError``.
  mutating func read(into batch: inout UnparsedBatch, byteCount: Int) throws -> State {
    var unitStart = batch.arena.count
    var searched = unitStart
    let firstUnit = batch.count
    let segment = batch.segments.count
    batch.segments.append(
      UnparsedBatch.Segment(
        path: path, layout: layout, isWholeInput: isWholeInput, firstUnit: firstUnit,
        firstIndex: index, start: unitStart, firstOffset: offset,
        separatorByteCount: lostByteCount))
    if isWholeInput, let count = input.byteCount, count <= limit {
      // Growing would need twice the memory for a large document. The last read, which finds the
      // end of the input, asks for room too.
      batch.arena.reserveCapacity(unitStart + count + Self.minimumReadByteCount)
    }
    batch.arena.append(contentsOf: carry)
    carry = []
    while true {
      let wanted = max(byteCount - batch.arena.count, Self.minimumReadByteCount)
      let isAtEnd = try input.read(appendingTo: &batch.arena, limit: wanted) == 0
      while let unit = try nextUnit(
        in: batch.arena, from: unitStart, searched: searched, isAtEnd: isAtEnd)
      {
        if values != nil { batch.segments[segment].starts.append(unit.lowerBound) }
        offset += unit.lowerBound - unitStart
        let kept = separator.count - lostByteCount
        try finishUnit(unit.lowerBound..<(unit.upperBound + kept), in: &batch)
        offset += lostByteCount
        unitStart = unit.upperBound + separator.count
        searched = unitStart
      }
      // A separator may be cut at the end of what was read.
      searched = max(searched, batch.arena.count - max(separator.count - 1, 0))
      try check(batch.arena.count - unitStart)
      if isAtEnd {
        if values == nil, unitStart < batch.arena.count || isWholeInput {
          try finishUnit(unitStart..<batch.arena.count, in: &batch)
        }
        return .end
      }
      if batch.count > firstUnit, batch.arena.count >= byteCount {
        carry = Array(batch.arena[unitStart...])
        batch.arena.removeSubrange(unitStart...)
        return .more
      }
    }
  }

  /// The next unit that is whole, the first of which starts at `start`.
  private mutating func nextUnit(
    in arena: [UInt8], from start: Int, searched: Int, isAtEnd: Bool
  ) throws(CorpusError) -> Range<Int>? {
    guard values != nil else { return nextSeparator(in: arena, from: searched).map { start..<$0 } }
    do throws(CorpusError) {
      return try values?.next(in: arena.span, from: start, isAtEnd: isAtEnd)
    } catch {
      throw CorpusError(error.code, path: path, element: index + 1, offset: offset)
    }
  }

  private mutating func finishUnit(_ range: Range<Int>, in batch: inout UnparsedBatch) throws {
    try check(range.count)
    batch.ends.append(range.upperBound)
    index += 1
    offset += range.count
  }

  private func check(_ byteCount: Int) throws(CorpusError) {
    guard byteCount <= limit else {
      throw CorpusError(
        .tooLong(limit: limit), path: path, line: layout == .jsonLines ? index + 1 : nil,
        element: values == nil ? nil : index + 1, offset: offset)
    }
  }

  /// Where the first separator at or after `start` begins.
  private func nextSeparator(in arena: [UInt8], from start: Int) -> Int? {
    guard let first = separator.first else { return nil }
    return unsafe arena.withUnsafeBufferPointer { bytes in
      var start = start
      while start <= bytes.count - separator.count {
        // SAFETY: `start` is within the array, so the search stays within its bytes, and so does what
        // it finds.
        let rest = unsafe UnsafeBufferPointer(rebasing: bytes[start...])
        guard let base = rest.baseAddress,
          let found = unsafe gobbet_find_byte(base, rest.count, first)
        else { return nil }
        start += unsafe found - base
        guard start <= bytes.count - separator.count else { return nil }
        if unsafe bytes[start..<(start + separator.count)].elementsEqual(separator) { return start }
        start += 1
      }
      return nil
    }
  }
}
