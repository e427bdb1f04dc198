import CGobbetKernels
import GobbetBPE
import GobbetData
import GobbetFile
import TestSupport
import Testing

@Suite("Loss masks") struct LossMaskTests {
  /// Ids 1 and 2 open, 3 closes and counts, 4 closes and doesn't.
  static func rule() throws -> LossRule {
    try #require(
      LossRule(
        openings: [[1, 2], [9]],
        closings: [.init(4, isCounted: false), .init(3, isCounted: true)]))
  }

  /// Documents with ids that open and close, and which of their tokens count: by the rule for every
  /// second one.
  static func documents(
    _ count: Int, seed: UInt64, _ rule: LossRule?
  ) -> [(ids: [TokenID], counted: [Bool])] {
    var random = SeededGenerator(seed)
    return (0..<count).map { index in
      let length = index % 9 == 4 ? 0 : Int.random(in: 1...70, using: &random)
      let ids = (0..<length).map { _ in TokenID.random(in: 0..<12, using: &random) }
      if index.isMultiple(of: 2) { return (ids, slowMask(ids, rule)) }
      let share = [0, 10, 50, 100][index / 2 % 4]
      return (ids, ids.map { _ in Int.random(in: 0..<100, using: &random) < share })
    }
  }

  /// The rule, as the Spec has it.
  static func slowMask(_ ids: [TokenID], _ rule: LossRule?) -> [Bool] {
    guard let rule else { return ids.map { _ in true } }
    var isCounting = false
    return ids.indices.map { index in
      let closing = rule.closings.first { $0.id == ids[index] }
      let isCounted = isCounting && closing?.isCounted != false
      if rule.openings.contains(where: { ids[...index].suffix($0.count).elementsEqual($0) }) {
        isCounting = true
      } else if closing != nil {
        isCounting = false
      }
      return isCounted
    }
  }

  static func ranges(_ mask: [Bool]) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    for index in mask.indices where mask[index] {
      if let last = ranges.last, last.upperBound == index {
        ranges[ranges.count - 1] = last.lowerBound..<(index + 1)
      } else {
        ranges.append(index..<(index + 1))
      }
    }
    return ranges
  }

  static func write(
    to path: String, rule: LossRule?, count: Int = 40, seed: UInt64 = 6
  ) throws {
    let vocabulary = try Vocabularies.random(mergeCount: 0, seed: 3)
    var writer = try TokenDatasetWriter(
      path: path, vocabulary: vocabulary,
      options: TokenDatasetOptions(
        codec: .packed, blockTokenCount: 64, embedsVocabulary: false, lossRule: rule))
    for document in documents(count, seed: seed, rule) {
      try writer.append(document: document.ids.span, counted: ranges(document.counted))
    }
    try writer.finish()
  }

  @Test(
    "every token's mask comes back, from any range, with a rule and without",
    arguments: [false, true])
  func roundTrip(hasRule: Bool) throws {
    let rule = hasRule ? try Self.rule() : nil
    let folder = try TemporaryFolder()
    let path = folder.file("m.gobbet")
    try Self.write(to: path, rule: rule, count: 200)
    let dataset = try TokenDataset(paths: [path, path])
    let documents = Self.documents(200, seed: 6, rule)
    let all = Array((documents + documents).map(\.counted).joined())
    #expect(dataset.hasLossMask && dataset.lossRule == rule)
    #expect(try dataset.lossMask(in: 0..<all.count) == all)
    var random = SeededGenerator(1)
    for _ in 0..<300 {
      let start = Int.random(in: 0...all.count, using: &random)
      let end = Int.random(in: start...min(all.count, start + 100), using: &random)
      #expect(try dataset.lossMask(in: start..<end) == Array(all[start..<end]))
    }
    for (index, document) in documents.enumerated() {
      #expect(try dataset.countedRanges(ofDocument: index) == Self.ranges(document.counted))
    }
  }

  @Test(
    "windows of many stretches of masks say the same when they are read again",
    arguments: [false, true])
  func stretches(hasRule: Bool) throws {
    let rule = hasRule ? try Self.rule() : nil
    let folder = try TemporaryFolder()
    let paths = try (0..<2).map { seed in
      let path = folder.file("\(seed).gobbet")
      try Self.write(to: path, rule: rule, count: 800, seed: UInt64(seed))
      return path
    }
    let dataset = try TokenDataset(paths: paths)
    let documents = (0..<2).flatMap { Self.documents(800, seed: $0, rule) }
    let ids = Array(documents.map(\.ids).joined())
    let counted = Array(documents.map(\.counted).joined())
    try #require(ids.count > 6 << 13)
    for (length, stride) in [(700, 211), (9_000, 5_003)] {
      let windows = dataset.windows(length: length, stride: stride)
      for index in Array(0..<windows.count) + [0, windows.count - 1] {
        let places = (index * stride + 1)..<(index * stride + 1 + length)
        #expect(
          try windows[index].targets
            == places.map { counted[$0] ? ids[$0] : TokenBatch.ignoredTarget })
      }
    }
  }

  @Test("every way of the processor ignores the targets whose bit is set, and no others")
  func kernels() {
    var random = SeededGenerator(4)
    let bits = (0..<8).map { _ in UInt64.random(in: 0...UInt64.max, using: &random) }
    var ways = unsafe [gobbet_targets_way](repeating: gobbet_targets_way(), count: 3)
    let count = Int(unsafe gobbet_targets_ways(&ways))
    for index in 0..<count {
      for _ in 0..<400 {
        let first = Int.random(in: 0..<300, using: &random)
        let length = Int.random(in: 0..<200, using: &random)
        var targets = (0..<210).map { TokenID($0) }
        unsafe ways[index].ignore?(bits, first, &targets, length)
        #expect(
          targets
            == (0..<210).map { place in
              let bit = first + place
              let isSet = place < length && bits[bit / 64] >> UInt64(bit % 64) & 1 == 1
              return isSet ? TokenBatch.ignoredTarget : TokenID(place)
            })
      }
    }
  }

  @Test("the state of a long document's rule is found from its middle")
  func longDocument() throws {
    let rule = try Self.rule()
    let vocabulary = try Vocabularies.random(mergeCount: 0, seed: 3)
    let folder = try TemporaryFolder()
    let path = folder.file("m.gobbet")
    // An opening that two steps of the search share, and then nothing for a long time.
    var ids = [TokenID](repeating: 7, count: 20_000)
    ids.replaceSubrange(3_903..<3_905, with: [1, 2])
    ids[19_000] = 3
    var writer = try TokenDatasetWriter(
      path: path, vocabulary: vocabulary,
      options: TokenDatasetOptions(codec: .packed, embedsVocabulary: false, lossRule: rule))
    try writer.append(document: ids.span)
    try writer.finish()
    let dataset = try TokenDataset(path: path)
    let mask = Self.slowMask(ids, rule)
    for start in [0, 3_903, 3_904, 3_905, 8_000, 12_096, 12_097, 18_999, 19_000, 19_001] {
      #expect(try dataset.lossMask(in: start..<20_000) == Array(mask[start...]))
    }
  }

  @Test("windows and packed rows give no target where it doesn't count")
  func targets() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("m.gobbet")
    try Self.write(to: path, rule: try Self.rule())
    let dataset = try TokenDataset(path: path)
    let ids = try dataset.tokens(in: 0..<dataset.tokenCount)
    let mask = try dataset.lossMask(in: 0..<dataset.tokenCount)
    let windows = dataset.windows(length: 30, stride: 17)
    for index in 0..<windows.count {
      let window = try windows[index]
      let places = (index * 17)..<(index * 17 + 30)
      #expect(window.inputs == Array(ids[places]))
      #expect(
        window.targets == places.map { mask[$0 + 1] ? ids[$0 + 1] : TokenBatch.ignoredTarget })
    }
    let rows = try dataset.packedRows(PackedRowOptions(length: 25))
    for row in 0..<rows.count {
      var expected: [Int32] = []
      for part in rows.parts(ofRow: row) {
        let end = try dataset.document(part.document).upperBound
        expected += part.tokens.map { $0 + 1 < end && mask[$0 + 1] ? Int32(ids[$0 + 1]) : -100 }
      }
      expected += [Int32](repeating: -100, count: 25 - expected.count)
      #expect(try rows.batch([row]).targets == expected)
    }
  }

  @Test("a dataset that masks nothing is a file of version 1.0")
  func unmasked() throws {
    let vocabulary = try Vocabularies.random(mergeCount: 0, seed: 3)
    let folder = try TemporaryFolder()
    for (name, counted) in [("a", nil), ("b", [0..<3])] as [(String, [Range<Int>]?)] {
      var writer = try TokenDatasetWriter(path: folder.file(name), vocabulary: vocabulary)
      let (ids, none): ([TokenID], [TokenID]) = ([1, 2, 3], [])
      try writer.append(document: ids.span, counted: counted)
      try writer.append(document: none.span, counted: [])
      try writer.finish()
    }
    #expect(try readFile(folder.file("a")) == readFile(folder.file("b")))
    let container = try ContainerReader(path: folder.file("a"))
    #expect(container.section(.lossMasks) == nil)
    #expect(try TokenDataset([container]).lossMask(in: 0..<3) == [true, true, true])
  }

  @Test("a rule with an id that the vocabulary doesn't have is refused")
  func foreignRule() throws {
    let vocabulary = try Vocabularies.random(mergeCount: 0, seed: 3)
    let folder = try TemporaryFolder()
    let id = TokenID(vocabulary.idBound)
    let rule = LossRule(openings: [[1]], closings: [.init(id, isCounted: true)])
    #expect(throws: TokenDatasetError.self) {
      _ = try TokenDatasetWriter(
        path: folder.file("x"), vocabulary: vocabulary,
        options: TokenDatasetOptions(lossRule: rule))
    }
    #expect(LossRule(openings: [], closings: []) == nil)
    #expect(LossRule(openings: [[]], closings: []) == nil)
    #expect(
      LossRule(
        openings: [[1]], closings: [.init(2, isCounted: true), .init(2, isCounted: false)]) == nil)
  }

  @Test("chats take at most 0.1 bits a token, and 0.02 where ids delimit the turns")
  func size() throws {
    let vocabulary = try Vocabularies.random(mergeCount: 0, seed: 3)
    let folder = try TemporaryFolder()
    var random = SeededGenerator(12)
    // Turns of 20 to 480 tokens, as chats have them: 2 to 8 a document, after a system prompt.
    let documents: [[TokenID]] = (0..<2000).map { _ in
      (0..<(2 * Int.random(in: 1...4, using: &random))).flatMap { turn in
        let length = Int.random(in: 20...480, using: &random) / (turn.isMultiple(of: 2) ? 3 : 1)
        return [turn.isMultiple(of: 2) ? 10 : 11]
          + (0..<length).map { _ in TokenID.random(in: 20..<250, using: &random) } + [12]
      }
    }
    let rule = try #require(
      LossRule(openings: [[11]], closings: [.init(12, isCounted: true)]))
    let tokenCount = documents.reduce(0) { $0 + $1.count }
    for (name, used, limit) in [("runs", nil, 0.1), ("rule", rule, 0.02)]
      as [(String, LossRule?, Double)]
    {
      var writer = try TokenDatasetWriter(
        path: folder.file(name), vocabulary: vocabulary,
        options: TokenDatasetOptions(codec: .packed, lossRule: used))
      for ids in documents {
        try writer.append(document: ids.span, counted: rule.ranges(in: ids.span))
      }
      try writer.finish()
      let container = try ContainerReader(path: folder.file(name))
      let section = try #require(container.section(.lossMasks))
      #expect(Double(section.storedByteCount * 8) / Double(tokenCount) <= limit)
    }
  }
}
