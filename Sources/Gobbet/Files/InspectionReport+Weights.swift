internal import GobbetData

extension InspectionReport {
  /// A tensor.
  package struct TensorPart: Sendable {
    package let name: String
    package let type: String
    package let shape: [Int]
    package let codec: String
    package let byteCount: Int
    package let storedByteCount: Int
    package let ratio: Double
    package let statistics: TensorStatistics?
  }

  /// The file that tensors are stored as differences from.
  package struct Base: Sendable {
    package let file: String
    package let contentID: String
    package let isThere: Bool
  }

  /// Weights.
  package struct WeightsPart: Sendable {
    package let tensorCount: Int
    package let byteCount: Int
    package let storedByteCount: Int
    package let metadata: [String: String]
    package let base: Base?
    /// Every tensor; nil if they weren't asked for.
    package let list: [TensorPart]?

    init(_ weights: some TensorSource, listing: Progress?) throws {
      let packed = weights as? WeightsReader
      let storage = TensorStorage(weights)
      tensorCount = weights.tensors.count
      let byteCount = weights.tensors.reduce(0) { $0 + storage.byteCount(of: $1) }
      self.byteCount = byteCount
      storedByteCount = weights.tensors.reduce(0) { $0 + storage.storedByteCount(of: $1) }
      metadata = Dictionary(
        weights.metadata.map { ($0.0, Self.shortened($0.1)) },
        uniquingKeysWith: { first, _ in first })
      let baseIsThere = packed?.baseFault == nil
      base = packed?.base.map {
        Base(file: $0.fileName, contentID: "\($0.contentID)", isThere: baseIsThere)
      }
      var done = 0
      list = try listing.map { progress in
        try weights.tensors.map { tensor in
          try progress(done, byteCount)
          let byteCount = storage.byteCount(of: tensor)
          let storedByteCount = storage.storedByteCount(of: tensor)
          done += byteCount
          return TensorPart(
            name: tensor.name, type: storage.typeName(of: tensor), shape: tensor.shape,
            codec: storage.codecName(of: tensor), byteCount: byteCount,
            storedByteCount: storedByteCount,
            ratio: Double(storedByteCount) / Double(max(1, byteCount)),
            statistics: storage.isRead(tensor) && baseIsThere
              ? try weights.statistics(of: tensor) : nil)
        }
      }
    }

    /// A value of metadata, or the beginning of one that is a list of tokens or the like.
    private static func shortened(_ value: String) -> String {
      guard value.utf8.count > 4096 else { return value }
      return "\(value.prefix(60))… (\(value.utf8.count.inThousands) bytes)"
    }

    package var json: JSONReport {
      .object([
        "tensors": .number(tensorCount), "bytes": .number(byteCount),
        "stored_bytes": .number(storedByteCount),
        "metadata": .object(metadata.mapValues { .text($0) }),
        "base": base.map {
          .object([
            "file": .text($0.file), "content_id": .text($0.contentID),
            "is_there": .flag($0.isThere),
          ])
        },
        "list": list.map { .list($0.map(\.json)) },
      ])
    }
  }
}

extension Int {
  /// The number with a comma before every three digits: 1,234,567.
  var inThousands: String {
    guard self >= 1000 else { return "\(self)" }
    let rest = String(self % 1000)
    return "\((self / 1000).inThousands)," + String(repeating: "0", count: 3 - rest.utf8.count)
      + rest
  }
}

extension InspectionReport.TensorPart {
  fileprivate var json: JSONReport {
    .object([
      "name": .text(name), "type": .text(type), "shape": .list(shape.map { .number($0) }),
      "codec": .text(codec), "bytes": .number(byteCount),
      "stored_bytes": .number(storedByteCount), "ratio": .decimal(ratio),
      "statistics": statistics?.json,
    ])
  }
}

extension TensorStatistics {
  fileprivate var json: JSONReport {
    .object([
      "minimum": minimum.map { .decimal($0) }, "maximum": maximum.map { .decimal($0) },
      "mean": mean.map { .decimal($0) }, "nan_count": .number(nanCount),
      "infinity_count": .number(infinityCount),
    ])
  }
}
