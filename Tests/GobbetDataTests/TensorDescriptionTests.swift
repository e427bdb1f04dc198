import GobbetData
import Testing

@Suite("Describing tensors") struct TensorDescriptionTests {
  @Test("bytes follow from shape and type")
  func byteCounts() throws {
    let matrix = try TensorDescription(name: "m", elementType: .bfloat16, shape: [3, 5])
    #expect(matrix.elementCount == 15)
    #expect(matrix.byteCount == 30)
    let scalar = try TensorDescription(name: "s", elementType: .float64, shape: [])
    #expect(scalar.byteCount == 8)
    let empty = try TensorDescription(name: "e", elementType: .float32, shape: [4, 0, 2])
    #expect(empty.byteCount == 0)
    let nibbles = try TensorDescription(name: "n", elementType: .int4, shape: [7])
    #expect(nibbles.byteCount == 4)
  }

  @Test(
    "impossible shapes are refused",
    arguments: [
      [-1], [1 << 32, 1 << 32], [.max, 2], [0, 1 << 32, 1 << 32], [.max / 4],
      [1, 1, 1, 1, 1, 1, 1, 1, 1],
    ])
  func impossible(shape: [Int]) {
    let error = #expect(throws: TensorError.self) {
      try TensorDescription(name: "t", elementType: .float64, shape: shape)
    }
    #expect(error?.code == .invalidShape(shape))
    #expect(error?.tensor == "t")
  }

  @Test("a source gives floats by name")
  func floats() throws {
    let source = try MemoryTensors(floats: [("a", [2], [1, 2]), ("b", [], [-0.5])])
    #expect(try source.floats(named: "b") == [-0.5])
    #expect(throws: TensorError(.missing, tensor: "c")) { try source.floats(named: "c") }
  }
}

/// A source that holds its tensors in memory.
struct MemoryTensors: TensorSource {
  let tensors: [TensorDescription]
  var metadata: [(String, String)] { [] }
  private let data: [String: [UInt8]]

  init(floats: [(String, [Int], [Float])]) throws {
    tensors = try floats.map {
      try TensorDescription(name: $0.0, elementType: .float32, shape: $0.1)
    }
    data = Dictionary(
      uniqueKeysWithValues: floats.map {
        ($0.0, WeightsTests.bytes($0.2, .float32))
      })
  }

  func read(_ tensor: TensorDescription, into destination: UnsafeMutableRawBufferPointer) throws {
    guard let bytes = data[tensor.name] else { throw TensorError(.missing, tensor: tensor.name) }
    // SAFETY: the caller's buffer holds `byteCount` bytes, which is the length of `bytes`.
    unsafe destination.copyBytes(from: bytes)
  }
}
