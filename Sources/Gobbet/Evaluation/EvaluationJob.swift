internal import GobbetBPE
internal import GobbetGPT

/// Windows on their way through the model, some of them at a time.
struct EvaluationJob {
  private let evaluation: Evaluation
  private let pass: ForwardPass
  private let report: (Evaluation.Progress) -> Bool
  private var waiting: [ForwardPass.Window] = []
  private var waitingTokenCount = 0
  private var windowCount = 0
  private var loss = Loss()
  /// Whether the caller wants more windows.
  private(set) var isWanted = true

  /// Rows that go through the model together: enough for weights to be used often.
  private static let tokensAtOnce = 512

  init(
    _ evaluation: Evaluation, _ pass: ForwardPass, _ report: @escaping (Evaluation.Progress) -> Bool
  ) {
    self.evaluation = evaluation
    self.pass = pass
    self.report = report
  }

  /// What has gone through.
  var progress: Evaluation.Progress { .init(windowCount: windowCount, loss: loss) }

  /// Adds the windows of one text, whose tokens `tokens` gives by range, and `mask` which of them count
  /// in the loss, where not all do.
  mutating func add(
    tokenCount: Int, mask: ((Range<Int>) throws -> [Bool])? = nil,
    _ tokens: (Range<Int>) throws -> [TokenID]
  ) throws {
    var start = 0
    // The token after the last target so far.
    var counted = 1
    while isWanted, counted < tokenCount {
      let end = min(start + evaluation.windowLength, tokenCount - 1)
      let ids = try tokens(start..<(end + 1))
      let counts = try mask?(start..<(end + 1))
      let targets = (1..<ids.count).map { index -> TokenID? in
        let isPadding = ids[index] == evaluation.padding && ids[index - 1] == evaluation.padding
        let isCounted = counts?[index] ?? true
        return start + index < counted || isPadding || !isCounted ? nil : ids[index]
      }
      waiting.append(ForwardPass.Window(inputs: ids.dropLast(), targets: targets))
      waitingTokenCount += targets.count
      if waitingTokenCount >= Self.tokensAtOnce { try flush() }
      counted = end + 1
      start += evaluation.stride
    }
  }

  /// Sends through what waits.
  mutating func flush() throws {
    guard !waiting.isEmpty else { return }
    loss.add(try pass.loss(waiting))
    windowCount += waiting.count
    waiting = []
    waitingTokenCount = 0
    isWanted = report(progress)
  }
}
