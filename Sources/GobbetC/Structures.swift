internal import GobbetFile

// Structures that begin with their own size, as the caller knows it.

/// What the library takes of a caller's structure: the rest of a shorter one is zero.
///
/// - Throws: ``CallError`` if the caller did not set the size.
func read<Value: BitwiseCopyable>(
  _ source: UnsafePointer<Value>?, or empty: Value
) throws(CallError) -> Value {
  guard let source = source else { return empty }
  // SAFETY: every such structure begins with its size, and the caller owns as many bytes.
  let size = Int(UnsafeRawPointer(source).load(as: UInt32.self))
  guard size >= MemoryLayout<UInt32>.size else { throw .invalid("a structure without its size") }
  var value = empty
  withUnsafeMutableBytes(of: &value) { bytes in
    bytes.copyMemory(
      from: UnsafeRawBufferPointer(start: source, count: min(size, bytes.count)))
  }
  return value
}

/// Gives a caller as much of `value` as its structure has room for, and leaves its size as it is.
func copy<Value: BitwiseCopyable>(_ value: Value, to destination: UnsafeMutablePointer<Value>) {
  let raw = UnsafeMutableRawPointer(destination)
  // SAFETY: every such structure begins with its size, and the caller owns as many bytes.
  let size = Int(raw.load(as: UInt32.self))
  let start = MemoryLayout<UInt32>.size
  let end = min(size, MemoryLayout<Value>.size)
  guard end > start else { return }
  withUnsafeBytes(of: value) { bytes in
    UnsafeMutableRawBufferPointer(start: raw + start, count: end - start)
      .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
  }
}

/// Writes text, cut where it is longer than the array, and a zero byte after it.
func fill<CharacterArray: BitwiseCopyable>(
  _ array: inout CharacterArray, with text: String.UTF8View
) {
  withUnsafeMutableBytes(of: &array) { bytes in
    var index = 0
    for byte in text.prefix(bytes.count - 1) {
      bytes[index] = byte
      index += 1
    }
    bytes[index] = 0
  }
}

/// Copies a digest.
func fill<Bytes: BitwiseCopyable>(_ array: inout Bytes, with digest: ContentDigest) {
  withUnsafeMutableBytes(of: &array) { $0.copyBytes(from: digest.bytes) }
}

/// The digest that a caller gave.
func digest<Bytes: BitwiseCopyable>(_ array: Bytes) throws(CallError) -> ContentDigest {
  let bytes = withUnsafeBytes(of: array) { Array($0) }
  guard let digest = ContentDigest(bytes: bytes) else { throw .invalid("not 32 bytes") }
  return digest
}
