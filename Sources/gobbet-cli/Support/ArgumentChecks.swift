import ArgumentParser
import Gobbet

// What is wrong with arguments and can be told better than by the argument parser.

/// Refuses a verb that does not exist, and names the one that was probably meant.
///
/// - Throws: ``Failure`` (`usage`).
func checkVerb(_ arguments: [String]) throws(Failure) {
  var command: any ParsableCommand.Type = GobbetCommand.self
  var words = "gobbet"
  for argument in arguments {
    let configuration = command.configuration
    let names = configuration.subcommands.map { $0._commandName }
    guard !names.isEmpty, !argument.hasPrefix("-"), argument != "help" else { return }
    if let index = names.firstIndex(of: argument) {
      command = configuration.subcommands[index]
      words += " \(argument)"
    } else {
      guard configuration.defaultSubcommand == nil else { return }
      let guess = closest(to: argument, among: names).map { ", did you mean '\($0)'?" } ?? ";"
      throw Failure(
        .usage, "there is no '\(words) \(argument)'\(guess) '\(words) --help' lists all verbs")
    }
  }
}

/// The name that a word was probably meant to be; nil if none is like it.
func closest(to word: String, among names: [String]) -> String? {
  let beginning = names.filter { word.count > 2 && $0.hasPrefix(word) }
  if beginning.count == 1 { return beginning[0] }
  let distances = names.map { ($0, editDistance(word, $0)) }
  guard let best = distances.min(by: { $0.1 < $1.1 }), best.1 <= max(1, best.0.count / 3) else {
    return nil
  }
  return best.0
}

/// How many letters must be added, left out, replaced or swapped with the next to get from one word
/// to the other.
private func editDistance(_ first: String, _ second: String) -> Int {
  let (first, second) = (Array(first), Array(second))
  var rows = [Array(0...second.count)]
  for (row, letter) in first.enumerated() {
    var next = [row + 1]
    for (column, other) in second.enumerated() {
      var least = min(
        next[column] + 1, rows[row][column + 1] + 1, rows[row][column] + (letter == other ? 0 : 1))
      if row > 0, column > 0, letter == second[column - 1], first[row - 1] == other {
        least = min(least, rows[row - 1][column - 1] + 1)
      }
      next.append(least)
    }
    rows.append(next)
  }
  return rows[first.count][second.count]
}

/// Refuses addresses, such as s3://bucket/file, wherever a path belongs.
///
/// - Throws: ``Failure`` (`usage`).
func checkAddresses(_ arguments: [String]) throws(Failure) {
  /// Options whose values are texts, in which an address is as good as anything.
  let texts: Set = [
    "--allow-special", "--append", "--control-symbol", "--end", "--id-key", "--prompt",
    "--required-characters", "--separator", "--special", "--stop", "--text", "--text-key",
    "--token", "--unknown-token", "--user-defined-symbol",
  ]
  // The token to show is a text, too, and so is the text to cut.
  if arguments.starts(with: ["vocabulary", "show"]) || arguments.first == "tokens" { return }
  var previous = ""
  for argument in arguments {
    defer { previous = argument }
    if texts.contains(previous) { continue }
    let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
    if argument.hasPrefix("--"), parts.count == 2 {
      if !texts.contains(parts[0]) { try checkIsLocal(parts[1]) }
    } else {
      try checkIsLocal(argument)
    }
  }
}

/// Refuses a path that is the address of something elsewhere.
///
/// - Throws: ``Failure`` (`usage`).
func checkIsLocal(_ path: String) throws(Failure) {
  guard beginsWithScheme(path), !isThere(path) else { return }
  throw Failure(
    .usage,
    """
    \(path): gobbet reads and writes files on this machine only; download or upload it with another \
    tool, or pipe text in and out (-)
    """)
}

/// Whether a text begins as an address does: with a scheme (RFC 3986, 3.1) and `://`.
private func beginsWithScheme(_ text: String) -> Bool {
  let scheme = text.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || "+.-".contains($0)) }
  guard let first = scheme.first, first.isLetter else { return false }
  return text[scheme.endIndex...].hasPrefix("://")
}

/// Refuses names of outputs that stand for another format than `.gobbet`, and standard output.
///
/// - Throws: `ValidationError`.
func checkIsGobbetOutput(_ path: String) throws {
  try checkIsNamed(path)
  let name = path.split(separator: "/").last.map(String.init) ?? path
  if let wayOut = wayToOtherFormat(ofFileNamed: name) {
    throw ValidationError(
      "--output: \(path): this verb writes .gobbet files only; write one of those, and \(wayOut)")
  }
}

/// Refuses names of outputs other than of one NumPy array, and standard output.
///
/// - Throws: `ValidationError`.
func checkIsNumPyOutput(_ path: String) throws {
  try checkIsNamed(path)
  guard path.hasSuffix(".npy") else {
    throw ValidationError(
      "--output: \(path): this verb writes .npy files only; give a name that ends so")
  }
}

/// Refuses standard output for a binary file.
///
/// - Throws: `ValidationError`.
func checkIsNamed(_ path: String) throws {
  guard path != "-" else {
    throw ValidationError(
      "--output: standard output takes text only, and this is a binary file; give it a name")
  }
}

/// How a file of another format is made, whose name ends as `name` does; nil for names that may stand
/// for a `.gobbet` file.
private func wayToOtherFormat(ofFileNamed name: String) -> String? {
  let export = "'gobbet export' makes files of ids from a dataset"
  switch FileFormat(ofFileNamed: name) {
  case .gobbet: return nil
  case .npy, .npz: return export
  case .some: return "'gobbet convert' makes \(name) from it"
  case nil: break
  }
  if [".bin", ".idx"].contains(where: { name.hasSuffix($0) }) { return export }
  if [".model", ".vocab", "merges.txt"].contains(where: { name.hasSuffix($0) }) {
    return "'gobbet convert' makes tokenizer.json, vocab.json or .tiktoken from it"
  }
  let others = [
    ".txt", ".jsonl", ".csv", ".parquet", ".arrow", ".pt", ".pth", ".ckpt", ".onnx", ".tar", ".zip",
    ".gz", ".zst", ".bz2", ".xz", ".lz4",
  ]
  return others.contains { name.hasSuffix($0) }
    ? "'gobbet convert' or 'gobbet export' makes other formats from it" : nil
}
