/// The name of one of several files, as Hugging Face gives them: `model-00001-of-00003.gobbet`.
struct ShardName {
  private let stem: String
  /// How many files there are.
  let count: Int
  private let ending: String

  /// Nil if the file at `path` is called otherwise.
  init?(_ path: String) {
    guard
      let match = path.wholeMatch(
        of: /(.*)-([0-9]{5})-of-([0-9]{5})(\.[^.\/]*)/.dotMatchesNewlines()),
      let count = Int(match.3), let number = Int(match.2), number > 0, number <= count
    else { return nil }
    stem = String(match.1)
    self.count = count
    ending = String(match.4)
  }

  /// The names of `count` files of which `path` would be the only one.
  init(_ path: String, count: Int) {
    let name = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path.utf8.index(after: $0) }
    let dot = path.utf8.lastIndex(of: UInt8(ascii: "."))
    let end = dot.flatMap { $0 > (name ?? path.startIndex) ? $0 : nil } ?? path.endIndex
    stem = String(path[..<end])
    ending = String(path[end...])
    self.count = count
  }

  /// The path of the file that lists the tensors of all of them, as Hugging Face calls it.
  var indexPath: String { "\(stem)\(ending).index.json" }

  /// The paths of all of them, in order.
  var paths: [String] {
    func padded(_ number: Int) -> String {
      let digits = "\(number)"
      return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    }
    return (0..<count).map { "\(stem)-\(padded($0 + 1))-of-\(padded(count))\(ending)" }
  }
}
