public import GobbetBPE

/// Windows of a dataset: inputs of equal length, and for each input token the one behind it.
///
/// Windows begin at multiples of the stride and run over the ends of documents.
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
  /// - Throws: ``FormatError`` or ``FileError`` if its tokens cannot be read.
  public subscript(index: Int) -> TokenBatch {
    get throws { try batch(CollectionOfOne(index)) }
  }

  /// Some windows, in the order of `indices`.
  ///
  /// - Precondition: all indices are in `0..<count`.
  /// - Throws: ``FormatError`` or ``FileError`` if their tokens cannot be read.
  public func batch(_ indices: some Collection<Int>) throws -> TokenBatch {
    try batch(indices, rowCount: indices.count, padding: 0)
  }

  /// Some windows, and rows of `padding` behind them up to `rowCount`.
  private func batch(
    _ indices: some Collection<Int>, rowCount: Int, padding: TokenID
  ) throws -> TokenBatch {
    let total = length * rowCount
    var inputs: [TokenID] = []
    // SAFETY: every row of both buffers is filled, by tokens or padding, or an error is thrown, and
    // then nothing is kept. A row of inputs is read with the one token more that its targets need;
    // the next row, or nobody, uses that place.
    let targets = try unsafe [TokenID](unsafeUninitializedCapacity: total) { targets, targetCount in
      inputs = try unsafe [TokenID](unsafeUninitializedCapacity: total + 1) { inputs, inputCount in
        var row = 0
        for index in indices {
          precondition((0..<count).contains(index), "windows: no such window")
          let start = row * length
          let part = unsafe UnsafeMutableBufferPointer(
            rebasing: inputs[start..<(start + length + 1)])
          var span = unsafe MutableSpan(_unsafeElements: part)
          try dataset.copyTokens(
            in: (index * stride)..<(index * stride + length + 1), to: &span)
          unsafe UnsafeMutableRawBufferPointer(
            UnsafeMutableBufferPointer(rebasing: targets[start..<(start + length)])
          ).copyMemory(from: UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: part[1...])))
          row += 1
        }
        unsafe inputs[(row * length)..<total].initialize(repeating: padding)
        unsafe targets[(row * length)..<total].initialize(repeating: padding)
        inputCount = total
      }
      targetCount = total
    }
    return TokenBatch(
      windowCount: indices.count, rowCount: rowCount, length: length, inputs: inputs,
      targets: targets)
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
  /// - Throws: ``FormatError`` or ``FileError`` if their tokens cannot be read.
  public func batch(_ index: Int, size: Int, padding: TokenID? = nil) throws -> TokenBatch {
    precondition((0..<batchCount(size: size)).contains(index), "windows: no such batch")
    let indices = (index * size)..<min((index + 1) * size, count)
    return try batch(
      indices, rowCount: padding == nil ? indices.count : size, padding: padding ?? 0)
  }
}

extension TokenWindows {
  /// The order in which one of `worldSize` readers visits its share of the windows.
  ///
  /// - Precondition: `rank` is in `0..<worldSize`.
  public func sampler(
    order: WindowSampler.Order = .shuffled, seed: UInt64, epoch: UInt64 = 0, rank: Int = 0,
    worldSize: Int = 1
  ) -> WindowSampler {
    WindowSampler(
      WindowSampler.State(
        contentID: dataset.contentID, length: length, stride: stride, windowCount: count,
        order: order, seed: seed, epoch: epoch, rank: rank, worldSize: worldSize, position: 0))
  }

  /// The sampler that goes on where another stopped.
  ///
  /// - Throws: ``TokenDatasetError`` (`foreignState`) if the state is of another file or of other
  ///   windows, or is none.
  /// - Complexity: O(1).
  public func sampler(
    resuming state: WindowSampler.State
  ) throws(TokenDatasetError) -> WindowSampler {
    let fault: String? =
      if state.contentID != dataset.contentID {
        "of file \(state.contentID), not \(dataset.contentID)"
      } else if state.length != length || state.stride != stride || state.windowCount != count {
        "\(state.windowCount) windows of \(state.length) every \(state.stride) tokens"
      } else if !state.isPossible {
        "no sampler has such numbers"
      } else {
        nil
      }
    if let fault { throw TokenDatasetError(.foreignState(fault), dataset.paths[0]) }
    return WindowSampler(state)
  }
}

/// Windows side by side, as a model takes them.
public struct TokenBatch: Hashable, Sendable {
  /// How many windows there are.
  public let windowCount: Int
  /// How many rows there are: the windows, and behind them those that are padding.
  public let rowCount: Int
  /// Tokens of each window.
  public let length: Int
  /// The tokens a model reads, [rowCount, length], row-major.
  public let inputs: [TokenID]
  /// For each input the token that follows it, in the same shape.
  public let targets: [TokenID]
}
