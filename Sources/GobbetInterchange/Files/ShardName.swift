/// The name of one of several files, as Hugging Face gives them: `model-00001-of-00003.gobbet`.
package struct ShardName {
  private let stem: String
  /// How many files there are.
  package let count: Int
  private let ending: String

  /// Nil if the file at `path` is called otherwise.
  package init?(_ path: String) {
    // By hand: a regular expression would take a megabyte of the C library.
    let bytes = Array(path.utf8)
    guard let dot = bytes.lastIndex(of: UInt8(ascii: ".")), dot >= Self.placeByteCount,
      !bytes[dot...].contains(UInt8(ascii: "/"))
    else { return nil }
    let place = bytes[(dot - Self.placeByteCount)..<dot]
    func number(_ offset: Int) -> Int? {
      let digits = place.dropFirst(offset).prefix(5)
      guard digits.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains) else { return nil }
      return digits.reduce(0) { 10 * $0 + Int($1 - UInt8(ascii: "0")) }
    }
    guard place.first == UInt8(ascii: "-"), place.dropFirst(6).prefix(4).elementsEqual("-of-".utf8),
      let index = number(1), let count = number(10), index > 0, index <= count
    else { return nil }
    stem = String(decoding: bytes[..<place.startIndex], as: UTF8.self)
    self.count = count
    ending = String(decoding: bytes[dot...], as: UTF8.self)
  }

  /// Bytes of `-00001-of-00003`.
  private static let placeByteCount = 15

  /// The names of `count` files of which `path` would be the only one.
  package init(_ path: String, count: Int) {
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
  package var paths: [String] {
    func padded(_ number: Int) -> String {
      let digits = "\(number)"
      return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    }
    return (0..<count).map { "\(stem)-\(padded($0 + 1))-of-\(padded(count))\(ending)" }
  }
}
