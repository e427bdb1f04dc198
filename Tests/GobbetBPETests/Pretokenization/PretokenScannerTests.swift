import GobbetBPE
import TestSupport
import Testing

@Suite("Cutting text into pretokens") struct PretokenScannerTests {
  static let names = SplitPattern.named.map(\.name)

  private func lengths(_ scanner: PretokenScanner, _ bytes: [UInt8]) -> [Int] {
    var lengths: [Int] = []
    scanner.forEachPretoken(in: bytes.span) { lengths.append($0.count) }
    return lengths
  }

  private func lines(_ name: String) throws -> [Substring] {
    String(decoding: try fixture("pretokenization/\(name).txt"), as: UTF8.self)
      .split(separator: "\n")
  }

  private func scanner(_ name: String) throws -> PretokenScanner {
    PretokenScanner(try #require(SplitPattern(named: name)))
  }

  @Test("awkward strings are cut as the regular expression cuts them", arguments: names)
  func strings(name: String) throws {
    let scanner = try scanner(name)
    let strings = try lines("strings")
    let expected = try lines(name)
    #expect(strings.count == expected.count)
    for (string, expected) in zip(strings, expected) {
      let digits = Array(string)
      let bytes = stride(from: 0, to: digits.count, by: 2).compactMap {
        UInt8(String(digits[$0..<($0 + 2)]), radix: 16)
      }
      let found = lengths(scanner, bytes)
      #expect(
        found == expected.split(separator: " ").compactMap { Int($0) },
        "\(String(decoding: bytes, as: UTF8.self).debugDescription)")
    }
  }

  @Test("every scalar in eight contexts is cut as the regular expression cuts it", arguments: names)
  func scalars(name: String) throws {
    let contexts: [(String, String)] = [
      ("", ""), ("a", "b"), (" ", ""), ("", " "), ("1", "2"), ("'", ""), ("!", "!"),
      ("\n", "\nA*a"),
    ]
    let scanner = try scanner(name)
    for line in try lines("scalars").map({ $0.split(separator: " ") }) where line[0] == name {
      let context = contexts[try #require(Int(line[1]))]
      let before = Array(context.0.utf8)
      let after = context.1.split(separator: "*", omittingEmptySubsequences: false).map {
        Array($0.utf8)
      }
      var sum: UInt64 = 0
      var text: [UInt8] = []
      for value in UInt32(0)..<0x11_0000 {
        guard let scalar = Unicode.Scalar(value) else { continue }
        let bytes = UTF8.encode(scalar)
        text.removeAll(keepingCapacity: true)
        text += before
        if let bytes { text += bytes }
        text += after[0]
        for part in after.dropFirst() {
          if let bytes { text += bytes }
          text += part
        }
        scanner.forEachPretoken(in: text.span) { sum = sum &* 31 &+ UInt64($0.count) }
      }
      #expect(sum == UInt64(line[2]), "context \(line[1])")
    }
  }

  @Test("any bytes are cut without loss", arguments: names)
  func anyBytes(name: String) throws {
    let scanner = try scanner(name)
    var generator = SeededGenerator(7)
    for _ in 0..<2000 {
      let count = Int.random(in: 0...40, using: &generator)
      let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
      let found = lengths(scanner, bytes)
      #expect(found.reduce(0, +) == count)
      #expect(!found.contains(0))
    }
  }

  @Test("settings survive a file, and unknown ones are refused")
  func settings() {
    for (name, pattern) in SplitPattern.named {
      #expect(SplitPattern(settings: pattern.settings) == pattern)
      #expect(pattern.name == name)
      #expect(SplitPattern(settings: Array(pattern.settings.dropLast())) == nil)
      for index in pattern.settings.indices {
        var settings = pattern.settings
        settings[index] = 200
        #expect(SplitPattern(settings: settings) == nil)
      }
    }
    #expect(SplitPattern(named: "gpt5") == nil)
  }
}
