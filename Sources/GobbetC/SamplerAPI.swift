// Documented in gobbet.h.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

public import CGobbet
internal import GobbetBPE
internal import GobbetData
internal import GobbetFile
internal import Synchronization

/// A sampler that one call at a time moves.
private final class SamplerHandle: Sendable {
  let sampler: Mutex<WindowSampler>

  init(_ sampler: WindowSampler) { self.sampler = Mutex(sampler) }
}

@c @implementation
public func gobbet_sampler_make(
  _ dataset: OpaquePointer?, _ state: UnsafePointer<gobbet_sampler_state>?,
  _ sampler: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let wish = try read(state, or: gobbet_sampler_state())
    try make(try .windows(of: dataset, wish), wish, sampler)
  }
}

@c @implementation
public func gobbet_sampler_resume(
  _ dataset: OpaquePointer?, _ state: UnsafePointer<gobbet_sampler_state>?,
  _ sampler: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let state = try read(state, or: gobbet_sampler_state())
    let resumed = try resumed(state, .windows(of: dataset, state))
    try deliver(SamplerHandle(resumed), to: sampler, "sampler")
  }
}

@c @implementation
public func gobbet_sampler_resume_as(
  _ dataset: OpaquePointer?, _ state: UnsafePointer<gobbet_sampler_state>?, _ rank: UInt64,
  _ worldSize: UInt64, _ sampler: UnsafeMutablePointer<OpaquePointer?>?,
  _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let state = try read(state, or: gobbet_sampler_state())
    try share(try .windows(of: dataset, state), state, rank, worldSize, sampler)
  }
}

@c @implementation
public func gobbet_rows_sampler_make(
  _ rows: OpaquePointer?, _ state: UnsafePointer<gobbet_sampler_state>?,
  _ sampler: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let rows = try object(rows, RowsHandle.self, "rows").rows
    var wish = try read(state, or: gobbet_sampler_state())
    wish.length = UInt64(rows.length)
    wish.stride = UInt64(rows.length)
    try make(.rows(rows), wish, sampler)
  }
}

@c @implementation
public func gobbet_rows_sampler_resume_as(
  _ rows: OpaquePointer?, _ state: UnsafePointer<gobbet_sampler_state>?, _ rank: UInt64,
  _ worldSize: UInt64, _ sampler: UnsafeMutablePointer<OpaquePointer?>?,
  _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let rows = try object(rows, RowsHandle.self, "rows").rows
    let state = try read(state, or: gobbet_sampler_state())
    try share(.rows(rows), state, rank, worldSize, sampler)
  }
}

/// What a sampler is of.
private enum Sampled {
  case windows(TokenWindows)
  case rows(PackedRows)

  /// The windows that a state is of.
  static func windows(
    of dataset: OpaquePointer?, _ state: gobbet_sampler_state
  ) throws -> Sampled {
    let handle = try object(dataset, DatasetHandle.self, "dataset")
    return .windows(try handle.windows(state.length, state.stride))
  }

  var count: Int {
    switch self {
    case .windows(let windows): windows.count
    case .rows(let rows): rows.count
    }
  }

  var contentID: ContentDigest {
    switch self {
    case .windows(let windows): windows.dataset.contentID
    case .rows(let rows): rows.contentID
    }
  }

  func sampler(resuming state: WindowSampler.State) throws -> WindowSampler {
    switch self {
    case .windows(let windows): try windows.sampler(resuming: state)
    case .rows(let rows): try rows.sampler(resuming: state)
    }
  }
}

private func make(
  _ sampled: Sampled, _ state: gobbet_sampler_state,
  _ sampler: UnsafeMutablePointer<OpaquePointer?>?
) throws {
  var wish = state
  wish.window_count = UInt64(sampled.count)
  fill(&wish.content_id, with: sampled.contentID)
  do {
    try deliver(SamplerHandle(resumed(wish, sampled)), to: sampler, "sampler")
  } catch let error as TokenDatasetError {
    throw CallError.invalid("state: \(error)")
  }
}

private func share(
  _ sampled: Sampled, _ state: gobbet_sampler_state, _ rank: UInt64, _ worldSize: UInt64,
  _ sampler: UnsafeMutablePointer<OpaquePointer?>?
) throws {
  let worldSize = try integer(worldSize, "world_size")
  let rank = try integer(rank, "rank")
  guard rank < worldSize else { throw CallError.invalid("rank: \(rank) of \(worldSize)") }
  let stopped = try resumed(state, sampled).state
  guard let shared = stopped.shared(rank: rank, worldSize: worldSize) else {
    throw CallError(
      status: gobbet_status(GOBBET_BAD_DATA),
      description: "state: the number of ranks has changed more than"
        + " \(WindowSampler.State.maximumStopCount) times in this epoch")
  }
  try deliver(SamplerHandle(sampled.sampler(resuming: shared)), to: sampler, "sampler")
}

@c @implementation
public func gobbet_sampler_next(
  _ sampler: OpaquePointer?, _ indices: UnsafeMutablePointer<UInt64>?, _ capacity: Int,
  _ count: UnsafeMutablePointer<Int>?, _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let handle = try object(sampler, SamplerHandle.self, "sampler")
    let room = try room(indices, capacity, "indices")
    let count = try result(count, "count")
    count.pointee = handle.sampler.withLock { sampler in
      var found = 0
      while found < room.count, let window = sampler.next() {
        room[found] = UInt64(window)
        found += 1
      }
      return found
    }
  }
}

@c @implementation
public func gobbet_sampler_next_epoch(
  _ sampler: OpaquePointer?, _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    try object(sampler, SamplerHandle.self, "sampler").sampler.withLock { $0.beginNextEpoch() }
  }
}

@c @implementation
public func gobbet_sampler_describe(
  _ sampler: OpaquePointer?, _ state: UnsafeMutablePointer<gobbet_sampler_state>?,
  _ share: UnsafeMutablePointer<UInt64>?, _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let handle = try object(sampler, SamplerHandle.self, "sampler")
    let (known, count) = handle.sampler.withLock { ($0.state, $0.count) }
    copy(gobbet_sampler_state(known), to: try result(state, "state"))
    share?.pointee = UInt64(count)
  }
}

@c @implementation
public func gobbet_sampler_close(_ sampler: OpaquePointer?) {
  HandleTable.shared.remove(sampler, as: SamplerHandle.self)
}

/// The sampler of a caller's state.
private func resumed(
  _ state: gobbet_sampler_state, _ sampled: Sampled
) throws -> WindowSampler {
  let order: WindowSampler.Order
  switch Int(state.order) {
  case GOBBET_SEQUENTIAL: order = .sequential
  case GOBBET_SHUFFLED: order = .shuffled
  case GOBBET_GROUPS_SHUFFLED:
    order = .groupsShuffled(
      windowsPerGroup: try integer(state.windows_per_group, "windows_per_group"),
      groupsTogether: try integer(state.groups_together, "groups_together"))
  default: throw CallError.invalid("order: \(state.order)")
  }
  let worldSizes = withUnsafeBytes(of: state.stop_world_sizes) {
    Array($0.bindMemory(to: UInt64.self))
  }
  let positions = withUnsafeBytes(of: state.stop_positions) {
    Array($0.bindMemory(to: UInt64.self))
  }
  guard state.stop_count <= UInt64(worldSizes.count) else {
    throw CallError.invalid("stop_count: \(state.stop_count)")
  }
  let stops = try (0..<Int(state.stop_count)).map { index in
    WindowSampler.Stop(
      worldSize: try integer(worldSizes[index], "stop_world_sizes"),
      position: try integer(positions[index], "stop_positions"))
  }
  return try sampled.sampler(
    resuming: WindowSampler.State(
      windows: WindowSampler.Windows(
        contentID: try digest(state.content_id), length: try integer(state.length, "length"),
        stride: try integer(state.stride, "stride"),
        count: try integer(state.window_count, "window_count")),
      order: order, seed: state.seed, epoch: state.epoch, rank: try integer(state.rank, "rank"),
      worldSize: try integer(state.world_size, "world_size"),
      position: try integer(state.position, "position"), earlier: stops))
}

extension gobbet_sampler_state {
  /// The state as a caller stores it.
  fileprivate init(_ state: WindowSampler.State) {
    self.init()
    switch state.order {
    case .sequential: order = UInt32(GOBBET_SEQUENTIAL)
    case .shuffled: order = UInt32(GOBBET_SHUFFLED)
    case .groupsShuffled(let windowsPerGroup, let groupsTogether):
      order = UInt32(GOBBET_GROUPS_SHUFFLED)
      windows_per_group = UInt64(windowsPerGroup)
      groups_together = UInt64(groupsTogether)
    }
    fill(&content_id, with: state.windows.contentID)
    length = UInt64(state.windows.length)
    stride = UInt64(state.windows.stride)
    window_count = UInt64(state.windows.count)
    seed = state.seed
    epoch = state.epoch
    rank = UInt64(state.rank)
    world_size = UInt64(state.worldSize)
    position = UInt64(state.position)
    stop_count = UInt64(state.earlier.count)
    withUnsafeMutableBytes(of: &stop_world_sizes) { bytes in
      let sizes = bytes.bindMemory(to: UInt64.self)
      for (index, stop) in state.earlier.enumerated() { sizes[index] = UInt64(stop.worldSize) }
    }
    withUnsafeMutableBytes(of: &stop_positions) { bytes in
      let positions = bytes.bindMemory(to: UInt64.self)
      for (index, stop) in state.earlier.enumerated() { positions[index] = UInt64(stop.position) }
    }
  }
}
