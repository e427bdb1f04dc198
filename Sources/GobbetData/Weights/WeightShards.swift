/// Several sources of tensors as one: the shards of a model.
///
/// Tensors come shard by shard; the metadata is that of the first.
public struct WeightShards: TensorSource {
  /// Every tensor, shard by shard.
  public let tensors: [TensorDescription]
  /// Keys and values of the first shard.
  public let metadata: [(String, String)]
  private let shards: [any TensorSource]
  private let shardOfTensor: [[UInt8]: Int]

  /// Puts `shards` together.
  ///
  /// - Throws: ``TensorError`` (`duplicateName`) if two have a tensor of the same name.
  public init(_ shards: [any TensorSource]) throws(TensorError) {
    var shardOfTensor: [[UInt8]: Int] = [:]
    for (index, shard) in shards.enumerated() {
      for tensor in shard.tensors {
        guard shardOfTensor.updateValue(index, forKey: Array(tensor.name.utf8)) == nil else {
          throw TensorError(.duplicateName, tensor: tensor.name)
        }
      }
    }
    self.shards = shards
    self.shardOfTensor = shardOfTensor
    tensors = shards.flatMap(\.tensors)
    metadata = shards.first?.metadata ?? []
  }

  /// Opens packed files that together hold a model.
  ///
  /// - Throws: as ``init(_:)`` and ``WeightsReader/init(path:checks:isMapped:)``; ``LoadingError`` for files of
  ///   two sets.
  public init(paths: [String], checks: WeightChecks = .touched) throws {
    let files = try paths.map { try WeightsReader(path: $0, checks: checks) }
    try Self.checkSet(files, isWhole: false)
    try self.init(files)
  }

  /// Copies one tensor's data out of its shard.
  ///
  /// - Throws: ``TensorError`` (`missing`), else an error of the shard.
  public func read(
    _ tensor: TensorDescription, into destination: UnsafeMutableRawBufferPointer
  ) throws {
    // SAFETY: the caller promises a valid buffer of the tensor's size.
    try unsafe shard(of: tensor).read(tensor, into: destination)
  }

  /// Copies a part of one tensor's data out of its shard.
  ///
  /// - Throws: as ``read(_:into:)``.
  public func read(
    _ tensor: TensorDescription, bytes range: Range<Int>,
    into destination: UnsafeMutableRawBufferPointer
  ) throws {
    // SAFETY: the caller promises a valid buffer of the range's size.
    try unsafe shard(of: tensor).read(tensor, bytes: range, into: destination)
  }

  /// Whether its shard does.
  public func readsParts(of tensor: TensorDescription) -> Bool {
    (try? shard(of: tensor).readsParts(of: tensor)) ?? false
  }

  /// Calls `body` with one tensor's data where its shard has it.
  ///
  /// - Throws: as ``read(_:into:)``, and what `body` throws.
  public func withBytesInPlace<Result>(
    of tensor: TensorDescription, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result? {
    try unsafe shard(of: tensor).withBytesInPlace(of: tensor, body)
  }

  /// Checks that its shard allows memory for all of a tensor's data.
  ///
  /// - Throws: an error of the shard if it does not.
  public func requireMemory(for tensor: TensorDescription) throws {
    try shard(of: tensor).requireMemory(for: tensor)
  }

  private func shard(of tensor: TensorDescription) throws(TensorError) -> any TensorSource {
    guard let shard = shardOfTensor[Array(tensor.name.utf8)] else {
      throw TensorError(.missing, tensor: tensor.name)
    }
    return shards[shard]
  }
}
