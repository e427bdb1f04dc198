/// Writes the fields of a protobuf message, in the order in which they are given.
struct ProtobufWriter {
  private(set) var bytes: [UInt8] = []

  /// Writes a number, an enumeration or a truth value; negative numbers have ten bytes.
  mutating func write(_ number: Int, value: Int64) {
    append(UInt64(number) << 3)
    append(UInt64(bitPattern: value))
  }

  /// Writes a truth value.
  mutating func write(_ number: Int, flag: Bool) { write(number, value: flag ? 1 : 0) }

  /// Writes a float.
  mutating func write(_ number: Int, float: Float) {
    append(UInt64(number) << 3 | 5)
    let bits = float.bitPattern
    for shift in stride(from: UInt32(0), to: 32, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: bits >> shift))
    }
  }

  /// Writes bytes, a string or a message.
  mutating func write(_ number: Int, bytes content: some Collection<UInt8>) {
    append(UInt64(number) << 3 | 2)
    append(UInt64(content.count))
    bytes.append(contentsOf: content)
  }

  private mutating func append(_ value: UInt64) {
    var value = value
    while value > 0x7F {
      bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
      value >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: value))
  }
}
