import ArgumentParser
import Gobbet

/// Whether tokens are cut and filled up to the lengths that a tokenizer.json gives its texts.
struct LengthOptions: ParsableArguments {
  @Flag(help: "Cut each document to the length that the tokenizer.json's truncation sets.")
  var truncate = false

  @Flag(
    help: """
      Pad each document as the tokenizer.json's padding says; padding to the longest one holds all of \
      them in memory.
      """)
  var pad = false

  /// The lengths for texts around which `added` are put.
  ///
  /// - Throws: ``Failure`` (`usage`) if the vocabulary says nothing of what was asked for.
  func lengths(_ vocabulary: Vocabulary, _ added: AddedSpecialTokens) throws -> Lengths {
    let template = added == .template ? vocabulary.pipeline.template : nil
    var lengths = Lengths(front: template?.before.count ?? 0, behind: template?.after.count ?? 0)
    if truncate {
      guard let truncation = try Truncation(of: vocabulary) else {
        throw Failure(.usage, "--truncate: the vocabulary's tokenizer.json has no truncation")
      }
      lengths.truncation = truncation
    }
    if pad {
      guard let padding = try Padding(of: vocabulary) else {
        throw Failure(.usage, "--pad: the vocabulary's tokenizer.json has no padding")
      }
      lengths.padding = padding
    }
    return lengths
  }

  /// What happens to the tokens of each text.
  struct Lengths {
    /// How many special tokens stand in front of a text.
    let front: Int
    /// How many stand after it.
    let behind: Int
    var truncation: Truncation?
    var padding: Padding?

    /// Whether a text can't be filled up before the others are known.
    var needsAll: Bool { padding.map { $0.fixedCount == nil } ?? false }

    /// Cuts the tokens of a text.
    ///
    /// - Throws: `TruncationError`.
    func cut<Token>(_ tokens: inout [Token]) throws(TruncationError) {
      try truncation?.apply(to: &tokens, front: front, behind: behind)
    }

    /// Fills up the tokens of one of several texts, of which the longest has `longest`.
    func fill<Token>(_ tokens: inout [Token], longest: Int, with filler: (TokenID) -> Token) {
      guard let padding else { return }
      padding.apply(
        to: &tokens, count: padding.count(longest: longest), filler: filler(padding.token))
    }
  }
}
