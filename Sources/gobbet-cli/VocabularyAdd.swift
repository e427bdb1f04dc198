import ArgumentParser
import Gobbet

/// `gobbet vocabulary add`.
struct VocabularyAdd: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add", abstract: "Add tokens to a vocabulary, without training.",
    discussion: """
      New tokens take the ids after the last one, in the order of the options: special tokens first, \
      then the others. A text that is already a token keeps its id, and is matched as the option says.
      """)

  @Argument(help: "The vocabulary.") var input: String
  @Option(
    name: .customLong("special"),
    help:
      "Add this text as a special token, used only where the caller allows it; repeatable.")
  var specials: [String] = []
  @Option(
    name: .customLong("token"),
    help: "Add this text as a token, used wherever the text occurs; repeatable.")
  var tokens: [String] = []
  @Option(help: "The pattern to split text by, if the file doesn't say.") var pattern: PatternName?
  @OptionGroup var output: NamedOutputOptions

  func validate() throws {
    guard !specials.isEmpty || !tokens.isEmpty else {
      throw ValidationError("nothing to add; give --special or --token")
    }
    var texts: Set<[UInt8]> = []
    for text in specials + tokens where !texts.insert(Array(text.utf8)).inserted {
      throw ValidationError("\(text) is given twice")
    }
  }

  func run() throws {
    guard let format = FileFormat(ofFileNamed: output.output), format.writesVocabularies
    else {
      throw Failure(
        .usage, "\(output.output): not the name of a vocabulary's file, such as v.gobbet"
      )
    }
    let whole = try loadVocabulary(input, pattern: pattern?.pattern)
    let larger: Vocabulary
    do {
      larger = try whole.adding(specials: specials, tokens: tokens)
    } catch {
      throw LoadingError(path: input, reason: "\(error)")
    }
    let lost = format.parts(leftOutOf: larger)
    guard lost.isEmpty else {
      throw Failure(
        .usage,
        "\(output.output): \(format) has no place for \(lost.joined(separator: ", ")); write a "
          + ".gobbet file or a tokenizer.json")
    }
    try larger.write(to: output.output, format: format, replacing: output.force)
    try writeLine(
      "\(output.output): a vocabulary of \(larger.idBound.grouped("id")), "
        + "\((larger.idBound - whole.idBound).grouped) of them new")
  }
}
