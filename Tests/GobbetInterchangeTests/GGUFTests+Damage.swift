import GobbetData
import GobbetInterchange
import TestSupport
import Testing

extension GGUFTests {
  /// A small valid file, for breaking.
  private func valid() throws -> [UInt8] {
    var source = MemorySource()
    try source.append("a", .float32, [2], [0, 0, 0, 0, 0, 0, 0, 0])
    let path = folder.file("valid.gguf")
    let values: [(key: String, value: GGUFValue)] = [
      ("k", .string("v")), ("n", .array(elementType: 0, [.uint8(1)])),
    ]
    try GGUFWriter.write(source, to: path, values: values, replacing: true)
    return try readFile(path)
  }

  @Test("every truncation of a file is an error")
  func truncation() throws {
    let bytes = try valid()
    // The last 24 bytes are padding after the last tensor, which readers do not need.
    for count in 0..<(bytes.count - 24) {
      let path = try folder.write("cut.gguf", Array(bytes.prefix(count)))
      #expect(throws: InterchangeError.self, "\(count)") { _ = try GGUFReader(path) }
    }
  }

  @Test("no changed byte traps, and none that is read passes for a length")
  func changedBytes() throws {
    let bytes = try valid()
    for offset in bytes.indices {
      for value: UInt8 in [0, 1, 0x7F, 0x80, 0xFF] {
        var changed = bytes
        changed[offset] = value
        let path = try folder.write("changed.gguf", changed)
        if let reader = try? GGUFReader(path) {
          let unread = Set(reader.unreadTensors.map(\.tensor))
          for tensor in reader.tensors where !unread.contains(tensor) {
            _ = try reader.bytes(of: tensor)
          }
        }
      }
    }
  }

  /// A header of these counts, and what follows.
  func file(_ tensors: UInt64, _ values: UInt64, _ rest: [UInt8]) throws -> String {
    var bytes = Array("GGUF".utf8) + [3, 0, 0, 0]
    for count in [tensors, values] {
      bytes += (0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * UInt64($0))) }
    }
    return try folder.write("bad.gguf", bytes + rest)
  }

  static func words(_ values: UInt64...) -> [UInt8] {
    values.flatMap { value in (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) } }
  }

  @Test("counts, lengths and shapes that a file cannot hold are errors, and allocate nothing")
  func hugeNumbers() throws {
    let name = Self.words(1) + [0x61]
    let tensor: ([UInt64], [UInt8], UInt64) -> [UInt8] = { shape, type, offset in
      let rank = [UInt8(shape.count), 0, 0, 0]
      let axes = shape.flatMap { Self.words($0) }
      return name + rank + axes + type + Self.words(offset) + [UInt8](repeating: 0, count: 200)
    }
    let float: [UInt8] = [0, 0, 0, 0]
    let key = Self.words(1) + [0x6B]
    let files: [(UInt64, UInt64, [UInt8])] = [
      (1 << 32, 0, []), (.max, 0, []), (0, 1 << 62, []),
      (0, .max, [UInt8](repeating: 0, count: 99)),
      (1, 0, Self.words(1 << 40)), (1, 0, Self.words(.max) + [0x61]),
      (1, 0, tensor([1 << 40], float, 0)), (1, 0, tensor([.max], float, 0)),
      (1, 0, tensor([1 << 32, 1 << 32], float, 0)), (1, 0, tensor([1, 1, 1, 1, 1], float, 0)),
      (1, 0, tensor([1], float, 32)), (1, 0, tensor([1], float, .max)),
      (1, 0, tensor([31], [8, 0, 0, 0], 0)), (1, 0, tensor([1], [99, 0, 0, 0], 224)),
      (1, 0, tensor([1], [99, 0, 0, 0], 31)), (1, 0, tensor([1], [99, 0, 0, 0], .max - 31)),
      (0, 1, key + [9, 0, 0, 0] + [0, 0, 0, 0] + Self.words(1 << 50)),
      (0, 1, key + [9, 0, 0, 0] + [9, 0, 0, 0] + Self.words(1) + [9, 0, 0, 0] + Self.words(1)),
      (
        0, 1,
        key + [9, 0, 0, 0]
          + (0..<20).flatMap { _ in [9, 0, 0, 0] + Self.words(1) } + [4, 0, 0, 0] + Self.words(0)
      ),
      (0, 1, key + [9, 0, 0, 0] + [77, 0, 0, 0] + Self.words(1)),
      (0, 1, key + [8, 0, 0, 0] + Self.words(1 << 63)), (0, 1, key + [13, 0, 0, 0, 0, 0]),
      (0, 2, key + [0, 0, 0, 0, 7] + key + [0, 0, 0, 0, 7]), (0, 1, key + [7, 0, 0, 0, 2]),
      (0, 0, [UInt8](repeating: 0, count: 99)),
    ]
    for (index, (tensors, values, rest)) in files.enumerated() {
      let path = try file(tensors, values, rest)
      #expect(throws: InterchangeError.self, "file \(index)") { _ = try GGUFReader(path) }
    }
  }
}
