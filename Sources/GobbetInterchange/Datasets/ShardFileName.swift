/// The name of a shard: its split, five digits or more, and an ending.
struct ShardFileName {
  /// The ending where nothing else has the name.
  static let plainEnding = ".gobbet"

  /// The split and the digits: `train-00000`.
  let stem: String
  /// What follows: `.gobbet`; `.new.gobbet` beside shards that are to be replaced; or the digits of
  /// a content id.
  let ending: String

  /// Nil for a name that isn't a shard's.
  init?(_ name: String) {
    guard name.utf8.suffix(Self.plainEnding.utf8.count).elementsEqual(Self.plainEnding.utf8),
      let split = DatasetSplit.allCases.first(where: {
        name.utf8.starts(with: ($0.rawValue + "-").utf8)
      })
    else { return nil }
    let start = split.rawValue.utf8.count + 1
    let digits = name.utf8.dropFirst(start).prefix { (0x30...0x39).contains($0) }.count
    guard digits >= 5 else { return nil }
    stem = String(decoding: name.utf8.prefix(start + digits), as: UTF8.self)
    ending = String(decoding: name.utf8.dropFirst(start + digits), as: UTF8.self)
  }

  /// The name of the shard of that number.
  init(_ number: Int, of split: DatasetSplit, ending: String) {
    let digits = String(number)
    let zeros = String(repeating: "0", count: max(0, 5 - digits.count))
    stem = "\(split.rawValue)-\(zeros)\(digits)"
    self.ending = ending
  }

  /// The name.
  var name: String { stem + ending }

  /// The endings that a job may give, in the order in which they are tried.
  private static func ending(_ index: Int) -> String {
    index == 0 ? plainEnding : ".new\(index == 1 ? "" : "\(index)").gobbet"
  }

  /// The first ending that none of `names` has.
  static func freeEnding(beside names: [ShardFileName]) -> String {
    let taken = Set(names.map(\.ending))
    var index = 0
    while taken.contains(ending(index)) { index += 1 }
    return ending(index)
  }

  /// Whether a job may have given this ending.
  static func isEnding(_ text: String) -> Bool {
    guard text != plainEnding else { return true }
    let start = ".new"
    guard text.hasPrefix(start), text.hasSuffix(plainEnding) else { return false }
    return text.dropFirst(start.count).dropLast(plainEnding.count).utf8.allSatisfy {
      (0x30...0x39).contains($0)
    }
  }

  /// The name without what set it apart from a shard that is no longer there.
  var settled: String {
    ending != Self.plainEnding && Self.isEnding(ending) ? stem + Self.plainEnding : name
  }
}
