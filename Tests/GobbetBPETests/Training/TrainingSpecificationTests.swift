import GobbetBPE
import TestSupport
import Testing

@Suite("The examples of Spec/Training.md") struct TrainingSpecificationTests {
  /// One example: what is trained on, with which options, and what comes out.
  struct Example: Sendable, CustomTestStringConvertible {
    var name: String
    var options = TrainingOptions(vocabularySize: 300)
    var pretokens: [[UInt8]: UInt64] = [:]
    var merges: [[[UInt8]]] = []

    var testDescription: String { name }
  }

  @Test("leads to the merges it lists", arguments: try Self.examples())
  func example(_ example: Example) throws {
    let vocabulary = try Trainer(example.options).train(
      PretokenCounts(example.pretokens), pattern: .gpt2)
    #expect(vocabulary.mergedStrings == example.merges)
    #expect(
      ReferenceTrainer(options: example.options).merges(of: example.pretokens) == example.merges)
  }

  static func examples() throws -> [Example] {
    let text = String(decoding: try readFile(specificationFolder + "/Training.md"), as: UTF8.self)
    let block = try #require(text.split(separator: "```examples\n").dropFirst().first)
    var examples: [Example] = []
    for line in block.prefix(upTo: block.firstRange(of: "```")?.lowerBound ?? block.endIndex)
      .split(separator: "\n")
    {
      let words = line.split(separator: " ")
      if words[0] == "example" {
        examples.append(Example(name: words.dropFirst().joined(separator: " ")))
      } else {
        read(words, into: &examples[examples.count - 1])
      }
    }
    return examples
  }

  private static func read(_ words: [Substring], into example: inout Example) {
    switch words[0] {
    case "tie-break":
      example.options.tieBreak = words[1] == "bytes" ? .bytes : .huggingFace
    case "maximum-token-length":
      example.options.maximumTokenLength = Int(words[1])
    case "minimum-frequency":
      example.options.minimumFrequency = UInt64(words[1]) ?? 0
    case "special-token":
      example.options.specialTokens.append(bytes(words[1]))
    case "pretoken":
      example.pretokens[bytes(words[1])] = UInt64(words[2]) ?? 0
    case "merge":
      example.merges.append([bytes(words[1]), bytes(words[2])])
    default:
      Issue.record("\(words[0]) isn't part of an example")
    }
  }

  private static func bytes(_ hexadecimal: Substring) -> [UInt8] {
    var rest = hexadecimal
    var bytes: [UInt8] = []
    while !rest.isEmpty {
      bytes.append(UInt8(rest.prefix(2), radix: 16) ?? 0)
      rest = rest.dropFirst(2)
    }
    return bytes
  }
}

/// The folder `Spec/` of the repository.
private let specificationFolder: String = {
  let components = #filePath.split(separator: "/").dropLast(4)
  return "/" + components.joined(separator: "/") + "/Spec"
}()
