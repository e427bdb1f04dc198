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
  case interrupted = 130
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

/// Ends the process with the exit code and the line that `error` calls for.
func end(with error: any Error) -> Never {
  let status: ExitStatus
  switch error {
  case let code as ExitCode: exit(code.rawValue)
  case let failure as Failure: status = failure.status
  case let file as FileError: status = exitStatus(of: file)
  case let corpus as CorpusError where corpus.isUnusedOption: status = .usage
  case TrainingError.vocabularyTooSmall, TrainingError.vocabularyTooLarge: status = .usage
  case is FormatError, is CorpusError, is InterchangeError, is VocabularyError, is TrainingError,
    is TokenDatasetError, is TensorError, is GPTError, is LoadingError, is SignatureError,
    is UnknownTokenError, is SpecialTokenError:
    status = .badData
  case is CancellationError: status = .interrupted
  default: endAsParser(with: error)
  }
  note("gobbet: \(error)")
  exit(status.rawValue)
}

private func exitStatus(of error: FileError) -> ExitStatus {
  switch error.operation {
  case .open, .list: .noInput
  case .create: .cannotCreate
  default: .inputOutput
  }
}

/// Help, version and wrong usage, as the argument parser words them; usage ends with 2.
private func endAsParser(with error: any Error) -> Never {
  let message = GobbetCommand.fullMessage(for: error)
  if GobbetCommand.exitCode(for: error).isSuccess {
    print(message)
    exit(0)
  }
  note(message)
  exit(ExitStatus.usage.rawValue)
}
