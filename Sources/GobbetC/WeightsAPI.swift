// Documented in gobbet.h.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

public import CGobbet
internal import GobbetBPE
internal import GobbetData
internal import GobbetFile
internal import GobbetSystem

/// An open file of weights.
private final class WeightsHandle: Sendable {
  let reader: WeightsReader
  let tensors: [TensorDescription]
  let checks: TensorBlockChecks

  init(_ reader: WeightsReader) {
    self.reader = reader
    tensors = reader.tensors
    checks = TensorBlockChecks(reader)
  }

  /// The tensor of that index.
  func tensor(_ index: Int) throws(CallError) -> TensorDescription {
    guard tensors.indices.contains(index) else { throw .invalid("there is no tensor \(index)") }
    return tensors[index]
  }

  /// The open file.
  func file() throws(CallError) -> FileSource {
    guard let file = reader.file else { throw .invalid("\(reader.path): isn't a file") }
    return file
  }
}

@c @implementation
public func gobbet_weights_open(
  _ path: UnsafePointer<CChar>?, _ weights: UnsafeMutablePointer<OpaquePointer?>?,
  _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let reader = try WeightsReader(path: try text(path, "path"))
    try deliver(WeightsHandle(reader), to: weights, "weights")
  }
}

@c @implementation
public func gobbet_weights_set_place(
  _ weights: OpaquePointer?, _ number: UnsafeMutablePointer<UInt32>?,
  _ count: UnsafeMutablePointer<UInt32>?, _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let reader = try object(weights, WeightsHandle.self, "weights").reader
    guard let place = try reader.setPlace() else {
      throw CallError.notFound("\(reader.path): does not say that it is of a set")
    }
    try result(number, "number").pointee = UInt32(place.number)
    try result(count, "count").pointee = UInt32(place.count)
  }
}

@c @implementation
public func gobbet_weights_check_set(
  _ paths: UnsafePointer<UnsafePointer<CChar>?>?, _ pathCount: Int, _ isWhole: Int32,
  _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let files = try texts(paths, pathCount, "paths").map { try WeightsReader(path: $0) }
    try WeightShards.checkSet(files, isWhole: isWhole != 0)
  }
}

@c @implementation
public func gobbet_weights_count(
  _ weights: OpaquePointer?, _ tensorCount: UnsafeMutablePointer<Int>?,
  _ metadataCount: UnsafeMutablePointer<Int>?, _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let handle = try object(weights, WeightsHandle.self, "weights")
    try result(tensorCount, "tensor_count").pointee = handle.tensors.count
    try result(metadataCount, "metadata_count").pointee = handle.reader.metadata.count
  }
}

@c @implementation
public func gobbet_weights_tensor(
  _ weights: OpaquePointer?, _ index: Int, _ info: UnsafeMutablePointer<gobbet_tensor_info>?,
  _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let handle = try object(weights, WeightsHandle.self, "weights")
    let tensor = try handle.tensor(index)
    var value = gobbet_tensor_info()
    value.element_type = UInt32(tensor.elementType.rawValue)
    value.byte_count = UInt64(tensor.byteCount)
    value.stored_byte_count =
      UInt64(handle.reader.storedByteCount(ofTensorNamed: tensor.name) ?? 0)
    value.rank = UInt32(tensor.shape.count)
    let offset = handle.reader.rawFileOffset(ofTensorNamed: tensor.name)
    value.is_raw = offset == nil ? 0 : 1
    value.file_offset = UInt64(offset ?? 0)
    withUnsafeMutableBytes(of: &value.shape) { bytes in
      let axes = bytes.assumingMemoryBound(to: UInt64.self)
      for (axis, length) in tensor.shape.enumerated() { axes[axis] = UInt64(length) }
    }
    fill(&value.name, with: tensor.name.utf8)
    copy(value, to: try result(info, "info"))
  }
}

@c @implementation
public func gobbet_weights_find(
  _ weights: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ index: UnsafeMutablePointer<Int>?,
  _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let handle = try object(weights, WeightsHandle.self, "weights")
    let name = try text(name, "name")
    guard
      let found = handle.tensors.firstIndex(where: { $0.name.utf8.elementsEqual(name.utf8) })
    else { throw CallError.notFound("\(handle.reader.path): holds no tensor \(name)") }
    try result(index, "index").pointee = found
  }
}

@c @implementation
public func gobbet_weights_metadata(
  _ weights: OpaquePointer?, _ index: Int, _ pair: UnsafeMutablePointer<CChar>?, _ capacity: Int,
  _ count: UnsafeMutablePointer<Int>?, _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let handle = try object(weights, WeightsHandle.self, "weights")
    guard handle.reader.metadata.indices.contains(index) else {
      throw CallError.invalid("there is no pair of metadata \(index)")
    }
    let (key, value) = handle.reader.metadata[index]
    let bytes = (Array(key.utf8) + [0] + Array(value.utf8) + [0]).map { CChar(bitPattern: $0) }
    try deliver(bytes.span, to: pair, capacity, count, "pair")
  }
}

@c @implementation
public func gobbet_weights_vocabulary(
  _ weights: OpaquePointer?, _ vocabulary: UnsafeMutablePointer<OpaquePointer?>?,
  _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let reader = try object(weights, WeightsHandle.self, "weights").reader
    guard let embedded = try reader.vocabulary() else {
      throw CallError.notFound("\(reader.path): holds no vocabulary")
    }
    try deliver(VocabularyHandle(embedded), to: vocabulary, "vocabulary")
  }
}

@c @implementation
public func gobbet_weights_read(
  _ weights: OpaquePointer?, _ index: Int, _ first: UInt64, _ last: UInt64, _ threads: UInt32,
  _ data: UnsafeMutableRawPointer?, _ capacity: Int, _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let handle = try object(weights, WeightsHandle.self, "weights")
    let tensor = try handle.tensor(index)
    let range = try tensor.bytes(ofRows: first, last)
    guard range.count <= capacity else {
      throw CallError.tooSmall(capacity, needed: range.count)
    }
    guard !range.isEmpty else { return }
    guard let data = data else { throw CallError.invalid("data: null") }
    let read = ParallelRead(
      tensor: tensor, range: range,
      work: .copying(
        handle.reader, UnsafeMutableRawBufferPointer(start: data, count: range.count)))
    try read.run(threadCount: threadCount(threads))
  }
}

@c @implementation
public func gobbet_weights_check(
  _ weights: OpaquePointer?, _ index: Int, _ first: UInt64, _ last: UInt64, _ threads: UInt32,
  _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let handle = try object(weights, WeightsHandle.self, "weights")
    let tensor = try handle.tensor(index)
    let check = ParallelRead(
      tensor: tensor, range: try tensor.bytes(ofRows: first, last),
      work: .checking(handle.checks))
    try check.run(threadCount: threadCount(threads))
  }
}

@c @implementation
public func gobbet_weights_map(
  _ weights: OpaquePointer?, _ index: Int, _ data: UnsafeMutablePointer<UnsafeRawPointer?>?,
  _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let handle = try object(weights, WeightsHandle.self, "weights")
    let tensor = try handle.tensor(index)
    guard let offset = handle.reader.rawFileOffset(ofTensorNamed: tensor.name) else {
      throw CallError.notFound("\(handle.reader.path): \(tensor.name) is not stored raw")
    }
    // Mapped until the handle is closed.
    let file = try handle.file().mapped()
    guard file.byteCount - tensor.byteCount >= offset else {
      throw CallError(
        status: gobbet_status(GOBBET_BAD_DATA),
        description: "\(handle.reader.path): was cut short since it was opened")
    }
    // SAFETY: the mapping lives as long as the handle is open, which is what the caller is told.
    try result(data, "data").pointee = file.withUnsafeBytes { bytes in
      bytes.baseAddress.map { $0 + offset }
    }
  }
}

@c @implementation
public func gobbet_weights_descriptor(
  _ weights: OpaquePointer?, _ descriptor: UnsafeMutablePointer<Int32>?,
  _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let handle = try object(weights, WeightsHandle.self, "weights")
    let place = try result(descriptor, "descriptor")
    place.pointee = try handle.file().file.duplicatedDescriptor()
  }
}

@c @implementation
public func gobbet_weights_close(_ weights: OpaquePointer?) {
  HandleTable.shared.remove(weights, as: WeightsHandle.self)
}

extension TensorDescription {
  /// The bytes of rows `first..<last` of the first axis; the one row of a scalar is all of it.
  fileprivate func bytes(ofRows first: UInt64, _ last: UInt64) throws(CallError) -> Range<Int> {
    let rowCount = shape.first ?? 1
    guard first <= last, last <= UInt64(rowCount) else {
      throw .invalid("\(name) has no rows \(first)..<\(last)")
    }
    guard rowCount > 0, first != 0 || last != UInt64(rowCount) else { return 0..<byteCount }
    if elementType.isInBlocks {
      // Rows are whole blocks; those of a vector are its elements.
      guard shape.count > 1 else { throw .invalid("\(name): is stored in blocks, in one row") }
      let rowByteCount = byteCount / rowCount
      return (Int(first) * rowByteCount)..<(Int(last) * rowByteCount)
    }
    let bits = elementCount / rowCount * elementType.bitWidth
    guard bits.isMultiple(of: 8) else { throw .invalid("\(name): its rows are not whole bytes") }
    return (Int(first) * bits / 8)..<(Int(last) * bits / 8)
  }
}
