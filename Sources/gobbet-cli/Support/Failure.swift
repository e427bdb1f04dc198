import ArgumentParser
import Foundation
import Gobbet

/// The exit codes of the command, after sysexits.h where it has one.
enum ExitStatus: Int32 {
  case negative = 1
  case usage = 2
  case badData = 65
  case noInput = 66
  case cannotCreate = 73
  case inputOutput = 74
  case hungUp = 129
  case interrupted = 130
  case brokenPipe = 141
  case terminated = 143
}

/// A failure of the command itself, with its exit code and its one line.
struct Failure: Error, CustomStringConvertible {
  let status: ExitStatus
  let description: String

  init(_ status: ExitStatus, _ description: String) {
    self.status = status
    self.description = description
  }
}

/// Ends the process with the exit code and the line that `error` calls for; with 0 for help.
///
/// What was written to standard output before the error reaches it first.
func end(with error: any Error) -> Never {
  var (status, lines) = outcome(of: error)
  do {
    if status == nil { try writeLines(lines) }
    try StandardOutput.finish()
  } catch let unwritten {
    // An answer that nobody gets is a failure; of two failures the first counts.
    if status == nil || error is ExitCode { (status, lines) = outcome(of: unwritten) }
  }
  guard let status else { exit(0) }
  if !lines.isEmpty { StandardError.write(lines) }
  exit(status.rawValue)
}

/// The exit code and what standard error gets; no code if there is only help to be shown.
///
/// Help and usage have lines of their own; any other error is one line, whatever it names.
private func outcome(of error: any Error) -> (ExitStatus?, [String]) {
  let status: ExitStatus
  switch error {
  case let code as ExitCode: return (ExitStatus(rawValue: code.rawValue) ?? .negative, [])
  case let failure as Failure:
    return (failure.status, failure.description.isEmpty ? [] : ["gobbet: \(failure)"])
  case let corpus as CorpusError where corpus.isUnusedOption: status = .usage
  case is CancellationError: return outcome(of: Interruption.failure())
  case let file as FileError:
    let isThere =
      file.operation == .create
      && (file.reason.hasPrefix("file exists") || file.reason.hasPrefix("holds a dataset")
        || file.reason.hasPrefix("holds shards of a dataset"))
    return (exitStatus(of: file), ["gobbet: \(file)\(isThere ? "; --force replaces it" : "")"])
  case TrainingError.vocabularyTooSmall, TrainingError.vocabularyTooLarge: status = .usage
  default:
    switch GobbetCommand.exitCode(for: error) {
    case .success: return (nil, lines(of: GobbetCommand.fullMessage(for: error)))
    case .validationFailure: return (.usage, lines(of: usageText(of: error)))
    default: status = .badData
    }
  }
  return (status, ["gobbet: \(error)"])
}

private func lines(of text: String) -> [String] {
  text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
}

private func exitStatus(of error: FileError) -> ExitStatus {
  switch error.operation {
  case .open, .list: .noInput
  case .create: .cannotCreate
  default: .inputOutput
  }
}

/// What is wrong with the arguments: one line where it is a value, else as the argument parser words
/// it, with the usage of the verb.
private func usageText(of error: any Error) -> String {
  let message = GobbetCommand.message(for: error)
  if let match = message.wholeMatch(
    of: /The value '(.*)' is invalid for '(-\S*)[^']*': not (.*)/.dotMatchesNewlines())
  {
    return "gobbet: \(match.2): \(match.1.debugDescription) is not \(match.3)"
  }
  let isAboutValue = message.hasPrefix("--") || message.contains("is invalid for '")
  return isAboutValue && !message.contains("\n") && !message.contains("Please provide one of")
    ? "gobbet: \(message)" : GobbetCommand.fullMessage(for: error)
}
