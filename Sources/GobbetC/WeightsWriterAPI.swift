// Documented in gobbet.h.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

public import CGobbet
internal import GobbetData
internal import GobbetFile
internal import Synchronization

/// A file of weights that one call at a time adds to.
private final class WeightsWriterHandle: Sendable {
  let writer: Mutex<WeightsWriter>

  init(_ writer: consuming sending WeightsWriter) { self.writer = Mutex(writer) }
}

@c @implementation
public func gobbet_weights_writer_make(
  _ path: UnsafePointer<CChar>?, _ options: UnsafePointer<gobbet_weights_options>?,
  _ writer: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let wish = try read(options, or: gobbet_weights_options())
    var codec = WeightCodec.compact
    if wish.codec != nil {
      switch try text(wish.codec, "codec") {
      case "raw": codec = .raw
      case "compact": codec = .compact
      case let name:
        throw CallError.unknown("codec", name, known: WeightCodec.allCases.map(\.name))
      }
    }
    let vocabulary =
      wish.vocabulary == nil
      ? nil : try object(wish.vocabulary, VocabularyHandle.self, "vocabulary").vocabulary
    let begun = try WeightsWriter(
      path: try text(path, "path"), metadata: try metadata(wish),
      vocabulary: vocabulary, codec: codec, replacing: wish.replace != 0)
    try deliver(WeightsWriterHandle(begun), to: writer, "writer")
  }
}

@c @implementation
public func gobbet_weights_writer_add(
  _ writer: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ type: UInt32,
  _ shape: UnsafePointer<UInt64>?, _ rank: UInt32, _ data: UnsafeRawPointer?, _ byteCount: Int,
  _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let handle = try object(writer, WeightsWriterHandle.self, "writer")
    guard let type = UInt8(exactly: type).flatMap({ ElementType(rawValue: $0) }) else {
      throw CallError.invalid("element_type: \(type)")
    }
    guard rank <= UInt32(TensorDescription.maximumRank) else {
      throw CallError.invalid("rank: \(rank)")
    }
    var lengths: [Int] = []
    for length in try buffer(shape, Int(rank), "shape") {
      lengths.append(try integer(length, "shape"))
    }
    let tensor = try TensorDescription(
      name: try text(name, "name"), elementType: type, shape: lengths)
    let bytes = try buffer(
      data?.assumingMemoryBound(to: UInt8.self), byteCount, "data")
    try handle.writer.withLock { try $0.append(tensor, bytes.span) }
  }
}

@c @implementation
public func gobbet_weights_writer_finish(
  _ writer: OpaquePointer?, _ contentID: UnsafeMutablePointer<UInt8>?,
  _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    guard let handle = HandleTable.shared.remove(writer, as: WeightsWriterHandle.self) else {
      throw CallError.invalid("writer: no open handle")
    }
    deliver(try handle.writer.withLock { try $0.finish() }, to: contentID)
  }
}

@c @implementation
public func gobbet_weights_writer_close(_ writer: OpaquePointer?) {
  HandleTable.shared.remove(writer, as: WeightsWriterHandle.self)
}

/// The pairs of a caller's metadata.
private func metadata(_ wish: gobbet_weights_options) throws(CallError) -> [(String, String)] {
  let characters = try buffer(wish.metadata, wish.metadata_byte_count, "metadata")
  let bytes = characters.map { UInt8(bitPattern: $0) }
  guard let last = bytes.last else { return [] }
  guard last == 0 else { throw .invalid("metadata: does not end in a zero byte") }
  let parts = bytes.dropLast().split(separator: 0, omittingEmptySubsequences: false)
  guard parts.count.isMultiple(of: 2) else { throw .invalid("metadata: a key without a value") }
  var texts: [String] = []
  for part in parts {
    guard let text = String(validating: part, as: UTF8.self) else {
      throw .invalid("metadata: not UTF-8")
    }
    texts.append(text)
  }
  return stride(from: 0, to: texts.count, by: 2).map { (texts[$0], texts[$0 + 1]) }
}
