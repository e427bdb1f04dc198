/// Turns tokens into text by the steps of a pipeline, one token after the other.
///
/// What a step holds back until the next token comes waits here.
public struct DecoderState: Sendable {
  private let steps: [DecoderStep]
  /// The bytes that wait at each step for the end of their run.
  private var runs: [[UInt8]]
  /// How much each step may still take off the beginning of the whole text.
  private var startsLeft: [Int]
  private var isFirst = true

  init(_ steps: [DecoderStep]) {
    self.steps = steps
    runs = Array(repeating: [], count: steps.count)
    startsLeft = steps.map { if case .strip(_, let start, _) = $0 { start } else { 0 } }
  }

  /// Whether tokens are simply their bytes.
  var isPlain: Bool { steps.isEmpty }

  /// Appends what is certain with the next token to `text`.
  mutating func append(_ token: [UInt8], to text: inout [UInt8]) {
    push(token, from: 0, to: &text)
    isFirst = false
  }

  /// Appends what was held back; the next token begins a new text.
  public mutating func finish(_ text: inout [UInt8]) {
    for step in steps.indices { endRun(of: step, to: &text) }
    self = DecoderState(steps)
  }

  private mutating func push(_ token: [UInt8], from step: Int, to text: inout [UInt8]) {
    guard step < steps.count else {
      text += token
      return
    }
    switch steps[step] {
    case .replace(let old, let new):
      let changed = Normalizer.replaced(old, by: new, in: token.span, .untracked)
      push(changed?.bytes ?? token, from: step + 1, to: &text)
    case .metaspace(let replacement, let dropsFirst):
      let space = isFirst && dropsFirst ? [] : [UInt8(ascii: " ")]
      let changed = Normalizer.replaced(replacement, by: space, in: token.span, .untracked)
      push(changed?.bytes ?? token, from: step + 1, to: &text)
    case .byteFallback:
      if let byte = ByteTokens.byte(of: token[...]) {
        runs[step].append(byte)
      } else {
        endRun(of: step, to: &text)
        push(token, from: step + 1, to: &text)
      }
    case .fuse: push(token, from: step + 1, to: &text)
    case .byteLevel: push(ByteLetters.bytes(of: token), from: step + 1, to: &text)
    case .wordPiece(let prefix, let cleansUp):
      var changed = token
      if !isFirst {
        if token.starts(with: prefix) {
          changed.removeFirst(prefix.count)
        } else {
          changed.insert(UInt8(ascii: " "), at: 0)
        }
      }
      push(cleansUp ? EnglishCleanup.cleaned(changed) : changed, from: step + 1, to: &text)
    case .endOfWord(let suffix):
      // Whether a token is the last, the next one tells.
      endWord(of: step, suffix, by: [UInt8(ascii: " ")], to: &text)
      runs[step] = token
    case .strip(let scalar, let start, let stop):
      let isFused = steps[..<step].contains(.fuse)
      var rest = token[...]
      var left = isFused ? startsLeft[step] : start
      while left > 0, rest.starts(with: scalar) {
        rest = rest.dropFirst(scalar.count)
        left -= 1
      }
      if isFused { startsLeft[step] = rest.isEmpty ? left : 0 }
      for _ in 0..<stop where rest.suffix(scalar.count) == scalar[...] {
        rest = rest.dropLast(scalar.count)
      }
      push(Array(rest), from: step + 1, to: &text)
    }
  }

  /// Passes on the token that waits at a step, with `replacement` for its suffix.
  private mutating func endWord(
    of step: Int, _ suffix: [UInt8], by replacement: [UInt8], to text: inout [UInt8]
  ) {
    let token = runs[step]
    guard !token.isEmpty else { return }
    runs[step] = []
    let changed = Normalizer.replaced(suffix, by: replacement, in: token.span, .untracked)
    push(changed?.bytes ?? token, from: step + 1, to: &text)
  }

  /// Passes on the bytes that wait at a step, as one token, or as a U+FFFD for each.
  private mutating func endRun(of step: Int, to text: inout [UInt8]) {
    if case .endOfWord(let suffix) = steps[step] {
      return endWord(of: step, suffix, by: [], to: &text)
    }
    let run = runs[step]
    guard !run.isEmpty else { return }
    runs[step] = []
    if String(validating: run, as: UTF8.self) != nil {
      push(run, from: step + 1, to: &text)
    } else {
      for _ in run { push([0xEF, 0xBF, 0xBD], from: step + 1, to: &text) }
    }
  }
}

/// What the decoder of WordPiece takes out of English text.
private enum EnglishCleanup {
  /// In this order.
  private static let replacements = [
    (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"),
    (" 'm", "'m"),
    (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
  ].map { (Array($0.0.utf8), Array($0.1.utf8)) }

  static func cleaned(_ token: [UInt8]) -> [UInt8] {
    guard token.contains(UInt8(ascii: " ")) else { return token }
    return replacements.reduce(token) { token, replacement in
      let (old, new) = replacement
      return Normalizer.replaced(old, by: new, in: token.span, .untracked)?.bytes ?? token
    }
  }
}

extension [DecoderStep] {
  /// Whether the steps can be done token by token: bytes become text before tokens are fused, and
  /// a whole text loses nothing at its end.
  public var isStreamable: Bool {
    guard let fuse = firstIndex(of: .fuse) else { return true }
    return self[fuse...].allSatisfy {
      switch $0 {
      case .fuse: true
      case .strip(_, _, let stop): stop == 0
      default: false
      }
    }
  }
}
