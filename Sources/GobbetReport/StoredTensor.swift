internal import Gobbet

/// A tensor with how its file stores it and what its elements are like.
struct StoredTensor: Sendable {
  let description: TensorDescription
  let typeName: String
  let codec: String
  let storedByteCount: Int
  /// Nil if the elements aren't floating-point numbers that are read.
  let counts: ElementSummary?

  /// Bytes in the file for one decoded byte.
  var ratio: Double { Double(storedByteCount) / Double(max(1, description.byteCount)) }

  /// What is kept of a tensor's ``ElementCounts``.
  struct ElementSummary: Sendable {
    let least: Float
    let greatest: Float
    let mean: Double
    let deviation: Double
    let zeroCount: Int
    let nanCount: Int
    let infinityCount: Int
    let outlierCount: Int
    let histogram: [(values: ClosedRange<Double>, count: Int)]

    init(_ counts: ElementCounts) {
      (least, greatest) = (counts.least, counts.greatest)
      (mean, deviation) = (counts.mean, counts.deviation)
      (zeroCount, nanCount) = (counts.zeroCount, counts.nanCount)
      infinityCount = counts.infinityCount
      outlierCount = counts.outlierCount(beyond: Self.outlierLimit)
      histogram = counts.histogram(Self.binCount)
    }

    static let binCount = 40
    /// Standard deviations from the mean beyond which an element is called an outlier.
    static let outlierLimit = 6.0
  }

  /// Reads every tensor of a source once.
  ///
  /// `progress` is told the bytes so far, and ends the reading by answering false.
  /// - Throws: an error of the source if the data can't be read; `CancellationError`.
  static func all(
    in source: some TensorSource, progress: (_ byteCount: Int) -> Bool
  ) throws -> [StoredTensor] {
    let packed = source as? WeightsReader
    // Of GGUF's tensors the blocks count, also of those whose elements nobody here can read.
    var blocks: [TensorDescription: (typeName: String, byteCount: Int)] = [:]
    var unread: Set<TensorDescription> = []
    if let gguf = source as? GGUFReader {
      for (tensor, (type, byteCount)) in zip(gguf.tensors, zip(gguf.types, gguf.storedByteCounts)) {
        blocks[tensor] = (type.name, byteCount)
      }
      unread = Set(gguf.unreadTensors.map(\.tensor))
    }
    var done = 0
    return try source.tensors.map { tensor in
      guard progress(done) else { throw CancellationError() }
      let counts = unread.contains(tensor) ? nil : try ElementCounts(tensor, of: source)
      done += tensor.byteCount
      return StoredTensor(
        description: tensor, typeName: blocks[tensor]?.typeName ?? tensor.elementType.name,
        codec: packed?.codec(ofTensorNamed: tensor.name)?.name ?? "raw",
        storedByteCount: blocks[tensor]?.byteCount
          ?? packed?.storedByteCount(ofTensorNamed: tensor.name) ?? tensor.byteCount,
        counts: counts.map { ElementSummary($0) })
    }
  }
}
