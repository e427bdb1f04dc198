import ArgumentParser
import Gobbet

/// Which special tokens in a text count as such.
struct AllowedSpecialOptions: ParsableArguments {
  @Option(
    name: .customLong("allow-special"),
    help: "Encode this special token as one token where its text occurs; repeatable.")
  var allowedSpecials: [String] = []

  @Flag(help: "Encode every special token as one token where its text occurs.")
  var allowAllSpecials = false

  /// The option that was given; nil for none.
  var option: String? {
    if allowAllSpecials { return "--allow-all-specials" }
    return allowedSpecials.isEmpty ? nil : "--allow-special"
  }

  /// The special tokens of `vocabulary` that count as such.
  ///
  /// - Throws: ``Failure`` (`usage`) for one that the vocabulary doesn't have.
  func policy(_ vocabulary: Vocabulary) throws(Failure) -> SpecialTokenPolicy {
    if allowAllSpecials { return .all }
    for text in allowedSpecials where !vocabulary.specialTokens.contains(where: { $0.text == text })
    {
      throw Failure(.usage, "--allow-special: the vocabulary has no special token \(text)")
    }
    return allowedSpecials.isEmpty ? .none : .only(Set(allowedSpecials))
  }
}

/// Which special tokens in a text count as such, and which are put around it.
struct SpecialTokenOptions: ParsableArguments {
  @OptionGroup var allowed: AllowedSpecialOptions

  @Flag(
    help: """
      Add the special tokens of the vocabulary's post-processor, if it has one, to each document.
      """)
  var addSpecialTokens = false

  /// The special tokens around each text; a note says where a vocabulary adds none.
  func added(_ vocabulary: Vocabulary) -> AddedSpecialTokens {
    guard addSpecialTokens else { return .none }
    if vocabulary.pipeline.template == nil {
      note("gobbet: --add-special-tokens: the vocabulary has no post-processor that adds any")
    }
    return .template
  }
}
