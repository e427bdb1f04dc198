internal import ArgumentParser
internal import Gobbet

/// A setting of the library with a few values, each of which has a name on the command line.
protocol NamedChoice: CaseIterable, Sendable {
  /// The name of a value.
  var argumentName: String { get }
}

/// Such a setting as an option takes it: by the names that help texts and errors list and that a
/// shell completes.
///
/// Not the values themselves, for the argument parser shows those that are numbers by these.
struct Named<Value: NamedChoice>: ExpressibleByArgument, Sendable {
  let value: Value

  init(_ value: Value) { self.value = value }

  init?(argument: String) {
    guard let value = Value.allCases.first(where: { $0.argumentName == argument }) else {
      return nil
    }
    self.value = value
  }

  var defaultValueDescription: String { value.argumentName }

  static var allValueStrings: [String] { Value.allCases.map(\.argumentName) }

  static var defaultCompletionKind: CompletionKind { .list(allValueStrings) }
}

extension CorpusFormat: NamedChoice {
  var argumentName: String {
    switch self {
    case .automatic: "auto"
    case .text: "text"
    case .jsonLines: "jsonl"
    }
  }
}

extension TieBreak: NamedChoice {
  var argumentName: String { self == .bytes ? "bytes" : "huggingface" }
}

extension DocumentLengthLimit.TooLong: NamedChoice {
  var argumentName: String { rawValue }
}

extension TokenCodec: NamedChoice {
  var argumentName: String { name }
}

extension WeightCodec: NamedChoice {
  var argumentName: String { name }
}

extension Pooling: NamedChoice {
  var argumentName: String { rawValue }
}

extension Precision: NamedChoice {
  var argumentName: String {
    switch self {
    case .float32: "f32"
    case .bfloat16: "bf16"
    case .int8: "int8"
    case .stored: "stored"
    }
  }
}

extension ForeignTokensWriter.Format: NamedChoice {
  var argumentName: String { name }
}

extension EmbeddingResizing.NewRows: NamedChoice {
  var argumentName: String { rawValue }
}

/// A format that files are written in, by its name on the command line.
struct WrittenFormat: ExpressibleByArgument, Sendable {
  let format: FileFormat

  init?(argument: String) {
    guard let format = FileFormat(named: argument) else { return nil }
    self.format = format
  }

  static var allValueStrings: [String] { FileFormat.writable.map(\.name) }

  static var defaultCompletionKind: CompletionKind { .list(allValueStrings) }
}
