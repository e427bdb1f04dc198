import GobbetBPE
import GobbetData
import GobbetFile
import TestSupport
import Testing

@Suite("Weights") struct WeightsTests {
  /// Tensors of every type and of rank 0 to 8, with random bits and with bits like weights.
  static func tensors() throws -> [(TensorDescription, [UInt8])] {
    var generator = SeededGenerator(12)
    var tensors: [(TensorDescription, [UInt8])] = []
    let shapes = [[], [0], [1], [5], [3, 0, 2], [2, 3, 4], [1, 2, 1, 2, 1, 2, 1, 2], [300_000]]
    for type in ElementType.allCases {
      for (number, shape) in shapes.enumerated() {
        let tensor = try TensorDescription(
          name: "\(type.name).\(number)", elementType: type, shape: Self.shape(shape, type))
        let random = {
          (0..<tensor.byteCount).map { _ in UInt8.random(in: 0...255, using: &generator) }
        }
        if number.isMultiple(of: 2) || FloatConversion(type) == nil {
          tensors.append((tensor, random()))
        } else {
          let floats = (0..<tensor.elementCount).map { _ in
            Float.random(in: -1...1, using: &generator)
          }
          tensors.append((tensor, Self.bytes(floats, type)))
        }
      }
    }
    return tensors
  }

  /// A shape whose rows are whole blocks, if the type is stored in blocks.
  static func shape(_ shape: [Int], _ type: ElementType) -> [Int] {
    guard let layout = type.blockLayout else { return shape }
    guard let last = shape.last else { return [layout.elementCount] }
    // As many bytes as a tensor of bytes would have, about.
    let blockCount = last > 1000 ? last / layout.byteCount : last
    return shape.dropLast() + [blockCount * layout.elementCount]
  }

  /// The floats as elements of `type`, too large ones as infinities; none if there is no conversion.
  static func bytes(_ floats: [Float], _ type: ElementType) -> [UInt8] {
    func all<Bits: FixedWidthInteger>(_ bits: (Float) -> Bits) -> [UInt8] {
      floats.map(bits).flatMap { bits in
        (0..<(Bits.bitWidth / 8)).map { UInt8(truncatingIfNeeded: bits >> Bits(8 * $0)) }
      }
    }
    return switch type {
    case .float64: all { Double($0).bitPattern }
    case .float32: all(\.bitPattern)
    case .float16: all(FloatConversion.float16)
    case .bfloat16: all(FloatConversion.bfloat16)
    default: []
    }
  }

  @Test("every bit of every type and shape comes back", arguments: WeightCodec.allCases)
  func roundTrip(codec: WeightCodec) throws {
    let folder = try TemporaryFolder()
    let path = folder.file("w.gobbet")
    let tensors = try Self.tensors()
    let vocabulary = try Vocabularies.random(mergeCount: 5, seed: 1)
    let metadata = [("b", "x\"\\\u{1}\u{1F600}"), ("a", ""), ("gpt.configuration", "{\"n\": 1}")]
    var writer = try WeightsWriter(
      path: path, metadata: metadata, vocabulary: vocabulary, codec: codec)
    for (tensor, data) in tensors { try writer.append(tensor, data.span) }
    try writer.finish()

    let reader = try WeightsReader(path: path)
    #expect(reader.tensors == tensors.map(\.0))
    #expect(reader.metadata.map(\.0) == metadata.map(\.0))
    #expect(reader.metadata.map(\.1) == metadata.map(\.1))
    #expect(try reader.vocabulary() == vocabulary)
    for (tensor, data) in tensors { #expect(try reader.bytes(of: tensor) == data) }
  }

  @Test(
    "every pattern of 16 bits, and the odd ones of 32 and 64, come back from rank 0 to 8",
    arguments: WeightCodec.allCases)
  func patterns(codec: WeightCodec) throws {
    let folder = try TemporaryFolder()
    var generator = SeededGenerator(77)
    let words16 = (0...UInt16.max).map { $0 }
    // Zeros, denormals, infinities, quiet and signaling NaN of both signs, with random payloads.
    let words32 = (0..<70_000).map { index -> UInt32 in
      let exponent: UInt32 = [0, 0xFF, 0x7F, 1][index % 4]
      let mantissa =
        index < 8 ? UInt32(index / 4) : UInt32.random(in: 0..<(1 << 23), using: &generator)
      return UInt32.random(in: 0...1, using: &generator) << 31 | exponent << 23 | mantissa
    }
    func bytes<Word: FixedWidthInteger>(_ words: [Word]) -> [UInt8] {
      words.flatMap { word in
        (0..<(Word.bitWidth / 8)).map { UInt8(truncatingIfNeeded: word >> Word(8 * $0)) }
      }
    }
    let contents: [(ElementType, [UInt8])] = [
      (.float16, bytes(words16)), (.bfloat16, bytes(words16)), (.float32, bytes(words32)),
      (.float64, bytes(words32.map { UInt64($0) << 32 | UInt64($0 &* 2_654_435_761) })),
      (.float8E4M3, bytes(words16)), (.float8E5M2, bytes(words16)),
    ]
    var tensors: [(TensorDescription, [UInt8])] = []
    for (type, data) in contents {
      let count = data.count * 8 / type.bitWidth
      tensors.append(
        (try TensorDescription(name: type.name, elementType: type, shape: [count]), data))
    }
    for rank in 0...8 {
      for type in ElementType.allCases {
        let shape = (0..<rank).map { _ in Int.random(in: 0...3, using: &generator) }
        let tensor = try TensorDescription(
          name: "\(type.name).\(rank)", elementType: type, shape: Self.shape(shape, type))
        tensors.append(
          (
            tensor,
            (0..<tensor.byteCount).map { _ in UInt8.random(in: 0...255, using: &generator) }
          ))
      }
    }
    let path = folder.file("w.gobbet")
    var writer = try WeightsWriter(path: path, codec: codec)
    for (tensor, data) in tensors { try writer.append(tensor, data.span) }
    try writer.finish()
    let reader = try WeightsReader(path: path)
    for (tensor, data) in tensors { #expect(try reader.bytes(of: tensor) == data, "\(tensor)") }
  }

  @Test("pieces of any size give the same file")
  func pieces() throws {
    let folder = try TemporaryFolder()
    let tensor = try TensorDescription(name: "t", elementType: .bfloat16, shape: [700, 1000])
    let data = Self.bytes(
      (0..<tensor.elementCount).map { Float($0 % 1000) / 1000 - 0.5 }, .bfloat16)
    var whole = try WeightsWriter(path: folder.file("a"))
    try whole.append(tensor, data.span)
    try whole.finish()
    var pieces = try WeightsWriter(path: folder.file("b"))
    try pieces.begin(tensor)
    var generator = SeededGenerator(8)
    var start = 0
    while start < data.count {
      let end = min(data.count, start + Int.random(in: 1...300_000, using: &generator))
      try pieces.append(data.span.extracting(start..<end))
      start = end
    }
    try pieces.end()
    try pieces.finish()
    #expect(try readFile(folder.file("a")) == readFile(folder.file("b")))
    let reader = try WeightsReader(path: folder.file("a"))
    #expect(reader.codec(ofTensorNamed: "t") == .compact)
    #expect(reader.storedByteCount(ofTensorNamed: "t") ?? 0 < data.count * 7 / 10)
  }

  @Test("data begins at multiples of 64 bytes, in a region that begins at one of 16 KiB")
  func alignment() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("w.gobbet")
    var writer = try WeightsWriter(path: path, codec: .raw)
    let marks: [[UInt8]] = [Array("first mark".utf8), Array("second mark".utf8)]
    for (number, mark) in marks.enumerated() {
      let tensor = try TensorDescription(
        name: "\(number)", elementType: .uint8, shape: [mark.count])
      try writer.append(tensor, mark.span)
    }
    try writer.finish()
    let file = try readFile(path)
    let places = marks.map { mark in
      (0..<file.count).first { file[$0...].starts(with: mark) }
    }
    #expect(places == [16 << 10, 16 << 10 + 64])
  }

  @Test("names that are taken or illegal, and data of another length, are refused")
  func refusals() throws {
    let folder = try TemporaryFolder()
    var writer = try WeightsWriter(path: folder.file("w.gobbet"))
    func tensor(_ name: String) throws -> TensorDescription {
      try TensorDescription(name: name, elementType: .uint8, shape: [2])
    }
    let two: [UInt8] = [1, 2]
    try writer.append(tensor("t"), two.span)
    var codes: [TensorError.Code?] = []
    for (name, data) in [
      ("t", [1, 2]), ("", [1, 2]), ("a/b", [1, 2]), ("a\n", [1, 2]), ("..", [1, 2]),
      (String(repeating: "x", count: 513), [1, 2]), ("s", [1] as [UInt8]),
    ] {
      do {
        try writer.append(tensor(name), data.span)
        codes.append(nil)
      } catch {
        codes.append((error as? TensorError)?.code)
      }
    }
    #expect(codes.first == .duplicateName)
    #expect(codes.last == .wrongByteCount(expected: 2, found: 1))
    for code in codes.dropFirst().dropLast() {
      guard case .illegalName = code else {
        Issue.record("\(String(describing: code))")
        continue
      }
    }
    try writer.finish()
    let reader = try WeightsReader(path: folder.file("w.gobbet"))
    #expect(reader.tensors.map(\.name) == ["t"])
    #expect(throws: TensorError(.missing, tensor: "u")) { try reader.bytes(of: tensor("u")) }
    let other = try TensorDescription(name: "t", elementType: .int8, shape: [2])
    #expect(throws: TensorError(.otherDescription, tensor: "t")) { try reader.bytes(of: other) }
  }
}
