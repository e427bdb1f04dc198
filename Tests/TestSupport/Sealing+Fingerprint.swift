internal import GobbetFile

extension Sealing {
  /// Makes the fingerprint of a vocabulary right: that of the tokens and merges that its sections
  /// tell, whatever else is wrong with them.
  ///
  /// Sections that tell none, as with a merge of what isn't a token, stay as they are.
  /// - Source: `Spec/Vocabulary.md`, "Fingerprint"; without the library's reader, which refuses
  ///   these files.
  public static func fingerprint(_ parts: inout [(kind: String, content: [UInt8])]) {
    guard let place = parts.firstIndex(where: { $0.kind == "VOCB" }),
      let vocabulary = ToldVocabulary(parts.map { ($0.kind, $0.content) })
    else { return }
    let digest = ContentDigest(of: vocabulary.canonicalBytes.span)
    parts[place].content.replaceSubrange(0..<32, with: digest.bytes)
  }
}

/// What the sections of a vocabulary tell, unchecked.
private struct ToldVocabulary {
  private let mergeRule: UInt8
  private let pattern: [UInt8]
  private var specialTokens: [(id: Int, bytes: [UInt8])] = []
  private var tokens: [Int: [UInt8]] = [:]
  private var merges: [(left: Int, right: Int, result: Int)] = []
  private let pipeline: [UInt8]

  /// Reads the sections; nil if they tell no tokens or no merges.
  init?(_ sections: [(String, [UInt8])]) {
    let parts = Dictionary(sections) { first, _ in first }
    guard let header = parts["VOCB"], header.count > 48, [1, 2].contains(header[32]) else {
      return nil
    }
    let isOfPairs = header[32] == 1
    mergeRule = header[33]
    pipeline = parts["PIPE"] ?? []
    let patternEnd = 48 + Sealing.number(header, 34, 2)
    let start = patternEnd + (isOfPairs ? 4 + 256 : 0)
    guard start <= header.count else { return nil }
    pattern = Array(header[48..<patternEnd])
    let count = Sealing.number(header, 40, 4)
    guard readSpecialTokens(header, from: start, count: Sealing.number(header, 44, 4)),
      let left = Self.planes(parts["LEFT"], count), let right = Self.planes(parts["RGHT"], count)
    else { return nil }
    if isOfPairs {
      let firstID = Sealing.number(header, patternEnd, 4)
      guard merge(left, right, firstID: firstID, byteOrder: header[(start - 256)..<start]) else {
        return nil
      }
    } else {
      guard let results = Self.planes(parts["RSLT"], count), readTokens(parts["TSTR"] ?? []) else {
        return nil
      }
      merges = (0..<count).map { (left[$0], right[$0], results[$0]) }
    }
  }

  /// What the fingerprint is the digest of.
  var canonicalBytes: [UInt8] {
    var bytes = Array("gobbet vocabulary 1\n".utf8)
    func append(_ numbers: Int...) {
      for number in numbers { bytes += HandMadeFile.little(UInt32(truncatingIfNeeded: number)) }
    }
    bytes.append(mergeRule)
    bytes.append(pattern[0] == 0xFF ? 0 : UInt8(pattern.count))
    if pattern[0] == 0xFF { append(pattern.count) }
    bytes += pattern
    let sorted = tokens.sorted { $0.key < $1.key }
    append(sorted.count)
    for (id, _) in sorted { append(id) }
    for (_, token) in sorted { append(token.count) }
    for (_, token) in sorted { bytes += token }
    append(merges.count)
    for merge in merges { append(merge.left, merge.right, merge.result) }
    append(specialTokens.count)
    for token in specialTokens.sorted(by: { $0.id < $1.id }) {
      append(token.id, token.bytes.count)
      bytes += token.bytes
    }
    return bytes + pipeline
  }

  /// Reads the special tokens of a header; false if they end after it.
  private mutating func readSpecialTokens(
    _ header: [UInt8], from start: Int, count: Int
  ) -> Bool {
    var offset = start
    while specialTokens.count < count {
      guard offset + 8 <= header.count else { return false }
      let end = offset + 8 + Sealing.number(header, offset + 4, 4)
      guard end <= header.count else { return false }
      let bytes = Array(header[(offset + 8)..<end])
      specialTokens.append((Sealing.number(header, offset, 4), bytes))
      offset = end
    }
    return true
  }

  /// Makes the tokens of layout 1; false if a merge is of no token, or of too long ones.
  private mutating func merge(
    _ left: [Int], _ right: [Int], firstID: Int, byteOrder: ArraySlice<UInt8>
  ) -> Bool {
    guard firstID < 1 << 21 else { return false }
    var ids = Dictionary(specialTokens.map { ($0.bytes, $0.id) }) { first, _ in first }
    for (id, byte) in zip(firstID..., byteOrder) {
      tokens[id] = [byte]
      ids[[byte]] = id
    }
    var nextID = firstID + 256
    for (left, right) in zip(left, right) {
      guard let front = tokens[left], let back = tokens[right],
        front.count + back.count < 1 << 16
      else { return false }
      let known = ids[front + back]
      let result = known ?? nextID
      if known == nil { nextID += 1 }
      ids[front + back] = result
      tokens[result] = front + back
      merges.append((left, right, result))
    }
    return true
  }

  /// Reads the tokens of layout 2; false if they end after the section.
  private mutating func readTokens(_ section: [UInt8]) -> Bool {
    guard section.count >= 4 else { return false }
    let count = Sealing.number(section, 0, 4)
    var offset = 4 + 2 * count
    guard offset <= section.count else { return false }
    for id in 0..<count {
      let end = offset + Sealing.number(section, 4 + 2 * id, 2)
      guard end <= section.count else { return false }
      if end > offset { tokens[id] = Array(section[offset..<end]) }
      offset = end
    }
    return true
  }

  /// The ids of three planes; nil if there are not `count` of them.
  private static func planes(_ section: [UInt8]?, _ count: Int) -> [Int]? {
    guard let section, section.count == 3 * count else { return nil }
    return (0..<count).map { index in
      (0..<3).reduce(0) { $0 | Int(section[$1 * count + index]) << (8 * $1) }
    }
  }
}
