// Documented in gobbet.h.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

public import CGobbet
internal import Gobbet
internal import GobbetBPE
internal import Synchronization

@c @implementation
public func gobbet_encode(
  _ vocabulary: OpaquePointer?, _ text: UnsafePointer<UInt8>?, _ byteCount: Int,
  _ specials: UnsafePointer<gobbet_special_tokens>?, _ ids: UnsafeMutablePointer<UInt32>?,
  _ capacity: Int, _ count: UnsafeMutablePointer<Int>?, _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let handle = try object(vocabulary, VocabularyHandle.self, "vocabulary")
    let bytes = try buffer(text, byteCount, "text")
    let wish = try SpecialTokenWish(specials, handle.vocabulary)
    try handle.withEncoder { box in
      try box.encode(bytes.span, wish)
      let found = box.ids
      try deliver(found.span, to: ids, capacity, count, "ids")
    }
  }
}

@c @implementation
public func gobbet_encode_batch(
  _ vocabulary: OpaquePointer?, _ texts: UnsafePointer<UInt8>?, _ textEnds: UnsafePointer<UInt64>?,
  _ textCount: Int, _ specials: UnsafePointer<gobbet_special_tokens>?, _ threads: UInt32,
  _ ids: UnsafeMutablePointer<UInt32>?, _ capacity: Int, _ idEnds: UnsafeMutablePointer<UInt64>?,
  _ count: UnsafeMutablePointer<Int>?, _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let handle = try object(vocabulary, VocabularyHandle.self, "vocabulary")
    let texts = try Pieces(texts, textEnds, textCount, "text")
    let ends = try room(idEnds, textCount, "id_ends")
    let batch = try EncodedBatch(
      texts, handle, try SpecialTokenWish(specials, handle.vocabulary),
      threadCount: threadCount(threads))
    let room = try room(ids, capacity, "ids")
    try result(count, "count").pointee = batch.idCount
    guard batch.idCount <= room.count else {
      throw CallError.tooSmall(room.count, needed: batch.idCount)
    }
    var index = 0
    batch.forEachEnd { end in
      ends[index] = UInt64(end)
      index += 1
    }
    batch.copyIDs(to: room)
  }
}

@c @implementation
public func gobbet_count(
  _ vocabulary: OpaquePointer?, _ text: UnsafePointer<UInt8>?, _ byteCount: Int,
  _ count: UnsafeMutablePointer<Int>?, _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let handle = try object(vocabulary, VocabularyHandle.self, "vocabulary")
    let bytes = try buffer(text, byteCount, "text")
    try result(count, "count").pointee = handle.withEncoder { $0.encoder.count(bytes.span) }
  }
}

@c @implementation
public func gobbet_decode(
  _ vocabulary: OpaquePointer?, _ ids: UnsafePointer<UInt32>?, _ idCount: Int,
  _ bytes: UnsafeMutablePointer<UInt8>?, _ capacity: Int, _ count: UnsafeMutablePointer<Int>?,
  _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  decode(vocabulary, ids, idCount, bytes, capacity, count, error, skippingSpecialTokens: false)
}

@c @implementation
public func gobbet_decode_ordinary(
  _ vocabulary: OpaquePointer?, _ ids: UnsafePointer<UInt32>?, _ idCount: Int,
  _ bytes: UnsafeMutablePointer<UInt8>?, _ capacity: Int, _ count: UnsafeMutablePointer<Int>?,
  _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  decode(vocabulary, ids, idCount, bytes, capacity, count, error, skippingSpecialTokens: true)
}

/// The bytes of tokens, of special ones too unless they are left out.
private func decode(
  _ vocabulary: OpaquePointer?, _ ids: UnsafePointer<UInt32>?, _ idCount: Int,
  _ bytes: UnsafeMutablePointer<UInt8>?, _ capacity: Int, _ count: UnsafeMutablePointer<Int>?,
  _ error: UnsafeMutablePointer<gobbet_error>?, skippingSpecialTokens: Bool
) -> gobbet_status {
  reporting(to: error) {
    let handle = try object(vocabulary, VocabularyHandle.self, "vocabulary")
    let ids = try buffer(ids, idCount, "ids")
    var decoded: [UInt8] = []
    try handle.decoder(skippingSpecialTokens: skippingSpecialTokens)
      .decode(ids.span, into: &decoded)
    try deliver(decoded.span, to: bytes, capacity, count, "bytes")
  }
}
