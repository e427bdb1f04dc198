internal import Gobbet

/// A tensor with how its file stores it and what its elements are like.
struct StoredTensor: Sendable {
  let description: TensorDescription
  /// The name as it is shown.
  let name: String
  let typeName: String
  let codec: String
  let byteCount: Int
  let storedByteCount: Int
  /// Nil if the elements aren't floating-point numbers that are read.
  let counts: ElementSummary?

  /// Bytes in the file for one decoded byte.
  var ratio: Double { Double(storedByteCount) / Double(max(1, byteCount)) }

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
    let storage = TensorStorage(source)
    var done = 0
    return try source.tensors.map { tensor in
      guard progress(done) else { throw CancellationError() }
      let counts = storage.isRead(tensor) ? try ElementCounts(tensor, of: source) : nil
      done += tensor.byteCount
      return StoredTensor(
        description: tensor, name: tensor.name.cropped(), typeName: storage.typeName(of: tensor),
        codec: storage.codecName(of: tensor), byteCount: storage.byteCount(of: tensor),
        storedByteCount: storage.storedByteCount(of: tensor),
        counts: counts.map { ElementSummary($0) })
    }
  }
}
