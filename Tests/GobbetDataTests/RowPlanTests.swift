import Foundation
import GobbetData
import TestSupport
import Testing

@Suite("Best-fit plans") struct RowPlanTests {
  /// The parts of every row as trl 1.16 packs them, by a search through all rows for each part.
  static func trl(_ lengths: [Int], _ options: PackedRowOptions) -> [[RowPlan.Part]] {
    var pieces: [RowPlan.Part] = []
    for (document, count) in lengths.enumerated()
    where options.longDocuments != .drop || count <= options.length {
      let end = options.longDocuments == .crop ? min(count, options.length) : count
      for start in stride(from: 0, to: end, by: options.length) {
        pieces.append(
          RowPlan.Part(document: document, tokens: start..<min(end, start + options.length)))
      }
    }
    // A stable sort by falling length.
    let order = pieces.indices.sorted {
      (pieces[$1].tokens.count, $0) < (pieces[$0].tokens.count, $1)
    }
    var rows: [(parts: [RowPlan.Part], room: Int, since: Int)] = []
    for (time, piece) in order.map({ pieces[$0] }).enumerated() {
      let count = piece.tokens.count
      let fullest = rows.indices.filter { rows[$0].room >= count }
        .min { (rows[$0].room, rows[$0].since) < (rows[$1].room, rows[$1].since) }
      if let row = fullest {
        rows[row].parts.append(piece)
        rows[row].room -= count
        rows[row].since = time
      } else {
        rows.append(([piece], options.length - count, time))
      }
    }
    return rows.map(\.parts)
  }

  /// Full rows, and tokens in none, of nanochat's loader (commit 92d63d4) over documents that are
  /// each read once: of a buffer of 1,000 documents the longest that fits, or the shortest, cropped.
  static func nanochat(_ lengths: [Int], length: Int) -> (rowCount: Int, croppedCount: Int) {
    var unread = lengths[...]
    var buffer: [Int] = []
    var rowCount = 0
    var croppedCount = 0
    while true {
      var room = length
      while room > 0 {
        while buffer.count < 1000, !unread.isEmpty {
          buffer += unread.prefix(128)
          unread = unread.dropFirst(128)
        }
        guard let shortest = buffer.indices.min(by: { buffer[$0] < buffer[$1] }) else {
          return (rowCount, croppedCount + length - room)
        }
        let fitting = buffer.indices.filter { buffer[$0] <= room }
        // `max` gives the last of equals, and nanochat takes the first.
        if let longest = fitting.reversed().max(by: { buffer[$0] < buffer[$1] }) {
          room -= buffer.remove(at: longest)
        } else {
          croppedCount += buffer.remove(at: shortest) - room
          room = 0
        }
      }
      rowCount += 1
    }
  }

  /// Lengths as documents of the web have them: a median of 403, a mean of 820, 20,000 at most.
  static func lengths(_ count: Int, seed: UInt64) -> [Int] {
    var random = SeededGenerator(seed)
    return (0..<count).map { _ in
      let radius = (-2 * log(Double.random(in: 1e-12..<1, using: &random))).squareRoot()
      let angle = 2 * Double.pi * Double.random(in: 0..<1, using: &random)
      return min(20_000, Int(exp(6 + 1.2 * radius * cos(angle))))
    }
  }

  @Test(
    "rows are those of trl, part for part, whether long documents are split, cropped or dropped")
  func oracle() {
    var random = SeededGenerator(8)
    for _ in 0..<400 {
      let length = Int.random(in: 1...40, using: &random)
      let longest = Int.random(in: 0...100, using: &random)
      let lengths = (0..<Int.random(in: 0...60, using: &random)).map { _ in
        Int.random(in: 0...longest, using: &random)
      }
      for long in [PackedRowOptions.LongDocuments.split, .crop, .drop] {
        let options = PackedRowOptions(length: length, longDocuments: long)
        let plan = RowPlan(lengths: lengths, options)
        let rows = (0..<plan.rowCount).map { plan.parts(ofRow: $0) { lengths[$0] } }
        #expect(rows == Self.trl(lengths, options))
        #expect(plan.tooLongCount == lengths.count { $0 > length })
        #expect(plan.tokenCount == rows.joined().reduce(0) { $0 + $1.tokens.count })
      }
    }
  }

  @Test("the example of trl 1.16.1 comes out as trl prints it")
  func example() {
    let lengths = [10, 3, 2, 3, 1, 4, 0, 2]
    func rows(_ long: PackedRowOptions.LongDocuments) -> [[Int]] {
      let plan = RowPlan(lengths: lengths, PackedRowOptions(length: 4, longDocuments: long))
      let starts = lengths.indices.map { lengths[..<$0].reduce(1, +) }
      return (0..<plan.rowCount).map { row in
        plan.parts(ofRow: row) { lengths[$0] }.flatMap { part in
          part.tokens.map { starts[part.document] + $0 }
        }
      }
    }
    #expect(
      rows(.crop)
        == [
          [1, 2, 3, 4], [20, 21, 22, 23], [11, 12, 13, 19], [16, 17, 18], [14, 15, 24, 25],
        ])
    #expect(
      rows(.split)
        == [
          [1, 2, 3, 4], [5, 6, 7, 8], [20, 21, 22, 23], [11, 12, 13, 19], [16, 17, 18],
          [9, 10, 14, 15], [24, 25],
        ])
  }

  @Test(
    "rows without gaps are full, and crop fewer tokens than nanochat's", arguments: [64, 700, 2048])
  func fullRows(length: Int) {
    let lengths = Self.lengths(3000, seed: 4)
    let total = lengths.reduce(0, +)
    let plan = RowPlan(
      lengths: lengths, PackedRowOptions(length: length, longDocuments: .crop, gaps: .crop))
    var seen: Set<Int> = []
    for row in 0..<plan.rowCount {
      let parts = plan.parts(ofRow: row) { lengths[$0] }
      #expect(parts.reduce(0) { $0 + $1.tokens.count } == length)
      for part in parts {
        #expect(part.tokens.lowerBound == 0 && part.tokens.upperBound <= lengths[part.document])
        #expect(seen.insert(part.document).inserted)
      }
    }
    #expect(plan.tokenCount == plan.rowCount * length)
    let nanochat = Self.nanochat(lengths, length: length)
    #expect(total - plan.tokenCount <= nanochat.croppedCount)
    #expect(nanochat.rowCount * length + nanochat.croppedCount == total)
  }

  @Test("full rows are those of nanochat where its buffer holds all documents that fit a row")
  func fullRowsOracle() {
    var random = SeededGenerator(2)
    for _ in 0..<300 {
      let length = Int.random(in: 1...60, using: &random)
      let lengths = (0..<Int.random(in: 0...200, using: &random)).map { _ in
        Int.random(in: 0..<length, using: &random)
      }
      let plan = RowPlan(lengths: lengths, PackedRowOptions(length: length, gaps: .crop))
      let nanochat = Self.nanochat(lengths.filter { $0 > 0 }, length: length)
      #expect(plan.rowCount == nanochat.rowCount)
      #expect(lengths.reduce(0, +) - plan.tokenCount == nanochat.croppedCount)
    }
  }

  @Test("fewer than one place in a thousand is padding where there are documents enough")
  func fill() {
    let lengths = Self.lengths(50_000, seed: 1)
    for long in [PackedRowOptions.LongDocuments.split, .crop] {
      let plan = RowPlan(lengths: lengths, PackedRowOptions(length: 2048, longDocuments: long))
      #expect(Double(plan.tokenCount) / Double(plan.rowCount * 2048) > 0.999)
      #expect(plan.byteCount <= 8 * lengths.count + 12 * lengths.count { $0 >= 2048 } + 1024)
    }
  }

  @Test(
    "a set finds its smallest member from any number on", arguments: [1, 64, 65, 4097, 300_000])
  func spaces(bound: Int) {
    var random = SeededGenerator(UInt64(bound))
    var set = SpaceSet(bound: bound)
    var members: Set<Int> = []
    for _ in 0..<200 {
      let number = Int.random(in: 0..<bound, using: &random)
      if members.contains(number), Bool.random(using: &random) {
        set.remove(number)
        members.remove(number)
      } else {
        set.insert(number)
        members.insert(number)
      }
      let least = Int.random(in: 0..<bound, using: &random)
      #expect(set.first(atLeast: least) == members.filter { $0 >= least }.min())
    }
  }
}
