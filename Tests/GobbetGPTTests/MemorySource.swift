import GobbetData
import TestSupport

/// Tensors in memory.
struct MemorySource: TensorSource {
  private(set) var tensors: [TensorDescription] = []
  var metadata: [(String, String)] = []
  private var data: [String: [UInt8]] = [:]
  /// What the source says of itself.
  var readsParts = false

  init() {}

  /// A safetensors file under `Fixtures/`, read in the most obvious way.
  init(safetensors path: String) throws {
    let file = try fixture(path)
    let headerCount = file[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    let header = String(decoding: file[8..<(8 + headerCount)], as: UTF8.self)
    let entry =
      /"([^"]+)":\s*\{"dtype":"(\w+)","shape":\[([\d,]*)\],"data_offsets":\[(\d+),(\d+)\]\}/
    for match in header.matches(of: entry) {
      let shape = match.3.split(separator: ",").compactMap { Int($0) }
      guard let start = Int(match.4), let end = Int(match.5) else { continue }
      let type: ElementType = match.2 == "F32" ? .float32 : .int32
      let bytes = Array(file[(8 + headerCount + start)..<(8 + headerCount + end)])
      try set(String(match.1), type, shape, bytes)
    }
  }

  mutating func set(_ name: String, _ type: ElementType, _ shape: [Int], _ bytes: [UInt8]) throws {
    let tensor = try TensorDescription(name: name, elementType: type, shape: shape)
    if let index = tensors.firstIndex(where: { $0.name == name }) {
      tensors[index] = tensor
    } else {
      tensors.append(tensor)
    }
    data[name] = bytes
  }

  mutating func set(_ name: String, _ shape: [Int], _ values: [Float]) throws {
    let bytes = values.flatMap { value in
      (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) }
    }
    try set(name, .float32, shape, bytes)
  }

  mutating func remove(_ name: String) {
    tensors.removeAll { $0.name == name }
    data[name] = nil
  }

  func read(
    _ tensor: TensorDescription, into destination: UnsafeMutableRawBufferPointer
  ) throws {
    // SAFETY: the caller's buffer has the bytes of the tensor, and so has the array.
    unsafe destination.copyBytes(from: data[tensor.name] ?? [])
  }

  func readsParts(of tensor: TensorDescription) -> Bool { readsParts }

  /// The elements of an `int32` tensor.
  func integers(named name: String) throws -> [Int32] {
    let bytes = data[name] ?? []
    return stride(from: 0, to: bytes.count, by: 4).map { at in
      Int32(bitPattern: bytes[at..<(at + 4)].reversed().reduce(0) { $0 << 8 | UInt32($1) })
    }
  }

  /// The elements of an `int32` tensor of token ids.
  func ids(named name: String) throws -> [UInt32] {
    try integers(named: name).map { UInt32($0) }
  }
}
