internal import CGobbet
internal import Gobbet
internal import GobbetBPE
internal import GobbetCorpus
internal import GobbetData
internal import GobbetFile
internal import GobbetGPT
internal import GobbetInterchange
internal import GobbetSystem

/// A failure of a call itself, rather than of the library that it calls.
struct CallError: Error, CustomStringConvertible {
  let status: gobbet_status
  let description: String

  /// The call is invalid.
  static func invalid(_ description: String) -> CallError {
    CallError(status: gobbet_status(GOBBET_INVALID_ARGUMENT), description: description)
  }

  /// A name that the caller gave and that doesn't exist.
  static func unknown(_ what: String, _ name: String, known: [String]) -> CallError {
    invalid("\(what): \(name) isn't one of \(known.joined(separator: ", "))")
  }

  /// There is nothing of that name or id.
  static func notFound(_ description: String) -> CallError {
    CallError(status: gobbet_status(GOBBET_NOT_FOUND), description: description)
  }

  /// The buffer holds less than the result.
  static func tooSmall(_ capacity: Int, needed: Int) -> CallError {
    CallError(
      status: gobbet_status(GOBBET_BUFFER_TOO_SMALL),
      description: "the buffer holds \(capacity), \(needed) are needed")
  }
}

/// Runs `body`, and tells the caller how it failed if it did.
func reporting(
  to destination: UnsafeMutablePointer<gobbet_error>?, _ body: () throws -> Void
) -> gobbet_status {
  do {
    try body()
    return gobbet_status(GOBBET_OK)
  } catch {
    let status = status(of: error)
    write(status, "\(error)", to: destination)
    return status
  }
}

func status(of error: any Error) -> gobbet_status {
  let code =
    switch error {
    case let call as CallError: Int(call.status)
    case let file as FileError:
      switch file.operation {
      case .open, .list: GOBBET_NO_INPUT
      case .create: GOBBET_CANNOT_CREATE
      default: GOBBET_IO
      }
    case is WorkerCountError: GOBBET_INVALID_ARGUMENT
    case let model as GPTError:
      switch model.code {
      case .noTokens, .unknownToken, .unknownTokenType, .contextExceeded, .noHead,
        .invalidSampling, .invalidThreadCount:
        GOBBET_INVALID_ARGUMENT
      default: GOBBET_BAD_DATA
      }
    case is UnknownTokenError: GOBBET_NOT_FOUND
    case is SpecialTokenError: GOBBET_SPECIAL_TOKEN
    case let corpus as CorpusError where corpus.isUnusedOption: GOBBET_INVALID_ARGUMENT
    case TrainingError.vocabularyTooSmall, TrainingError.vocabularyTooLarge:
      GOBBET_INVALID_ARGUMENT
    case is FormatError, is InterchangeError, is VocabularyError, is TrainingError,
      is TokenDatasetError, is TensorError, is LoadingError, is CorpusError, is SignatureError:
      GOBBET_BAD_DATA
    default: GOBBET_INTERNAL
    }
  return gobbet_status(code)
}

/// Fills as much of the caller's structure as there is.
private func write(
  _ status: gobbet_status, _ message: String, to destination: UnsafeMutablePointer<gobbet_error>?
) {
  guard let destination = destination else { return }
  var error = gobbet_error()
  error.status = status
  fill(&error.message, with: message.utf8)
  copy(error, to: destination)
}
