public import GobbetBPE
public import GobbetData
public import GobbetGPT

/// Tokens → how badly a model predicts them.
///
/// Tokens go through the model in windows. Every token but the first of a text is a target once: a
/// window that begins before the end of the one before it brings only the targets after that.
///
/// ```swift
/// let generation = try TextGeneration(path: "model.gobbet")
/// var texts = ["But, soft! what light through yonder window breaks?"][...]
/// let result = try Evaluation(generation.model).loss(
///   ofTexts: { texts.popFirst().map(generation.tokens) })
/// print(result.loss.mean)
/// ```
public struct Evaluation: Sendable {
  /// The model.
  public let model: GPT
  /// Inputs of a window.
  public let windowLength: Int
  /// Tokens from the start of a window to the start of the next; what overlaps is seen, not counted.
  public let stride: Int
  /// A token that fills up: where it follows itself it isn't a target.
  public var padding: TokenID?
  /// Threads that compute; they change no result.
  public var threadCount = 1

  /// An evaluation in windows of that length, the context unless said otherwise, each `stride`, or else
  /// a whole window, after the last.
  ///
  /// - Precondition: the length is 1 to the context, the stride 1 to the length.
  public init(_ model: GPT, windowLength: Int? = nil, stride: Int? = nil) {
    let length = windowLength ?? model.architecture.contextLength
    precondition(
      length > 0 && length <= model.architecture.contextLength, "Evaluation: no such window")
    precondition((1...length).contains(stride ?? length), "Evaluation: no such stride")
    self.model = model
    self.windowLength = length
    self.stride = stride ?? length
  }

  /// How far an evaluation is.
  public struct Progress: Sendable {
    /// Windows so far.
    public let windowCount: Int
    /// The loss so far.
    public let loss: Loss
  }

  /// The loss over a dataset, its documents one after the other, of the tokens that count in it.
  ///
  /// `report` is called from time to time and ends the evaluation by answering false.
  /// - Throws: `GPTError` (`unknownToken`) for tokens that the model does not have; the errors of the
  ///   dataset.
  public func loss(
    of dataset: TokenDataset, report: (Progress) -> Bool = { _ in true }
  ) throws -> Progress {
    try run(report) { run in
      let mask = dataset.hasLossMask ? { try dataset.lossMask(in: $0) } : nil
      try run.add(tokenCount: dataset.tokenCount, mask: mask) { try dataset.tokens(in: $0) }
    }
  }

  /// The loss over texts, each for itself, as `next` gives their tokens; nil ends them.
  ///
  /// - Throws: as ``loss(of:report:)``, and what `next` throws.
  public func loss(
    ofTexts next: () throws -> [TokenID]?, report: (Progress) -> Bool = { _ in true }
  ) throws -> Progress {
    try run(report) { run in
      while run.isWanted, let ids = try next() {
        try run.add(tokenCount: ids.count) { Array(ids[$0]) }
      }
    }
  }

  /// How many windows a text of that many tokens makes.
  public func windowCount(tokenCount: Int) -> Int {
    let targetCount = tokenCount - 1
    if targetCount <= 0 { return 0 }
    return targetCount <= windowLength ? 1 : (targetCount - windowLength - 1) / stride + 2
  }

  private func run(
    _ report: (Progress) -> Bool, _ body: (inout EvaluationJob) throws -> Void
  ) throws -> Progress {
    let pass = try ForwardPass(model, threadCount: threadCount)
    return try withoutActuallyEscaping(report) { report in
      var run = EvaluationJob(self, pass, report)
      try body(&run)
      try run.flush()
      return run.progress
    }
  }
}
