/// What normal forms are made of: mappings, combining classes, and which pairs compose.
struct NormalizationMappings: Sendable {
  /// Those of NFC and NFD.
  static let canonical = NormalizationMappings(isCompatible: false)
  /// Those of NFKC and NFKD.
  static let compatible = NormalizationMappings(isCompatible: true)

  /// What a scalar is replaced by, in one step of several.
  private(set) var steps: [UInt32: [UInt32]] = [:]
  /// The classes of scalars that have one other than 0.
  private(set) var classes: [UInt32: UInt8] = [:]
  /// What two scalars become, the first of them above 21 bits for the second.
  private(set) var compositions: [UInt64: UInt32] = [:]

  private init(isCompatible: Bool) {
    Self.forEachEntry(of: CanonicalTables.mappings) { scalar, isComposing, targets in
      steps[scalar] = targets
      if isComposing { compositions[Self.pair(targets[0], targets[1])] = scalar }
    }
    if isCompatible {
      Self.forEachEntry(of: CompatibilityTables.mappings) { steps[$0] = $2 }
    }
    for run in CanonicalTables.classes.description.utf8.split(separator: UInt8(ascii: ";")) {
      let parts = run.split(separator: UInt8(ascii: ":"))
      let range = ScalarRanges.range(parts[0])
      var value: UInt8 = 0
      for digit in parts[1] { value = value * 10 + (digit & 0xF) }
      for scalar in range { classes[scalar] = value }
    }
  }

  private static func forEachEntry(
    of table: StaticString, _ body: (UInt32, _ isComposing: Bool, [UInt32]) -> Void
  ) {
    var scalar: UInt32 = 0
    for entry in table.description.utf8.split(separator: UInt8(ascii: ";")) {
      var rest = entry
      if let colon = entry.firstIndex(of: UInt8(ascii: ":")) {
        scalar = ScalarRanges.number(entry[..<colon])
        rest = entry[entry.index(after: colon)...]
      }
      let isComposing = rest.first == UInt8(ascii: "!")
      let targets = rest.dropFirst(isComposing ? 1 : 0).split(separator: UInt8(ascii: ","))
      body(scalar, isComposing, targets.map(ScalarRanges.number))
      scalar += 1
    }
  }

  private static func pair(_ first: UInt32, _ second: UInt32) -> UInt64 {
    UInt64(first) << 21 | UInt64(second)
  }

  /// What two scalars become; nil if they stay two.
  func composition(_ first: UInt32, _ second: UInt32) -> UInt32? {
    Hangul.composed(first, second) ?? compositions[Self.pair(first, second)]
  }

  /// The scalars with every mapping applied until none applies.
  func decomposed(_ scalars: [UInt32]) -> [NormalScalar] {
    var result: [NormalScalar] = []
    for scalar in scalars {
      let start = result.count
      append(scalar, to: &result)
      result[start].replacedCount = 1
    }
    return result
  }

  private func append(_ scalar: UInt32, to result: inout [NormalScalar]) {
    if let parts = Hangul.parts(of: scalar) ?? steps[scalar] {
      for part in parts { append(part, to: &result) }
    } else {
      result.append(NormalScalar(value: scalar, replacedCount: 0))
    }
  }

  /// The scalars with each run of marks in the order of their classes.
  func sorted(_ scalars: [NormalScalar]) -> [NormalScalar] {
    var result = scalars
    var start = 0
    for end in 0...scalars.count where end == scalars.count || classes[scalars[end].value] == nil {
      // The standard library's sort is stable.
      if end - start > 1 {
        let marks = result[start..<end].enumerated().sorted {
          let (left, right) = (classes[$0.element.value] ?? 0, classes[$1.element.value] ?? 0)
          return (left, $0.offset) < (right, $1.offset)
        }
        result.replaceSubrange(start..<end, with: marks.map(\.element))
      }
      start = end
    }
    return result
  }

  /// Decomposed and sorted scalars with every pair composed that can be.
  func composed(_ scalars: [NormalScalar]) -> [NormalScalar] {
    var result: [NormalScalar] = []
    var starter: Int?
    var lastClass: UInt8 = 0
    for scalar in scalars {
      let own = classes[scalar.value] ?? 0
      if let place = starter, lastClass < own || lastClass == 0 && place == result.count - 1,
        let both = composition(result[place].value, scalar.value)
      {
        result[place].value = both
        result[place].replacedCount += scalar.replacedCount
        continue
      }
      if own == 0 { starter = result.count }
      lastClass = own
      result.append(scalar)
    }
    return result
  }
}

/// A scalar of a normal form.
struct NormalScalar {
  /// The scalar.
  var value: UInt32
  /// How many scalars of the text it stands for; of a mapping, only the first stands for one.
  var replacedCount: Int
}

/// The syllables of Hangul, which are made of two or three parts by arithmetic.
///
/// - Source: The Unicode Standard 16.0, section 3.12.
enum Hangul {
  /// All syllables.
  static let syllables: Range<UInt32> = 0xAC00..<0xD7A4
  /// The second and third parts.
  static let laterParts = Array<UInt32>(0x1161..<0x1176) + Array(0x11A8..<0x11C3)

  /// The parts of a syllable; nil for other scalars.
  static func parts(of scalar: UInt32) -> [UInt32]? {
    guard syllables.contains(scalar) else { return nil }
    let index = scalar - 0xAC00
    let parts = [0x1100 + index / 588, 0x1161 + index % 588 / 28]
    return index % 28 == 0 ? parts : parts + [0x11A7 + index % 28]
  }

  /// The syllable of a first and a second part, or of a syllable of two and a third part.
  static func composed(_ first: UInt32, _ second: UInt32) -> UInt32? {
    if (0x1100..<0x1113).contains(first), (0x1161..<0x1176).contains(second) {
      return 0xAC00 + ((first - 0x1100) * 21 + second - 0x1161) * 28
    }
    if syllables.contains(first), (first - 0xAC00) % 28 == 0, (0x11A8..<0x11C3).contains(second) {
      return first + second - 0x11A7
    }
    return nil
  }
}

/// Ranges of scalars as generated tables spell them.
enum ScalarRanges {
  /// The ranges of a table: `A-B;C;…` in hexadecimal.
  static func ranges(_ table: StaticString) -> [ClosedRange<UInt32>] {
    table.description.utf8.split(separator: UInt8(ascii: ";")).map(range)
  }

  /// One range, or one scalar.
  static func range(_ text: Substring.UTF8View) -> ClosedRange<UInt32> {
    let bounds = text.split(separator: UInt8(ascii: "-")).map(number)
    return bounds[0]...bounds[bounds.count - 1]
  }

  /// A number in hexadecimal.
  static func number(_ text: Substring.UTF8View) -> UInt32 {
    text.reduce(0) { number, digit in
      number << 4 | UInt32(digit < 0x40 ? digit & 0xF : (digit & 0xF) + 9)
    }
  }
}
