// Documented in gobbet.h.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

public import CGobbet
internal import GobbetBPE
internal import GobbetData
internal import GobbetFile

/// An open dataset.
final class DatasetHandle: Sendable {
  let dataset: TokenDataset

  init(_ dataset: TokenDataset) { self.dataset = dataset }

  /// Windows of the dataset.
  func windows(_ length: UInt64, _ stride: UInt64) throws(CallError) -> TokenWindows {
    let length = try integer(length, "length")
    let stride = try integer(stride, "stride")
    guard length > 0, stride > 0, length < Int.max else {
      throw .invalid("length and stride must be positive")
    }
    return dataset.windows(length: length, stride: stride)
  }
}

@c @implementation
public func gobbet_dataset_open(
  _ paths: UnsafePointer<UnsafePointer<CChar>?>?, _ pathCount: Int, _ budget: UInt64,
  _ dataset: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let opened = try TokenDataset(
      paths: try texts(paths, pathCount, "paths"),
      cacheByteBudget: budget == 0 ? 16 << 20 : try integer(budget, "cache_byte_budget"))
    try deliver(DatasetHandle(opened), to: dataset, "dataset")
  }
}

@c @implementation
public func gobbet_dataset_describe(
  _ dataset: OpaquePointer?, _ info: UnsafeMutablePointer<gobbet_dataset_info>?,
  _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let dataset = try object(dataset, DatasetHandle.self, "dataset").dataset
    var value = gobbet_dataset_info()
    value.id_bound = UInt32(clamping: dataset.idBound)
    value.token_count = UInt64(dataset.tokenCount)
    value.document_count = UInt64(dataset.documentCount)
    value.block_token_count = UInt64(dataset.blockTokenCount)
    fill(&value.content_id, with: dataset.contentID)
    fill(&value.fingerprint, with: dataset.fingerprint)
    fill(&value.codec, with: dataset.codec.name.utf8)
    value.has_loss_mask = dataset.hasLossMask ? 1 : 0
    copy(value, to: try result(info, "info"))
  }
}

@c @implementation
public func gobbet_dataset_vocabulary(
  _ dataset: OpaquePointer?, _ vocabulary: UnsafeMutablePointer<OpaquePointer?>?,
  _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    // The file that is open, whatever its path names by now.
    let container = try object(dataset, DatasetHandle.self, "dataset").dataset.shards[0].container
    guard container.section(.vocabularyHeader) != nil else {
      throw CallError.notFound("\(container.path): holds no vocabulary")
    }
    try deliver(VocabularyHandle(Vocabulary(container)), to: vocabulary, "vocabulary")
  }
}

@c @implementation
public func gobbet_dataset_metadata(
  _ dataset: OpaquePointer?, _ text: UnsafeMutablePointer<UInt8>?, _ capacity: Int,
  _ count: UnsafeMutablePointer<Int>?, _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let dataset = try object(dataset, DatasetHandle.self, "dataset").dataset
    guard let metadata = try dataset.shards[0].container.metadata() else {
      throw CallError.notFound("\(dataset.paths[0]): has no metadata")
    }
    try deliver(Array(metadata.utf8).span, to: text, capacity, count, "text")
  }
}

@c @implementation
public func gobbet_dataset_tokens(
  _ dataset: OpaquePointer?, _ start: UInt64, _ end: UInt64, _ type: gobbet_integer_type,
  _ tokens: UnsafeMutableRawPointer?, _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let dataset = try object(dataset, DatasetHandle.self, "dataset").dataset
    let type = try IntegerType(type)
    try type.check(dataset.idBound)
    guard start <= end, end <= UInt64(dataset.tokenCount) else {
      throw CallError.invalid("there are no tokens \(start)..<\(end)")
    }
    guard start < end else { return }
    guard let tokens = tokens else { throw CallError.invalid("tokens: null") }
    // Piece by piece, so that a large range takes no more memory than the caller's.
    let step = UInt64(1 << 16)
    for first in Swift.stride(from: start, to: end, by: Int(step)) {
      let piece = try dataset.tokens(in: Int(first)..<Int(min(first + step, end)))
      type.store(piece.span, to: tokens, at: Int(first - start))
    }
  }
}

@c @implementation
public func gobbet_dataset_loss_mask(
  _ dataset: OpaquePointer?, _ start: UInt64, _ end: UInt64, _ mask: UnsafeMutablePointer<UInt8>?,
  _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let dataset = try object(dataset, DatasetHandle.self, "dataset").dataset
    guard start <= end, end <= UInt64(dataset.tokenCount) else {
      throw CallError.invalid("there are no tokens \(start)..<\(end)")
    }
    let room = try room(mask, Int(end - start), "mask")
    let step = 1 << 16
    for first in Swift.stride(from: Int(start), to: Int(end), by: step) {
      let counted = try dataset.lossMask(in: first..<min(first + step, Int(end)))
      for (index, isCounted) in counted.enumerated() {
        room[first - Int(start) + index] = isCounted ? 1 : 0
      }
    }
  }
}

@c @implementation
public func gobbet_dataset_documents(
  _ dataset: OpaquePointer?, _ first: UInt64, _ last: UInt64,
  _ start: UnsafeMutablePointer<UInt64>?, _ ends: UnsafeMutablePointer<UInt64>?,
  _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let dataset = try object(dataset, DatasetHandle.self, "dataset").dataset
    guard first <= last, last <= UInt64(dataset.documentCount) else {
      throw CallError.invalid("there are no documents \(first)..<\(last)")
    }
    let room = try room(ends, Int(last - first), "ends")
    let places = try dataset.documentPlaces()
    for index in 0..<room.count {
      let document = places[Int(first) + index]
      if index == 0 { try result(start, "start").pointee = UInt64(document.lowerBound) }
      room[index] = UInt64(document.upperBound)
    }
  }
}

@c @implementation
public func gobbet_dataset_document_containing(
  _ dataset: OpaquePointer?, _ token: UInt64, _ document: UnsafeMutablePointer<UInt64>?,
  _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let dataset = try object(dataset, DatasetHandle.self, "dataset").dataset
    guard token < UInt64(dataset.tokenCount) else {
      throw CallError.invalid("there is no token \(token)")
    }
    try result(document, "document").pointee =
      UInt64(try dataset.document(containing: Int(token)))
  }
}

@c @implementation
public func gobbet_dataset_window_count(
  _ dataset: OpaquePointer?, _ length: UInt64, _ stride: UInt64,
  _ count: UnsafeMutablePointer<UInt64>?, _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let handle = try object(dataset, DatasetHandle.self, "dataset")
    try result(count, "count").pointee = UInt64(handle.windows(length, stride).count)
  }
}

@c @implementation
public func gobbet_dataset_windows(
  _ dataset: OpaquePointer?, _ length: UInt64, _ stride: UInt64, _ indices: UnsafePointer<UInt64>?,
  _ indexCount: Int, _ type: gobbet_integer_type, _ inputs: UnsafeMutableRawPointer?,
  _ targets: UnsafeMutableRawPointer?, _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let handle = try object(dataset, DatasetHandle.self, "dataset")
    let windows = try handle.windows(length, stride)
    let type = try IntegerType(type)
    try type.check(handle.dataset.idBound)
    let indices = try buffer(indices, indexCount, "indices")
    let isMasked = handle.dataset.hasLossMask
    guard !isMasked || type.isSigned && targets != nil || indices.isEmpty else {
      throw CallError.invalid(
        "type: the dataset says which tokens count in a loss; targets of -100 need int32 or int64,"
          + " and an array of their own")
    }
    guard !indices.isEmpty else { return }
    guard let inputs = inputs else { throw CallError.invalid("inputs: null") }
    let (length, count) = (windows.length, UInt64(windows.count))
    if let index = indices.first(where: { $0 >= count }) {
      throw CallError.invalid("there is no window \(index)")
    }
    guard let targets = targets else {
      for row in 0..<indices.count {
        let start = Int(indices[row]) * windows.stride
        let tokens = try windows.dataset.tokens(in: start..<(start + length + 1))
        type.store(tokens.span, to: inputs, at: row * (length + 1))
      }
      return
    }
    try windows.dataset.withReader { reader in
      try type.fillRows(
        indices.count, length: length, inputs: inputs, targets: targets
      ) { row, inputs, targets in
        let next = row + 1 < indices.count ? Int(indices[row + 1]) : nil
        try windows.copy(
          Int(indices[row]), before: next, reader, inputs: &inputs, targets: &targets)
      }
    }
  }
}

@c @implementation
public func gobbet_dataset_close(_ dataset: OpaquePointer?) {
  HandleTable.shared.remove(dataset, as: DatasetHandle.self)
}
