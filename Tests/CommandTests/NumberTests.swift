import Foundation
import TestSupport
import Testing

@Suite("Numbers on the command line") struct NumberTests {
  /// What an option that takes a number refuses beside what all refuse.
  enum Kind: Sendable {
    /// 0 and up, as long as there is something to count.
    case count
    /// 1 and up.
    case positiveCount
    /// Any of 64 bits.
    case seed
    case bytes
    case quantity
    /// 0 to below 1.
    case share
    /// Not 0.
    case positiveNumber
    /// 0 and up.
    case number
    case range
    /// -1 and up.
    case optionalID
    /// From 0.98 to 1.
    case coverage

    /// What no option of the kind takes.
    var refused: [String] {
      let never = ["-1", "nan"]
      let large = "4611686018427387904"
      return switch self {
      case .count: never + [large, "0.5"]
      case .positiveCount: never + [large, "0"]
      case .seed: never + ["", "18446744073709551616"]
      case .bytes: never + [large, "0", "9223372036854775807T", "4096T"]
      case .quantity: never + [large, "0", "9223372036854775807G", "1000001G"]
      case .share: never + [large, "1", "inf"]
      case .positiveNumber: never + [large, "0", "1e-40", "1e400"]
      case .number: never + [large, "-inf", "many"]
      case .range: never + ["-1..<5", "7..<5", "0..<99999999999999999999"]
      case .optionalID: ["-2", "nan", large, "0.5"]
      case .coverage: never + [large, "0.97", "1.01"]
      }
    }
  }

  /// Every option that takes a number.
  static let numbers: [String: Kind] = [
    "--alpha": .positiveNumber, "--block-tokens": .positiveCount, "--bos-id": .optionalID,
    "--character-coverage": .coverage, "--document": .count, "--eos-id": .optionalID,
    "--head": .count, "--held-out": .share, "--layer": .count, "--limit": .bytes,
    "--limit-alphabet": .count, "--longest": .count, "--maximum-piece-length": .positiveCount,
    "--maximum-pretoken-length": .positiveCount, "--maximum-sentence-length": .positiveCount,
    "--maximum-token-length": .positiveCount,
    "--memory": .bytes, "--min-p": .number, "--minimum-count": .positiveCount,
    "--minimum-frequency": .positiveCount, "--pad-id": .optionalID,
    "--padding": .count, "--range": .range, "--repetition-penalty": .positiveNumber,
    "--row-length": .positiveCount, "--rows-to-multiple": .positiveCount, "--seed": .seed,
    "--shard-size": .bytes,
    "--shard-tokens": .quantity, "--size": .positiveCount, "--stop-token": .count,
    "--stride": .positiveCount, "--temperature": .number, "--threads": .count, "--tokens": .count,
    "--top-k": .positiveCount, "--top-p": .positiveNumber, "--unk-id": .count,
    "--validation": .share,
    "--width": .positiveCount, "--window": .positiveCount,
  ]

  /// Every option that takes something else: a name, a path, a text.
  static let others: Set = [
    "--allow-special", "--append", "--bad-lines", "--bad-lines-file", "--base", "--codec",
    "--color", "--continue", "--contractions", "--control-symbol", "--corpus", "--counts",
    "--digits", "--element", "--end", "--files-from", "--format", "--from", "--id-key", "--ids",
    "--key", "--like", "--make-key", "--messages", "--model", "--new-rows", "--newline-runs",
    "--output", "--pattern", "--pooling", "--prompt", "--required-characters",
    "--resize-embeddings", "--separator", "--special", "--special-tokens", "--split", "--stop",
    "--template", "--temporary-folder", "--text", "--text-key", "--tie-break", "--to", "--token",
    "--too-long",
    "--type", "--unknown-token", "--user-defined-symbol", "--v1-type", "--vocabulary",
  ]

  @Test("every option of every verb that takes a value is known to these tests")
  func options() throws {
    let verbs = try CommandLineMap.shared.get().verbs
    #expect(verbs.count > 20)
    let taking = Set(verbs.flatMap(\.options).filter(\.takesValue).map(\.name))
    #expect(taking.subtracting(Self.others).subtracting(Self.numbers.keys) == [])
    #expect(Set(Self.numbers.keys).union(Self.others).subtracting(taking) == [])
    // A word that is a number for one verb and a text for another would slip through.
    #expect(Self.others.isDisjoint(with: Self.numbers.keys))
  }

  static let verbs: [String] = (try? CommandLineMap.shared.get().verbs.map(\.name)) ?? []

  @Test(
    "that are too large, below zero or none at all end with 2 and one line with the option and what it takes",
    arguments: verbs)
  func refused(verb: String) throws {
    let verb = try #require(
      try CommandLineMap.shared.get().verbs.first { $0.name == verb })
    for option in verb.options {
      guard let kind = Self.numbers[option.name] else { continue }
      for value in kind.refused {
        // The parser itself treats a space and = differently before a minus.
        let forms = value == "-1" ? [[option.name + "=-1"]] : []
        for arguments in forms + [[option.name, value]] {
          let result = try run(productPath("gobbet"), verb.words + arguments)
          let lines = result.errorText.split(separator: "\n")
          #expect(
            result.status == 2 && lines.count == 1 && lines[0].contains(option.name)
              && lines[0].contains("not "),
            "\(verb.name) \(arguments): \(result.status) \(result.errorText)")
        }
      }
    }
  }
}
