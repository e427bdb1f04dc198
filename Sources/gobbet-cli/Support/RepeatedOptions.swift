import ArgumentParser
import Gobbet

/// Refuses an option that takes one value and has two: the parser would forget the first.
///
/// Where no name is there twice, nor a short one beside long ones, nothing is looked up.
/// - Throws: ``Failure`` (`usage`).
func checkRepeatedOptions(_ arguments: [String]) throws(Failure) {
  let words = arguments.prefix { $0 != "--" }
  let names = words.filter { $0.hasPrefix("-") && $0 != "-" }.map { name(of: $0) }
  let longCount = names.count { $0.hasPrefix("--") }
  guard Set(names).count < names.count || (longCount > 0 && longCount < names.count) else { return }
  let options = options(of: command(in: arguments))
  var given: Set<[String]> = []
  var isValue = false
  for word in words {
    defer { isValue = !isValue && !word.contains("=") && options.contains { $0.isNamed(word) } }
    guard !isValue, let option = options.first(where: { $0.isNamed(word) }) else { continue }
    guard option.isRepeatable || given.insert(option.names).inserted else {
      throw Failure(.usage, "\(name(of: word)): is there twice, and takes one value")
    }
  }
}

/// What a word says in front of a value that it holds: `--text` of `--text=a`.
private func name(of word: String) -> String {
  word.split(separator: "=", maxSplits: 1).first.map(String.init) ?? word
}

/// An option with a value.
private struct ValueOption {
  /// Its names, with their dashes.
  let names: [String]
  /// Whether it may have several values.
  let isRepeatable: Bool

  func isNamed(_ word: String) -> Bool { names.contains(name(of: word)) }
}

/// The verb that arguments begin with.
private func command(in arguments: [String]) -> any ParsableCommand.Type {
  var command: any ParsableCommand.Type = GobbetCommand.self
  for argument in arguments {
    let verbs = command.configuration.subcommands
    guard let verb = verbs.first(where: { $0._commandName == argument }) else { break }
    command = verb
  }
  return command
}

/// The options with values that a verb has, by the parser's own description of it.
private func options(of command: any ParsableCommand.Type) -> [ValueOption] {
  let text = Array(command._dumpHelp().utf8)
  guard let root = try? JSONDocument(text, path: nil).root,
    let arguments = try? root.member("command")?.member("arguments")
  else { return [] }
  var options: [ValueOption] = []
  arguments.forEach { _, argument in
    func member(_ key: String) -> JSONValue? { (try? argument.member(key)) ?? nil }
    guard member("kind")?.string == "option" else { return }
    var names: [String] = []
    member("names")?.forEach { _, name in
      let kind = (try? name.member("kind"))??.string
      guard let text = (try? name.member("name"))??.string else { return }
      names.append((kind == "long" ? "--" : "-") + text)
    }
    options.append(ValueOption(names: names, isRepeatable: member("isRepeating")?.bool == true))
  }
  return options
}
