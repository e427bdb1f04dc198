/// What is wrong with a line that is left out, as far as such lines are counted apart.
@nonexhaustive public enum BadLineKind: String, CaseIterable, Hashable, Sendable {
  /// It isn't JSON.
  case notJSON = "not_json"
  /// A key that is looked for isn't there.
  case missingKey = "missing_key"
  /// A key is there twice.
  case duplicateKey = "duplicate_key"
  /// A value has another type than it should.
  case wrongType = "wrong_type"
  /// A conversation has no messages.
  case noMessages = "no_messages"
  /// A message isn't an object, or has no role.
  case noRole = "no_role"
  /// A message has a role that the template doesn't know.
  case unknownRole = "unknown_role"
  /// A content, or a part of one, isn't text.
  case notText = "not_text"
  /// A message calls tools in a way that the template can't write, or that isn't known.
  case toolCalls = "tool_calls"
  /// There is something that the template has no place for.
  case noPlace = "no_place"
  /// Nothing of a conversation counts in a loss.
  case nothingToLearn = "nothing_to_learn"

  /// The kind of an error of a line; nil for one that is of no line.
  init?(_ code: CorpusError.Code) {
    switch code {
    case .invalidJSON: self = .notJSON
    case .missingKey: self = .missingKey
    case .duplicateKey: self = .duplicateKey
    case .notAnObject, .notAString, .notAnIdentifier: self = .wrongType
    case .notAConversation(let kind, _): self = kind
    default: return nil
    }
  }

  /// What such lines are or have, after their number: `not JSON`.
  private var phrase: String {
    switch self {
    case .notJSON: "not JSON"
    case .missingKey: "without the key"
    case .duplicateKey: "with a key that is there twice"
    case .wrongType: "with a value of another type"
    case .noMessages: "without messages"
    case .noRole: "with a message without a role"
    case .unknownRole: "with an unknown role"
    case .notText: "with a content that isn't text"
    case .toolCalls: "with tool calls that the template can't write"
    case .noPlace: "with something that the template has no place for"
    case .nothingToLearn: "with nothing to learn from"
    }
  }

  /// How many lines are of which kind, in words, as ` (2 not JSON, 1 without the key)`; empty if all are
  /// of one kind.
  package static func words(_ counts: [BadLineKind: Int]) -> String {
    guard counts.count > 1 else { return "" }
    let words = allCases.compactMap { kind in counts[kind].map { "\($0) \(kind.phrase)" } }
    return " (\(words.joined(separator: ", ")))"
  }
}

extension [BadLineKind: Int] {
  /// Counts errors of lines.
  package mutating func add(_ rejections: [CorpusError]) {
    for rejection in rejections {
      if let kind = BadLineKind(rejection.code) { self[kind, default: 0] += 1 }
    }
  }
}
