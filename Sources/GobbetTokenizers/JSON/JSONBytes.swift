internal import CGobbetScan

/// What is wrong with a JSON text, and where.
struct JSONFault: Error {
  let reason: String
  let offset: Int
}

/// The bytes of a JSON text, which are gone through 64 at a time where nothing is to be found.
struct JSONBytes: ~Escapable {
  let bytes: Span<UInt8>
  /// The multiple of 64 bytes from which the masks are.
  private var block = -1
  private var masks = gobbet_json_masks()

  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>) { self.bytes = bytes }

  /// Bytes of the text.
  var count: Int { bytes.count }

  /// The byte at `index`.
  subscript(_ index: Int) -> UInt8 { bytes[index] }

  /// The first byte from `start` on that isn't white space, or the end of the text.
  @_lifetime(self: copy self)
  mutating func endOfSpace(from start: Int) -> Int {
    var index = start
    while index < count {
      lookUp(index)
      let solids = masks.solids >> UInt64(index & 63)
      if solids != 0 { return min(index + solids.trailingZeroBitCount, count) }
      index = (index | 63) + 1
    }
    return count
  }

  /// The first quote or backslash from `start` on.
  ///
  /// - Throws: ``JSONFault`` for a control character, for what isn't UTF-8, and at the end of the text.
  @_lifetime(self: copy self)
  mutating func endOfPlainText(from start: Int) throws(JSONFault) -> Int {
    var index = start
    while index < count {
      lookUp(index)
      let stops = masks.stops >> UInt64(index & 63)
      guard stops != 0 else {
        index = (index | 63) + 1
        continue
      }
      index += stops.trailingZeroBitCount
      guard index < count else { break }
      let byte = self[index]
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return index }
      guard byte >= 0x20 else {
        throw JSONFault(reason: "a control character in a string", offset: index)
      }
      if byte & 0xE0 == 0xC0, byte >= 0xC2, index + 1 < count, self[index + 1] & 0xC0 == 0x80 {
        index += 2
      } else {
        index += try scalarByteCount(at: index)
      }
    }
    throw JSONFault(reason: "the text ends early", offset: count)
  }

  /// Gets the masks of the block that holds the byte at `index`.
  @_lifetime(self: copy self)
  @inline(__always)
  private mutating func lookUp(_ index: Int) {
    if index >> 6 != block >> 6 { makeMasks(index) }
  }

  @_lifetime(self: copy self)
  private mutating func makeMasks(_ index: Int) {
    block = index & ~63
    if block + 64 <= count {
      // SAFETY: there are 64 bytes from `block` on, and the pointer lives as long as the call.
      masks = unsafe bytes.extracting(block..<(block + 64)).withUnsafeBufferPointer {
        unsafe $0.baseAddress.map { unsafe gobbet_json_masks_of($0) } ?? gobbet_json_masks()
      }
    } else {
      // Zeros, at which everything stops.
      var last = [UInt8](repeating: 0, count: 64)
      for index in block..<count { last[index - block] = bytes[index] }
      masks = unsafe last.withUnsafeBufferPointer {
        unsafe $0.baseAddress.map { unsafe gobbet_json_masks_of($0) } ?? gobbet_json_masks()
      }
    }
  }

  /// Bytes of the character of three or four at `index`.
  private func scalarByteCount(at index: Int) throws(JSONFault) -> Int {
    let (byteCount, second): (Int, ClosedRange<UInt8>)
    switch self[index] {
    case 0xE0: (byteCount, second) = (3, 0xA0...0xBF)
    case 0xED: (byteCount, second) = (3, 0x80...0x9F)
    case 0xE1...0xEF: (byteCount, second) = (3, 0x80...0xBF)
    case 0xF0: (byteCount, second) = (4, 0x90...0xBF)
    case 0xF4: (byteCount, second) = (4, 0x80...0x8F)
    case 0xF1...0xF3: (byteCount, second) = (4, 0x80...0xBF)
    default: throw JSONFault(reason: "not UTF-8", offset: index)
    }
    guard index + byteCount <= count, second.contains(self[index + 1]),
      (2..<byteCount).allSatisfy({ self[index + $0] & 0xC0 == 0x80 })
    else { throw JSONFault(reason: "not UTF-8", offset: index) }
    return byteCount
  }
}
