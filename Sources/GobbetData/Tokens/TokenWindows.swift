public import GobbetBPE

/// Windows of a dataset: inputs of equal length, and for each input token the one after it.
///
/// Windows begin at multiples of the stride and run over the ends of documents.
///
/// ```swift
/// let windows = try TokenDataset(path: "corpus.gobbet").windows(length: 256, stride: 256)
/// let window = try windows[0]
/// print(windows.count, window.inputs.count, window.targets[255])
/// ```
public struct TokenWindows: Sendable {
  /// What the windows are cut from.
  public let dataset: TokenDataset
  /// Inputs, and targets, of each window.
  public let length: Int
  /// Tokens from the start of a window to the start of the next.
  public let stride: Int

  /// Windows of `dataset`.
  ///
  /// - Precondition: `length` and `stride` are positive.
  init(_ dataset: TokenDataset, length: Int, stride: Int) {
    precondition(length > 0 && stride > 0, "windows: length and stride must be positive")
    self.dataset = dataset
    self.length = length
    self.stride = stride
  }

  /// How many windows there are whose last target is still a token of the dataset.
  public var count: Int {
    dataset.tokenCount > length ? (dataset.tokenCount - length - 1) / stride + 1 : 0
  }

  /// One window.
  ///
  /// - Precondition: `index` is in `0..<count`.
  /// - Throws: `FormatError` or `FileError` if its tokens cannot be read.
  public subscript(index: Int) -> TokenBatch {
    get throws { try batch(CollectionOfOne(index)) }
  }

  /// Some windows, in the order of `indices`.
  ///
  /// - Precondition: all indices are in `0..<count`.
  /// - Throws: `FormatError` or `FileError` if their tokens cannot be read.
  public func batch(_ indices: some Collection<Int>) throws -> TokenBatch {
    try batch(indices, rowCount: indices.count, padding: 0)
  }

  /// Some windows, and rows of `padding` after them up to `rowCount`.
  private func batch(
    _ indices: some Collection<Int>, rowCount: Int, padding: TokenID
  ) throws -> TokenBatch {
    let filled = length * indices.count
    let total = length * rowCount
    var inputs: [TokenID] = []
    // SAFETY: every row of both buffers is filled, by tokens or padding, or an error is thrown, and
    // then nothing is kept.
    let targets = try unsafe [TokenID](unsafeUninitializedCapacity: total) { targets, targetCount in
      inputs = try unsafe [TokenID](unsafeUninitializedCapacity: total) { inputs, inputCount in
        var inputRows = unsafe MutableSpan(
          _unsafeElements: UnsafeMutableBufferPointer(rebasing: inputs[..<filled]))
        var targetRows = unsafe MutableSpan(
          _unsafeElements: UnsafeMutableBufferPointer(rebasing: targets[..<filled]))
        try copy(Array(indices).span, inputs: &inputRows, targets: &targetRows)
        unsafe inputs[filled..<total].initialize(repeating: padding)
        unsafe targets[filled..<total].initialize(repeating: padding)
        inputCount = total
      }
      targetCount = total
    }
    return TokenBatch(
      windowCount: indices.count, rowCount: rowCount, length: length, inputs: inputs,
      targets: targets)
  }

  /// Puts some windows into memory of the caller's, in the order of `indices`.
  ///
  /// Each is a row of inputs and a row of targets, ``length`` tokens long; what is after the rows stays
  /// as it is. Targets that don't count in a loss are ``TokenBatch/ignoredTarget``. It is for a trainer
  /// that reads batch after batch into the same memory.
  /// - Precondition: all indices are in `0..<count`, and both spans have room for the rows.
  /// - Throws: `FormatError` or `FileError` if their tokens cannot be read; the spans then hold
  ///   anything.
  public func copy(
    _ indices: Span<Int>, inputs: inout MutableSpan<TokenID>, targets: inout MutableSpan<TokenID>
  ) throws {
    let total = length * indices.count
    precondition(inputs.count >= total && targets.count >= total, "windows: no room")
    let count = count
    for row in indices.indices {
      precondition((0..<count).contains(indices[row]), "windows: no such window")
    }
    try dataset.withReader { reader in
      for row in indices.indices {
        let places = (row * length)..<((row + 1) * length)
        let next = row + 1 < indices.count ? indices[row + 1] : nil
        var rowInputs = inputs.part(places)
        var rowTargets = targets.part(places)
        try copy(
          indices[row], before: next, reader, inputs: &rowInputs, targets: &rowTargets)
      }
    }
  }

  /// Puts one window into memory of the caller's, while that of index `next` is on its way: windows lie
  /// anywhere.
  ///
  /// - Precondition: the indices are in `0..<count`, both spans have the length of a window, and the
  ///   reader is of the dataset.
  /// - Throws: as ``copy(_:inputs:targets:)``.
  package func copy(
    _ index: Int, before next: Int?, _ reader: TokenReader, inputs: inout MutableSpan<TokenID>,
    targets: inout MutableSpan<TokenID>
  ) throws {
    if let next { reader.prefetch((next * stride)..<(next * stride + length + 1)) }
    let start = index * stride
    let following = (start + 1)..<(start + 1 + length)
    try reader.copyTokens(in: following, to: &targets)
    // Inputs are the targets up to the last one, which are at hand, and one token before.
    var first = inputs.part(0..<1)
    try reader.copyTokens(in: start..<(start + 1), to: &first)
    var others = inputs.part(1..<length)
    others.copyFirst(length - 1, of: targets.span, from: 0)
    try reader.ignoreUncounted(in: following, &targets)
  }

  /// How many batches of `size` windows there are; a last one that is not full counts unless
  /// `dropsLast`.
  ///
  /// - Precondition: `size` is positive.
  public func batchCount(size: Int, dropsLast: Bool = false) -> Int {
    precondition(size > 0, "windows: an empty batch")
    return dropsLast ? count / size : (count + size - 1) / size
  }

  /// The windows of one batch in file order; the last may be short, or is filled up to its size
  /// with rows of `padding`.
  ///
  /// - Precondition: `index` is in `0..<batchCount(size: size)`.
  /// - Throws: `FormatError` or `FileError` if their tokens cannot be read.
  public func batch(_ index: Int, size: Int, padding: TokenID? = nil) throws -> TokenBatch {
    precondition((0..<batchCount(size: size)).contains(index), "windows: no such batch")
    let indices = (index * size)..<min((index + 1) * size, count)
    return try batch(
      indices, rowCount: padding == nil ? indices.count : size, padding: padding ?? 0)
  }
}

extension TokenWindows: SampledWindows {
  /// What a sampler has to know of the windows.
  public var sampled: WindowSampler.Windows {
    WindowSampler.Windows(
      contentID: dataset.contentID, length: length, stride: stride, count: count)
  }

  /// The first file of the dataset.
  public var sampledPath: String { dataset.paths[0] }
}

/// Windows side by side, as a model takes them.
public struct TokenBatch: Hashable, Sendable {
  /// How many windows there are.
  public let windowCount: Int
  /// How many rows there are: the windows, and after them those that are padding.
  public let rowCount: Int
  /// Tokens of each window.
  public let length: Int
  /// The tokens a model reads, [rowCount, length], row-major.
  public let inputs: [TokenID]
  /// For each input the token that follows it, in the same shape; ``ignoredTarget`` where that does
  /// not count in a loss.
  public let targets: [TokenID]

  /// The target of a token that nothing is to be learned from: the bits of −100, which losses of
  /// PyTorch ignore.
  public static let ignoredTarget = TokenID(bitPattern: -100)
}
