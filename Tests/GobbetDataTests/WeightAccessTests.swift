import GobbetData
import GobbetFile
import Synchronization
import TestSupport
import Testing

/// Weights that are mapped, sliced, converted and loaded, against those that are read whole.
@Suite("Reaching weights") struct WeightAccessTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Tensors of a block and more, in types that have exponents and types that have none.
  static func tensors(seed: UInt64 = 3) throws -> [(TensorDescription, [UInt8])] {
    var generator = SeededGenerator(seed)
    let list: [(ElementType, [Int])] = [
      (.float32, [40, 50, 70]), (.bfloat16, [7, 90_000]), (.float16, [3, 5, 7]),
      (.uint8, [700, 900]),
      (.int4, [6, 10]), (.float64, []), (.bool, [0, 4]), (.float32, [3]), (.int64, [2, 3, 4, 5]),
    ]
    return try list.enumerated().map { number, entry in
      let tensor = try TensorDescription(
        name: "t\(number)", elementType: entry.0, shape: entry.1)
      if FloatConversion(entry.0) != nil {
        let floats = (0..<tensor.elementCount).map { _ in
          Float.random(in: -1...1, using: &generator)
        }
        return (tensor, WeightsTests.bytes(floats, entry.0))
      }
      return (
        tensor, (0..<tensor.byteCount).map { _ in UInt8.random(in: 0...255, using: &generator) }
      )
    }
  }

  private func write(
    _ tensors: [(TensorDescription, [UInt8])], _ codec: WeightCodec, _ name: String = "w.gobbet"
  ) throws -> String {
    var writer = try WeightsWriter(path: folder.file(name), codec: codec)
    for (tensor, data) in tensors { try writer.append(tensor, data.span) }
    try writer.finish()
    return folder.file(name)
  }

  @Test(
    "raw tensors are lent where they are mapped, compact ones and those of other sources are not")
  func lending() throws {
    let tensors = try Self.tensors()
    for codec in WeightCodec.allCases {
      let path = try write(tensors, codec, codec.name)
      let reader = try WeightsReader(path: path)
      let elsewhere = try WeightsReader(MemorySource(readFile(path)), named: "memory")
      for (tensor, data) in tensors {
        let isRaw = reader.codec(ofTensorNamed: tensor.name) == .raw
        let lent: ([UInt8], Int)? = try unsafe reader.withBytesInPlace(of: tensor) { bytes in
          unsafe (Array(bytes), Int(bitPattern: bytes.baseAddress) % 64)
        }
        #expect(lent.map { $0.0 } == (isRaw ? data : nil))
        if tensor.byteCount > 0 { #expect(lent?.1 ?? 0 == 0) }
        let copied: [UInt8]? = try unsafe elsewhere.withBytesInPlace(of: tensor) {
          unsafe Array($0)
        }
        #expect(copied == nil)
        let either = try unsafe reader.withBytes(of: tensor) { unsafe Array($0) }
        #expect(either == data)
        #expect(try elsewhere.bytes(of: tensor) == data)
        #expect(try WeightsReader(path: path, isMapped: true).bytes(of: tensor) == data)
      }
      #expect(reader.codec(ofTensorNamed: "t1") == codec)
    }
  }

  @Test("a changed byte is found when the file is opened, when it is touched, or never, as asked")
  func checks() throws {
    let tensors = try Self.tensors()
    let path = try write(tensors, .raw)
    var file = try readFile(path)
    // The second tensor begins after the 560,000 bytes of the first, its second block later.
    let place = (16 << 10) + 560_000 + (512 << 10) + 100
    file[place] ^= 1
    let damaged = try folder.write("damaged.gobbet", file)
    let opening = #expect(throws: FormatError.self) {
      try WeightsReader(path: damaged, checks: .all)
    }
    let reader = try WeightsReader(path: damaged)
    let touching = #expect(throws: FormatError.self) { try reader.bytes(of: tensors[1].0) }
    let lending = #expect(throws: FormatError.self) {
      _ = try unsafe reader.withBytesInPlace(of: tensors[1].0) { $0.count }
    }
    for error in [opening, touching, lending] {
      guard case .checksumMismatch = error?.code else {
        Issue.record("\(String(describing: error))")
        continue
      }
      #expect(error?.offset == (16 << 10) + 560_000 + (512 << 10))
      #expect(error?.file == damaged)
    }
    // What does not touch the block is there still.
    #expect(try reader.bytes(of: tensors[0].0) == tensors[0].1)
    let row = try TensorSlice(tensors[1].0, [0..<1])
    #expect(try reader.bytes(of: row) == Array(tensors[1].1.prefix(180_000)))
    let unchecked = try WeightsReader(path: damaged, checks: .none)
    #expect(try unchecked.bytes(of: tensors[1].0).count == tensors[1].1.count)
    #expect(try WeightsReader(path: path, checks: .all).bytes(of: tensors[1].0) == tensors[1].1)
  }

  @Test("any slice is the part of the whole", arguments: WeightCodec.allCases)
  func slices(codec: WeightCodec) throws {
    let tensors = try Self.tensors()
    let reader = try WeightsReader(path: try write(tensors, codec))
    var generator = SeededGenerator(9)
    for (tensor, data) in tensors where tensor.elementType != .int4 {
      for _ in 0..<8 {
        let count = Int.random(in: 0...tensor.shape.count, using: &generator)
        let ranges = tensor.shape.prefix(count).map { length in
          let bounds = (0..<2).map { _ in Int.random(in: 0...length, using: &generator) }.sorted()
          return bounds[0]..<bounds[1]
        }
        let slice = try TensorSlice(tensor, ranges)
        #expect(slice.shape == ranges.map(\.count) + tensor.shape.dropFirst(count))
        #expect(try reader.bytes(of: slice) == Self.slowSlice(tensor, data, ranges))
      }
    }
  }

  /// The elements whose indices all lie in their ranges, one after the other.
  private static func slowSlice(
    _ tensor: TensorDescription, _ data: [UInt8], _ ranges: [Range<Int>]
  ) -> [UInt8] {
    let width = tensor.elementType.bitWidth / 8
    var result: [UInt8] = []
    for element in 0..<tensor.elementCount {
      var rest = element
      var isInside = true
      for axis in tensor.shape.indices.reversed() {
        let index = rest % tensor.shape[axis]
        rest /= tensor.shape[axis]
        if axis < ranges.count, !ranges[axis].contains(index) { isInside = false }
      }
      if isInside { result += data[(element * width)..<((element + 1) * width)] }
    }
    return result
  }

  @Test("slices outside a tensor, or that begin inside a byte, are refused")
  func illegalSlices() throws {
    let matrix = try TensorDescription(name: "m", elementType: .float32, shape: [2, 3])
    for ranges in [[0..<3], [-1..<1], [0..<1, 0..<4], [0..<1, 0..<1, 0..<1]] as [[Range<Int>]] {
      #expect(throws: TensorError(.invalidSlice, tensor: "m")) { try TensorSlice(matrix, ranges) }
    }
    let nibbles = try TensorDescription(name: "n", elementType: .uint4, shape: [3, 5])
    for ranges in [[1..<2], [0..<2, 0..<2]] as [[Range<Int>]] {
      #expect(throws: TensorError(.invalidSlice, tensor: "n")) { try TensorSlice(nibbles, ranges) }
    }
    #expect(try TensorSlice(nibbles, [2..<3]).byteCount == 3)
    #expect(try TensorSlice(nibbles, [0..<3]).byteCount == 8)
  }

  /// Counts the bytes that are read.
  private final class CountingSource: ByteSource {
    let content: [UInt8]
    let count = Atomic(0)

    init(_ content: [UInt8]) { self.content = content }

    var byteCount: Int { content.count }

    func bytes(in range: Range<Int>) -> [UInt8] {
      count.add(range.count, ordering: .relaxed)
      return Array(content[range])
    }
  }

  @Test("opening reads no data, and a slice only its own blocks")
  func ownBlocks() throws {
    let tensor = try TensorDescription(name: "t", elementType: .bfloat16, shape: [64, 65_536])
    let data = WeightsTests.bytes(
      (0..<tensor.elementCount).map { Float($0 % 977) / 977 }, .bfloat16)
    for codec in WeightCodec.allCases {
      let path = try write([(tensor, data)], codec, codec.name)
      let source = CountingSource(try readFile(path))
      let reader = try WeightsReader(source, named: "counted")
      #expect(source.count.load(ordering: .relaxed) < 100_000)
      source.count.store(0, ordering: .relaxed)
      // Four rows of 128 KiB are a block: rows 7 and 8 lie in two of the sixteen.
      let slice = try reader.slice(named: "t", 7..<9)
      #expect(try reader.bytes(of: slice) == Array(data[(7 * 131_072)..<(9 * 131_072)]))
      #expect(source.count.load(ordering: .relaxed) <= 2 * (512 << 10))
    }
  }

  @Test(
    "tensors are loaded into memory of the caller, on any number of threads", arguments: [1, 2, 5])
  func loading(threadCount: Int) async throws {
    let tensors = try Self.tensors()
    for codec in WeightCodec.allCases {
      let reader = try WeightsReader(path: try write(tensors, codec, codec.name))
      for type in [nil, ElementType.float32, .bfloat16] {
        let layout = try TensorLayout(reader.tensors, as: type, alignment: 4096)
        let memory = UnsafeMutableRawBufferPointer.allocate(
          byteCount: layout.byteCount, alignment: 4096)
        defer { unsafe memory.deallocate() }
        try unsafe await reader.load(layout, into: memory, threadCount: threadCount)
        for (index, (tensor, data)) in tensors.enumerated() {
          let place = layout.bytes(index)
          #expect(place.lowerBound.isMultiple(of: 4096))
          let found = unsafe Array(memory[place])
          #expect(found == Self.converted(data, tensor.elementType, layout.elementTypes[index]))
        }
      }
    }
  }

  private static func converted(
    _ data: [UInt8], _ source: ElementType, _ target: ElementType
  ) -> [UInt8] {
    guard source != target, let from = FloatConversion(source), FloatConversion(target) != nil
    else { return data }
    return WeightsTests.bytes(from.floats(data.span), target)
  }

  @Test("the first damaged tensor is the one that loading names")
  func damagedLoading() async throws {
    let tensors = try Self.tensors()
    let path = try write(tensors, .raw)
    var file = try readFile(path)
    for place in [560_000 + 100, 560_000 + 1_260_000 + 300_000] { file[(16 << 10) + place] ^= 4 }
    let reader = try WeightsReader(path: try folder.write("damaged.gobbet", file))
    let layout = try TensorLayout(reader.tensors)
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: layout.byteCount, alignment: 64)
    defer { unsafe memory.deallocate() }
    for threadCount in 1...4 {
      var offset: Int?
      do {
        try unsafe await reader.load(layout, into: memory, threadCount: threadCount)
      } catch {
        offset = (error as? FormatError)?.offset
      }
      #expect(offset == (16 << 10) + 560_000)
    }
  }
}
