/// The characters of a corpus, and which of them get a token.
struct PieceAlphabet {
  /// A character and how often it occurs.
  struct Character: Hashable, Sendable {
    let scalar: UInt32
    let count: UInt64
  }

  /// How often each character occurs.
  private var counts: [UInt32: UInt64] = [:]

  /// The characters of `words`.
  ///
  /// - Throws: ``TrainingError`` (`countsTooLarge`).
  init(_ words: DecodedWords) throws(TrainingError) {
    var basic = [UInt64](repeating: 0, count: 1 << 16)
    var others: [UInt32: UInt64] = [:]
    var total: UInt64 = 0
    var isTooLarge = false
    words.forEachWord { range, count in
      let (weight, isWeightTooLarge) = count.multipliedReportingOverflow(by: UInt64(range.count))
      let (sum, isSumTooLarge) = total.addingReportingOverflow(weight)
      isTooLarge = isTooLarge || isWeightTooLarge || isSumTooLarge
      total = sum
      for index in range {
        let scalar = words.scalars[index]
        if scalar < 1 << 16 {
          basic[Int(scalar)] &+= count
        } else {
          others[scalar, default: 0] &+= count
        }
      }
    }
    guard !isTooLarge else { throw .countsTooLarge }
    counts = others
    for scalar in basic.indices where basic[scalar] > 0 { counts[UInt32(scalar)] = basic[scalar] }
  }

  /// The characters that `tokenizers` makes tokens of, in the order of their ids.
  func limited(_ options: PieceTrainingOptions) -> [Character] {
    var counts = counts
    for scalar in options.requiredCharacters.unicodeScalars { counts[scalar.value] = .max }
    var kept = counts.map { Character(scalar: $0.key, count: $0.value) }
    if let limit = options.tokenizers.alphabetLimit, kept.count > limit {
      kept.sort { ($1.count, $0.scalar) < ($0.count, $1.scalar) }
      kept.removeLast(kept.count - max(limit, 0))
    }
    return kept.sorted { $0.scalar < $1.scalar }
  }

  /// The characters that SentencePiece makes pieces of, in the order of their ids: the most frequent
  /// ones, which cover as much of the text as is asked for.
  func covering(_ options: PieceTrainingOptions, without texts: Set<[UInt8]>) -> [Character] {
    var counts = counts
    counts[PieceText.uncounted] = nil
    let required = Set(options.requiredCharacters.unicodeScalars.map(\.value))
      .subtracting([PieceText.cut, PieceText.uncounted])
    for scalar in required { counts[scalar, default: 0] += 0 }
    let all = counts.values.reduce(0, +)
    let order = counts.map { Character(scalar: $0.key, count: $0.value) }.sorted {
      let areRequired = (required.contains($0.scalar), required.contains($1.scalar))
      if areRequired.0 != areRequired.1 { return areRequired.0 }
      return ($1.count, $0.scalar) < ($0.count, $1.scalar)
    }
    var covered: UInt64 = 0
    var kept: [Character] = []
    for character in order {
      let coverage = Float(Double(covered) / Double(all))
      if coverage >= options.sentencePiece.characterCoverage { break }
      covered += character.count
      if character.scalar == PieceText.cut { continue }
      if !texts.contains(UTF8Scalar.bytes(character.scalar)) { kept.append(character) }
    }
    return kept.sorted { ($1.count, $0.scalar) < ($0.count, $1.scalar) }
  }
}

/// How the trainer of pieces takes a text apart.
enum PieceText {
  /// What SentencePiece puts where no piece crosses: it is counted as a character, and gets no piece.
  static let cut: UInt32 = 0x1F
  /// What no piece crosses, and what is counted as no character.
  static let uncounted: UInt32 = 0
}
