public import GobbetSystem
internal import Synchronization

/// An input that was passed over because it holds no text.
public struct SkippedInput: Hashable, Sendable, CustomStringConvertible {
  /// The path of the input.
  public let path: String
  /// What the input is: `a PNG image`.
  public let reason: String

  /// The path and, in parentheses, the reason.
  public var description: String { "\(displayedPath(path)) (\(reason))" }
}

/// What reading a corpus left out, and why; one log for all that read a corpus together.
///
/// A reader without a log refuses what it would otherwise pass over, since nothing could say so.
public final class CorpusLog: Sendable, Hashable {
  private struct State: ~Copyable {
    var skippedInputs: [SkippedInput] = []
    var skippedInputCount = 0
    var emptyInputCount = 0
    var undecodedInputs: [String] = []
    var undecodedInputCount = 0
    var badLineCount = 0
    var badLineKinds: [BadLineKind: Int] = [:]
    var firstBadLine: CorpusError?
    var badLines: AtomicFile?
  }

  private let state: Mutex<State>
  /// Whether inputs in folders that hold no text may be passed over.
  let takesForeignInputs: Bool
  /// Inputs whose names are kept.
  private static let keptCount = 1_024
  /// Inputs whose names a note tells.
  private static let toldCount = 3

  /// Creates a log that bad lines are counted in.
  public convenience init() { self.init(takesForeignInputs: true) }

  /// Creates a log of a reader that refuses, or passes over, inputs in folders that hold no text.
  package init(takesForeignInputs: Bool) {
    self.takesForeignInputs = takesForeignInputs
    state = Mutex(State())
  }

  /// Creates a log that writes bad lines, whole and as they are, to a file at `path`.
  ///
  /// The file appears when ``finish()`` is called.
  /// - Throws: `FileError` (`create`).
  public init(badLinesPath path: String, replacing: Bool = false) throws(FileError) {
    var state = State()
    state.badLines = try AtomicFile(path, replacing: replacing)
    takesForeignInputs = true
    self.state = Mutex(state)
  }

  /// The first 1,024 inputs that were passed over because they hold no text.
  public var skippedInputs: [SkippedInput] { state.withLock { $0.skippedInputs } }
  /// Inputs that were passed over because they hold no text.
  public var skippedInputCount: Int { state.withLock { $0.skippedInputCount } }
  /// Empty files in folders, which were passed over.
  public var emptyInputCount: Int { state.withLock { $0.emptyInputCount } }
  /// Lines without text that were left out.
  public var badLineCount: Int { state.withLock { $0.badLineCount } }
  /// How many of them are of which kind; kinds without lines aren't listed.
  public var badLineKinds: [BadLineKind: Int] { state.withLock { $0.badLineKinds } }
  /// Why the first of them was left out.
  public var firstBadLine: CorpusError? { state.withLock { $0.firstBadLine } }

  /// What a person should know, one line each; empty where everything was read.
  public var notes: [String] {
    state.withLock { state in
      var notes: [String] = []
      if state.skippedInputCount > 0 {
        let names = state.skippedInputs.map(\.description)
        notes.append(
          state.skippedInputCount.counted("file")
            + " in folders left out, since they hold no text: "
            + Self.list(names, of: state.skippedInputCount))
      }
      if state.undecodedInputCount > 0 {
        notes.append(
          state.undecodedInputCount.counted("file")
            + " not in UTF-8, read byte by byte as they are: "
            + Self.list(state.undecodedInputs.map(displayedPath), of: state.undecodedInputCount))
      }
      if let first = state.firstBadLine {
        let kinds = BadLineKind.words(state.badLineKinds)
        notes.append(
          "\(state.badLineCount.counted("bad line")) left out\(kinds), the first: \(first)")
      }
      return notes
    }
  }

  private static func list(_ names: [String], of count: Int) -> String {
    let told = names.prefix(Self.toldCount)
    return told.joined(separator: ", ") + (count > told.count ? " and others" : "")
  }

  /// Puts the file of bad lines in its place.
  ///
  /// - Throws: `FileError`.
  public func finish() throws(FileError) {
    try state.withLock { state throws(FileError) in
      try state.badLines?.commit()
      state.badLines = nil
    }
  }

  /// Adds the bad lines of a batch.
  ///
  /// - Throws: `FileError` if they cannot be written.
  package func add(_ batch: DocumentBatch) throws(FileError) {
    try add(rejections: batch.rejections, lines: batch.rejectedLines)
  }

  /// Adds bad lines: why they were left out and, where they are kept, the lines themselves.
  ///
  /// - Throws: `FileError` if they cannot be written.
  package func add(rejections: [CorpusError], lines: [[UInt8]]) throws(FileError) {
    guard let first = rejections.first else { return }
    try state.withLock { state throws(FileError) in
      state.badLineCount += rejections.count
      state.badLineKinds.add(rejections)
      state.firstBadLine = state.firstBadLine ?? first
      for line in lines { try state.badLines?.write((line + [0x0A]).span) }
    }
  }

  func addSkipped(_ path: String, _ reason: String) {
    state.withLock { state in
      state.skippedInputCount += 1
      guard state.skippedInputs.count < Self.keptCount else { return }
      state.skippedInputs.append(SkippedInput(path: path, reason: reason))
    }
  }

  func addEmpty() { state.withLock { $0.emptyInputCount += 1 } }

  func addUndecoded(_ path: String) {
    state.withLock { state in
      state.undecodedInputCount += 1
      if state.undecodedInputs.count < Self.keptCount { state.undecodedInputs.append(path) }
    }
  }

  /// Whether two names stand for one log.
  public static func == (left: CorpusLog, right: CorpusLog) -> Bool { left === right }

  /// Hashes which log it is.
  public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
