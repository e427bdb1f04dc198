import GobbetData
import TestSupport
import Testing

@Suite("Tensors in blocks") struct QuantizedBlockTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  static let types = ElementType.allCases.filter(\.isInBlocks)

  /// Blocks of random bits.
  static func tensor(
    _ name: String, _ type: ElementType, rows: [Int], blocksInRow: Int, seed: UInt64 = 4
  ) throws -> (TensorDescription, [UInt8]) {
    let layout = try #require(type.blockLayout)
    let tensor = try TensorDescription(
      name: name, elementType: type, shape: rows + [blocksInRow * layout.elementCount])
    var generator = SeededGenerator(seed)
    var data = (0..<tensor.byteCount).map { _ in UInt8.random(in: 0...255, using: &generator) }
    if type == .q8_K {
      // Scales of 32 bits that every type of floats can hold: below 2.
      for place in stride(from: 3, to: data.count, by: layout.byteCount) { data[place] &= 0xBF }
    }
    return (tensor, data)
  }

  /// A file with a tensor of every type, of more than a block of the file each.
  private func file(_ codec: WeightCodec) throws -> (WeightsReader, [[UInt8]]) {
    let path = folder.file("\(codec.name).gobbet")
    var writer = try WeightsWriter(path: path, codec: codec)
    var contents: [[UInt8]] = []
    for type in Self.types {
      let count = 600_000 / 5 / (type.blockLayout?.byteCount ?? 1)
      let (tensor, data) = try Self.tensor(type.name, type, rows: [5], blocksInRow: count)
      try writer.append(tensor, data.span)
      contents.append(data)
    }
    try writer.finish()
    return (try WeightsReader(path: path), contents)
  }

  @Test("rows that aren't whole blocks have no shape in a type of blocks", arguments: types)
  func shapes(type: ElementType) throws {
    let layout = try #require(type.blockLayout)
    let tensor = try TensorDescription(
      name: "t", elementType: type, shape: [3, 2 * layout.elementCount])
    #expect(tensor.byteCount == 6 * layout.byteCount)
    for shape in [[], [1], [layout.elementCount, 1], [2, layout.elementCount + 16], [Int.max]] {
      #expect(throws: TensorError(.invalidShape(shape), tensor: "t")) {
        try TensorDescription(name: "t", elementType: type, shape: shape)
      }
    }
  }

  @Test("blocks come back bit for bit, whole, mapped and by rows", arguments: WeightCodec.allCases)
  func bytes(codec: WeightCodec) throws {
    let (reader, contents) = try file(codec)
    var generator = SeededGenerator(2)
    for (tensor, data) in zip(reader.tensors, contents) {
      #expect(try reader.bytes(of: tensor) == data)
      if reader.codec(ofTensorNamed: tensor.name) == .raw {
        let lent = try unsafe reader.withBytesInPlace(of: tensor) { unsafe Array($0) }
        #expect(lent == data)
      }
      let rowByteCount = data.count / 5
      #expect(
        try reader.bytes(of: TensorSlice(tensor, [1..<4]))
          == Array(data[rowByteCount..<(4 * rowByteCount)]))
      for _ in 0..<3 {
        let start = Int.random(in: 0...data.count, using: &generator)
        let range = start..<Int.random(in: start...data.count, using: &generator)
        #expect(try reader.bytes(of: tensor, in: range) == Array(data[range]))
      }
    }
  }

  @Test("a slice holds whole blocks of every row, or is none", arguments: types)
  func slices(type: ElementType) throws {
    let layout = try #require(type.blockLayout)
    let (tensor, data) = try Self.tensor("t", type, rows: [4], blocksInRow: 3)
    let (elements, bytes) = (layout.elementCount, layout.byteCount)
    var writer = try WeightsWriter(path: folder.file("t.gobbet"))
    try writer.append(tensor, data.span)
    try writer.finish()
    let reader = try WeightsReader(path: folder.file("t.gobbet"))
    let slice = try TensorSlice(tensor, [1..<3, elements..<(3 * elements)])
    var expected: [UInt8] = []
    for row in 1..<3 { expected += data[(bytes * (3 * row + 1))..<(bytes * (3 * row + 3))] }
    #expect(try reader.bytes(of: slice) == expected)
    for columns in [1..<elements, 0..<(elements - 1), (elements / 2)..<(elements + elements / 2)] {
      #expect(throws: TensorError(.invalidSlice, tensor: "t")) {
        try TensorSlice(tensor, [0..<1, columns])
      }
    }
    #expect(try TensorSlice(tensor, [2..<2]).byteCount == 0)
  }

  @Test("blocks widen to the same floats on every way there is")
  func widening() async throws {
    let (reader, _) = try file(.compact)
    let widened = try ConvertedWeights(reader, as: .float32)
    let narrowed = try ConvertedWeights(reader, as: .bfloat16)
    var generator = SeededGenerator(6)
    for tensor in reader.tensors {
      let floats = try reader.floats(of: tensor)
      let bits = floats.map(\.bitPattern)
      #expect(floats.count == tensor.elementCount)
      #expect(try widened.floats(named: tensor.name).map(\.bitPattern) == bits)
      let conversion = try #require(FloatConversion(.bfloat16))
      let one = try #require(narrowed.tensor(named: tensor.name))
      #expect(try narrowed.bytes(of: one) == conversion.bytes(floats.span))
      let other = try #require(widened.tensor(named: tensor.name))
      let whole = try widened.bytes(of: other)
      for _ in 0..<3 {
        let start = Int.random(in: 0...whole.count, using: &generator)
        let range = start..<Int.random(in: start...whole.count, using: &generator)
        #expect(try widened.bytes(of: other, in: range) == Array(whole[range]))
      }
      // Some rows, by a slice and by a layout in memory.
      let slice = try TensorSlice(tensor, [3..<5])
      var rows = [UInt8](repeating: 0, count: 4 * 2 * tensor.elementCount / 5)
      try unsafe rows.withUnsafeMutableBytes {
        try unsafe reader.read(slice, as: .float32, into: $0)
      }
      #expect(rows == Array(whole[(whole.count / 5 * 3)...]))
      let layout = try TensorLayout([tensor], as: .float32)
      let memory = UnsafeMutableRawBufferPointer.allocate(
        byteCount: layout.byteCount, alignment: 64)
      defer { unsafe memory.deallocate() }
      try await unsafe reader.load(layout, into: memory, threadCount: 2)
      #expect(unsafe memory.elementsEqual(whole))
    }
  }

  @Test("what is quantised in parts is what is quantised at once, from blocks of other types, too")
  func quantizing() throws {
    let (source, _) = try Self.tensor("t", .q6_K, rows: [7], blocksInRow: 40)
    var generator = SeededGenerator(9)
    let floats = (0..<source.elementCount).map { _ in Float.random(in: -1...1, using: &generator) }
    var writer = try WeightsWriter(path: folder.file("f.gobbet"))
    let tensor = try TensorDescription(name: "t", elementType: .float32, shape: source.shape)
    try writer.append(tensor, WeightsTests.bytes(floats, .float32).span)
    try writer.finish()
    let reader = try WeightsReader(path: folder.file("f.gobbet"))
    for type in [ElementType.q4_0, .q5_1, .q8_0, .mxfp4] {
      let quantized = try ConvertedWeights(reader) { _ in type }
      let whole = try quantized.bytes(of: quantized.tensors[0])
      #expect(whole.count == quantized.tensors[0].byteCount)
      for _ in 0..<4 {
        let start = Int.random(in: 0...whole.count, using: &generator)
        let range = start..<Int.random(in: start...whole.count, using: &generator)
        #expect(try quantized.bytes(of: quantized.tensors[0], in: range) == Array(whole[range]))
      }
      // Through blocks of another type, and out of them in parts.
      let again = try ConvertedWeights(quantized) { _ in .q8_0 }
      let expected = try ConvertedWeights(ConvertedWeights(quantized, as: .float32)) { _ in .q8_0 }
      #expect(try again.bytes(of: again.tensors[0]) == expected.bytes(of: expected.tensors[0]))
    }
    #expect(throws: TensorError(.notConvertible(.iq2_XXS), tensor: "t")) {
      _ = try ConvertedWeights(reader) { _ in .iq2_XXS }
    }
  }
}
