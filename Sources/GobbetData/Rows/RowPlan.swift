/// Which documents of a group go into which row: the longest first, each into the fullest row that it
/// fits into, and of rows that are equally full into the one that has been so for longest.
///
/// The rows are in the order in which they were opened. Rows that one document fills come first, and
/// are not listed one by one: a plan takes 4 bytes a document, 4 a row, and 12 a long document.
/// Where rows are to be full, each gets the longest document that fits, again and again, and at last
/// the shortest, cropped.
/// - Source: trl 1.16's strategies `bfd` and `bfd_split`, whose rows these are; full rows are those of
///   nanochat's loader (92d63d4) with a buffer of the whole group.
package struct RowPlan: Hashable, Sendable {
  /// Tokens of a document that lie in a row.
  package struct Part: Hashable, Sendable {
    /// The index of the document in its group.
    package let document: Int
    /// The tokens, counted from the document's first.
    package let tokens: Range<Int>

    /// Tokens of a document.
    package init(document: Int, tokens: Range<Int>) {
      self.document = document
      self.tokens = tokens
    }
  }

  private let options: PackedRowOptions
  /// Documents that fill rows by themselves, and where the rows of each end.
  private var longDocuments: [UInt32] = []
  private var longRowEnds: [Int] = []
  /// The documents of the other rows, row by row, and where each row ends among them.
  private var documents: [UInt32] = []
  private var rowEnds: [UInt32] = []
  /// Tokens in all rows.
  package private(set) var tokenCount = 0
  /// Documents that are longer than a row.
  package private(set) var tooLongCount = 0

  /// How many rows there are.
  package var rowCount: Int { longRowCount + rowEnds.count }
  private var longRowCount: Int { longRowEnds.last ?? 0 }
  /// Bytes of memory that the plan takes.
  package var byteCount: Int {
    12 * longDocuments.count + 4 * (documents.count + rowEnds.count)
      + MemoryLayout<Self>.size
  }

  /// Packs documents of these lengths.
  ///
  /// - Precondition: no length is negative; there are fewer than 2³² documents.
  /// - Complexity: O(documents + length of a row).
  package init(lengths: [Int], _ options: PackedRowOptions) {
    self.options = options
    let sorted = sort(lengths)
    if options.gaps == .crop {
      fill(sorted, lengths)
      tokenCount = rowCount * options.length
    } else {
      place(sorted, lengths)
      tokenCount = documents.reduce(longRowCount * options.length) {
        $0 + restCount(lengths[Int($1)])
      }
    }
  }

  /// Tokens of a document of `count` that fill no row by themselves.
  private func restCount(_ count: Int) -> Int {
    if count < options.length { return count }
    return options.longDocuments == .split ? count % options.length : 0
  }

  /// Notes the rows that one document fills, and returns the other documents by falling length.
  private mutating func sort(_ lengths: [Int]) -> [UInt32] {
    var ends = [Int](repeating: 0, count: options.length)
    for (document, count) in lengths.enumerated() {
      ends[restCount(count)] += 1
      guard count >= options.length else { continue }
      if count > options.length {
        tooLongCount += 1
        if options.longDocuments == .drop { continue }
      }
      longDocuments.append(UInt32(document))
      let rowCount = options.longDocuments == .split ? count / options.length : 1
      longRowEnds.append(longRowCount + rowCount)
    }
    var total = 0
    for length in (1..<max(1, options.length)).reversed() {
      total += ends[length]
      ends[length] = total - ends[length]
    }
    var sorted = [UInt32](repeating: 0, count: total)
    for (document, count) in lengths.enumerated() {
      let rest = restCount(count)
      guard rest > 0 else { continue }
      sorted[ends[rest]] = UInt32(document)
      ends[rest] += 1
    }
    return sorted
  }

  private mutating func place(_ sorted: [UInt32], _ lengths: [Int]) {
    var rows = OpenRows(length: options.length)
    var rowOfPlace: [UInt32] = []
    rowOfPlace.reserveCapacity(sorted.count)
    for document in sorted {
      rowOfPlace.append(rows.place(restCount(lengths[Int(document)])))
    }
    // Where each row begins, and while its documents are listed, where the next one goes.
    var starts = [UInt32](repeating: 0, count: rows.count)
    for row in rowOfPlace { starts[Int(row)] += 1 }
    var total: UInt32 = 0
    for row in starts.indices {
      total += starts[row]
      starts[row] = total - starts[row]
    }
    documents = [UInt32](repeating: 0, count: sorted.count)
    for (place, row) in rowOfPlace.enumerated() {
      documents[Int(starts[Int(row)])] = sorted[place]
      starts[Int(row)] += 1
    }
    rowEnds = starts
  }

  /// The parts of a row, `lengthOf` telling the tokens of a document of the group.
  ///
  /// - Precondition: `row` is in `0..<rowCount`.
  package func parts(ofRow row: Int, lengthOf: (Int) -> Int) -> [Part] {
    var parts: [Part] = []
    forEachPart(ofRow: row, tokensOf: { 0..<lengthOf($0) }) { document, _, tokens in
      parts.append(Part(document: document, tokens: tokens))
    }
    return parts
  }

  /// Calls `body` with the parts of a row: a document of the group, its tokens, as `tokensOf` tells them,
  /// and those of them that lie in the row.
  ///
  /// - Precondition: `row` is in `0..<rowCount`.
  func forEachPart(
    ofRow row: Int, tokensOf: (Int) -> Range<Int>, _ body: (Int, Range<Int>, Range<Int>) -> Void
  ) {
    precondition((0..<rowCount).contains(row), "RowPlan: no such row")
    guard row >= longRowCount else {
      let index = longRowEnds.partitioningIndex { $0 > row }
      let first = index == 0 ? 0 : longRowEnds[index - 1]
      let document = Int(longDocuments[index])
      let tokens = tokensOf(document)
      let start = tokens.lowerBound + (row - first) * options.length
      return body(document, tokens, start..<(start + options.length))
    }
    var room = options.length
    for place in documentRange(row - longRowCount) {
      let document = Int(documents[place])
      let tokens = tokensOf(document)
      let start = tokens.upperBound - restCount(tokens.count)
      let count = min(tokens.upperBound - start, room)
      room -= count
      body(document, tokens, start..<(start + count))
    }
  }

  private func documentRange(_ row: Int) -> Range<Int> {
    (row == 0 ? 0 : Int(rowEnds[row - 1]))..<Int(rowEnds[row])
  }

  /// Packs the documents that fill no row by themselves into full rows.
  ///
  /// Into each row goes the longest that fits, and where none does the shortest, cropped. What would be
  /// the last row is left out unless it becomes full.
  private mutating func fill(_ sorted: [UInt32], _ lengths: [Int]) {
    let length = options.length
    // Where the documents of each length lie that are still to be packed.
    var next = [Int](repeating: 0, count: length + 1)
    var ends = next
    // A document of n tokens as length - n: the longest that fits is then the first from some number
    // on.
    var left = SpaceSet(bound: length)
    for (place, document) in sorted.enumerated() {
      let count = restCount(lengths[Int(document)])
      if ends[count] == 0 {
        next[count] = place
        left.insert(length - count)
      }
      ends[count] = place + 1
    }
    var shortest = 1
    var leftCount = sorted.count
    while leftCount > 0 {
      let first = documents.count
      var room = length
      while room > 0, leftCount > 0 {
        let count: Int
        if let space = left.first(atLeast: length - room) {
          count = length - space
        } else {
          while next[shortest] == ends[shortest] { shortest += 1 }
          count = shortest
        }
        documents.append(sorted[next[count]])
        next[count] += 1
        if next[count] == ends[count] { left.remove(length - count) }
        leftCount -= 1
        room -= min(room, count)
      }
      if room == 0 {
        rowEnds.append(UInt32(documents.count))
      } else {
        documents.removeSubrange(first...)
      }
    }
  }
}

/// Rows that are being filled, found by the room that they have.
private struct OpenRows {
  private static let none = UInt32.max

  private let length: Int
  private var spaces: SpaceSet
  /// For each room the first and the last row that has it, in the order in which they came to.
  private var first: [UInt32]
  private var last: [UInt32]
  /// For each row the next that has the same room.
  private var next: [UInt32] = []

  /// How many rows were opened.
  var count: Int { next.count }

  init(length: Int) {
    self.length = length
    spaces = SpaceSet(bound: length)
    first = [UInt32](repeating: Self.none, count: length)
    last = first
  }

  /// Puts a document of `count` tokens into a row, and returns the row.
  mutating func place(_ count: Int) -> UInt32 {
    let row: UInt32
    let room: Int
    if let space = spaces.first(atLeast: count) {
      room = space
      row = first[space]
      first[space] = next[Int(row)]
      if first[space] == Self.none { spaces.remove(space) }
      next[Int(row)] = Self.none
    } else {
      room = length
      row = UInt32(next.count)
      next.append(Self.none)
    }
    let left = room - count
    guard left > 0 else { return row }
    if first[left] == Self.none {
      first[left] = row
      spaces.insert(left)
    } else {
      next[Int(last[left])] = row
    }
    last[left] = row
    return row
  }
}
