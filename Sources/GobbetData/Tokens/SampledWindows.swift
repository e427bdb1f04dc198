internal import GobbetSystem

/// Windows or rows of equal length, of which readers visit a share each in an order of their own.
public protocol SampledWindows {
  /// What a sampler has to know of them.
  var sampled: WindowSampler.Windows { get }
  /// The file that is at fault where a state does not fit.
  var sampledPath: String { get }
}

extension SampledWindows {
  /// The order in which one of `worldSize` readers visits its share; rows count as windows of their
  /// length.
  ///
  /// - Precondition: `rank` is in `0..<worldSize`.
  public func sampler(
    order: WindowSampler.Order = .shuffled, seed: UInt64, epoch: UInt64 = 0, rank: Int = 0,
    worldSize: Int = 1
  ) -> WindowSampler {
    WindowSampler(
      WindowSampler.State(
        windows: sampled, order: order, seed: seed, epoch: epoch, rank: rank,
        worldSize: worldSize))
  }

  /// The sampler that goes on where another stopped.
  ///
  /// - Throws: ``TokenDatasetError`` (`foreignState`) if the state is of another file or of other
  ///   windows, or is none.
  /// - Complexity: O(1).
  public func sampler(
    resuming state: WindowSampler.State
  ) throws(TokenDatasetError) -> WindowSampler {
    let windows = state.windows
    let fault: String? =
      if windows.contentID != sampled.contentID {
        "of content \(windows.contentID), not \(sampled.contentID)"
      } else if windows != sampled {
        "\(windows.count.counted("window")) of \(windows.length) "
          + "every \(windows.stride.counted("token"))"
      } else if !state.isPossible {
        "no sampler has such numbers"
      } else {
        nil
      }
    if let fault { throw TokenDatasetError(.foreignState(fault), sampledPath) }
    return WindowSampler(state)
  }
}
