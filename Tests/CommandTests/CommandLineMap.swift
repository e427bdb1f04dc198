import Foundation
import TestSupport
import Testing

/// All verbs and their options, as the argument parser itself tells them.
struct CommandLineMap: Sendable {
  struct Verb: Sendable {
    /// The verb with those that it is under: `vocabulary stats`.
    let name: String
    let options: [Option]

    var words: [String] { name.split(separator: " ").map(String.init) }
  }

  struct Option: Sendable {
    /// The long name, with its dashes; empty for what has a place instead.
    let name: String
    let takesValue: Bool
    let isRequired: Bool
  }

  static let shared = Result { try CommandLineMap() }

  /// Those that do something: not those that only hold others.
  let verbs: [Verb]

  private init() throws {
    let dump = try JSONDecoder().decode(
      Dump.self, from: Data(try gobbet("--experimental-dump-help").output))
    verbs = Self.verbs(of: dump.command, under: []).filter { $0.name != "help" }
  }

  private static func verbs(of command: Command, under parents: [String]) -> [Verb] {
    (command.subcommands ?? []).flatMap { verb -> [Verb] in
      let words = parents + [verb.commandName]
      if verb.subcommands?.isEmpty == false { return verbs(of: verb, under: words) }
      let options = (verb.arguments ?? []).map { argument in
        Option(
          name: argument.names?.first { $0.kind == "long" }.map { "--" + $0.name } ?? "",
          takesValue: argument.kind == "option", isRequired: !argument.isOptional)
      }
      return [Verb(name: words.joined(separator: " "), options: options)]
    }
  }

  private struct Dump: Decodable { let command: Command }

  private struct Command: Decodable {
    let commandName: String
    let subcommands: [Command]?
    let arguments: [Argument]?
  }

  private struct Argument: Decodable {
    struct Name: Decodable {
      let kind: String
      let name: String
    }

    let kind: String
    let isOptional: Bool
    let names: [Name]?
  }
}
