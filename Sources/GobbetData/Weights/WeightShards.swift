/// Several sources of tensors as one: the shards of a model.
///
/// Tensors come shard by shard; the metadata is that of the first.
public struct WeightShards: TensorDecorator {
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

  /// The tensor itself, in its shard.
  ///
  /// - Throws: ``TensorError`` (`missing`).
  package func origin(of tensor: TensorDescription) throws -> TensorOrigin {
    guard let shard = shardOfTensor[Array(tensor.name.utf8)] else {
      throw TensorError(.missing, tensor: tensor.name)
    }
    return TensorOrigin(tensor, in: shards[shard])
  }
}
