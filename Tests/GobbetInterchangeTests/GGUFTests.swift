import Foundation
import GobbetBPE
import GobbetData
import GobbetInterchange
import TestSupport
import Testing

@Suite("GGUF") struct GGUFTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  static let values: [(key: String, value: GGUFValue)] = [
    ("general.architecture", .string("gpt2")), ("a.u8", .uint8(255)), ("a.i8", .int8(-128)),
    ("a.u16", .uint16(65_535)), ("a.i16", .int16(-2)), ("a.u32", .uint32(.max)),
    ("a.i32", .int32(.min)), ("a.f32", .float32(0.5)), ("a.bool", .bool(true)),
    ("a.u64", .uint64(.max)), ("a.i64", .int64(.min)), ("a.f64", .float64(-1e300)),
    ("a.text", .string("é \"quoted\"")), ("a.empty", .array(elementType: 4, [])),
    ("a.strings", .array(elementType: 8, [.string("x"), .string("")])),
    ("a.numbers", .array(elementType: 5, [.int32(-1), .int32(2)])),
  ]

  /// A matrix of floats between -2 and 2, and a vector.
  static func source(seed: UInt64 = 1) throws -> MemorySource {
    var generator = SeededGenerator(seed)
    var source = MemorySource()
    for (name, shape) in [("a.weight", [6, 64]), ("b.weight", [3, 2, 32]), ("c.bias", [5])] {
      let bytes = (0..<shape.reduce(1, *)).flatMap { _ in
        let bits = Float.random(in: -2...2, using: &generator).bitPattern
        return (0..<4).map { UInt8(truncatingIfNeeded: bits >> (8 * UInt32($0))) }
      }
      try source.append(name, .float32, shape, bytes)
    }
    return source
  }

  @Test("tensors and values come back as they were")
  func roundTrip() throws {
    let source = try Self.source()
    let path = folder.file("a.gguf")
    try GGUFWriter.write(source, to: path, values: Self.values)
    let reader = try GGUFReader(path)
    #expect(reader.tensors == source.tensors)
    for tensor in source.tensors {
      #expect(try reader.bytes(of: tensor) == source.bytes(of: tensor))
    }
    #expect(reader.values.map(\.key) == Self.values.map(\.key))
    #expect(reader.values.map(\.value) == Self.values.map(\.value))
    #expect(reader.metadata(forKey: "a.strings") == #"["x",""]"#)
  }

  @Test(
    "a narrower type keeps the values as well as it can",
    arguments: [(GGUFType.float16, 0.001), (.bfloat16, 0.008), (.q8_0, 0.009)])
  func narrowing(type: GGUFType, tolerance: Double) throws {
    let source = try Self.source()
    let path = folder.file("a.gguf")
    try GGUFWriter.write(source, to: path, values: [], as: type)
    let reader = try GGUFReader(path)
    #expect(reader.types == [type, type, .float32])
    for tensor in source.tensors {
      let expected = try source.floats(of: tensor)
      let found = try reader.floats(named: tensor.name)
      #expect(zip(expected, found).allSatisfy { Double(abs($0 - $1)) <= tolerance })
    }
  }

  @Test(
    "the gguf package reads what we write, and we what it writes, in every type",
    .enabled(if: peersPython != nil, "\(peersNeeded)"))
  func interop() throws {
    let source = try Self.source(seed: 2)
    let (ours, theirs) = (folder.file("ours.gguf"), folder.file("theirs.gguf"))
    try GGUFWriter.write(source, to: ours, values: Self.values, as: .q8_0)
    let program = """
      import sys, numpy as np
      from gguf import GGUFReader, GGUFWriter, GGMLQuantizationType as Q, quants
      r = GGUFReader(sys.argv[1])
      floats = {}
      w = GGUFWriter(sys.argv[2], "gpt2")
      w.add_uint32("gpt2.block_count", 7)
      w.add_array("some.list", ["x", "y"])
      base = np.fromfile(sys.argv[3], dtype=np.float32).reshape(6, 64)
      for q in (Q.F32, Q.F16, Q.BF16, Q.Q8_0, Q.Q4_0, Q.Q4_1, Q.Q5_0, Q.Q5_1):
          data = quants.quantize(base, q)
          w.add_tensor(q.name, data, raw_dtype=q)
          quants.dequantize(data, q).astype(np.float32).tofile(sys.argv[4] + "/" + q.name)
      w.write_header_to_file(); w.write_kv_data_to_file(); w.write_tensors_to_file(); w.close()
      t = r.tensors[0]
      assert t.tensor_type == Q.Q8_0 and list(t.shape) == [64, 6], (t.tensor_type, t.shape)
      assert (np.asarray(t.data) == quants.quantize(base, Q.Q8_0)).all()
      assert r.get_field("a.text").contents() == "é \\"quoted\\""
      assert r.get_field("a.numbers").contents() == [-1, 2]
      print(len(r.tensors), len(r.fields))
      """
    try folder.write("base", try source.bytes(of: source.tensors[0]))
    let text = try runPeers(program, [ours, theirs, folder.file("base"), folder.path])
    #expect(text == "3 \(Self.values.count + 3)\n")
    let reader = try GGUFReader(theirs)
    #expect(reader.tensors.count == 8)
    #expect(reader["some.list"]?.elements == [.string("x"), .string("y")])
    #expect(reader.gpt2Configuration?.layerCount == 7)
    for tensor in reader.tensors {
      #expect(tensor.shape == [6, 64])
      let expected = try readFile(folder.file(tensor.name))
      let found = try reader.floats(of: tensor).flatMap { value in
        (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * UInt32($0))) }
      }
      #expect(found == expected, "\(tensor.name)")
    }
  }

  @Test(
    "blocks of 8 bits refuse what their scale cannot hold, and leave no file",
    arguments: [Float.infinity, -.infinity, .nan, -.nan, 8.4e6, -1e38])
  func notFinite(value: Float) throws {
    let path = folder.file("a.gguf")
    for place in [0, 31, 40] {
      var floats = [Float](repeating: 1, count: 64)
      floats[place] = value
      var source = MemorySource()
      let bytes = floats.flatMap { float in
        (0..<4).map { UInt8(truncatingIfNeeded: float.bitPattern >> (8 * UInt32($0))) }
      }
      try source.append("w", .float32, [2, 32], bytes)
      let error = #expect(throws: InterchangeError.self) {
        try GGUFWriter.write(source, to: path, values: [], as: .q8_0)
      }
      #expect(error?.field == "w")
    }
    #expect(try folder.names().isEmpty)
  }

  @Test("tensors of a type that is not known are listed, and only reading them is an error")
  func unknownTypes() throws {
    func tensor(_ name: UInt8, _ type: UInt8, _ offset: UInt64) -> [UInt8] {
      Self.words(1) + [name, 1, 0, 0, 0] + Self.words(64) + [type, 0, 0, 0] + Self.words(offset)
    }
    let front = tensor(0x61, 99, 0) + tensor(0x62, 26, 96) + tensor(0x63, 77, 352)
    let path = try file(
      3, 0,
      front + [UInt8](repeating: 0, count: -(24 + front.count) & 31)
        + [UInt8](repeating: 7, count: 352 + 41))
    let reader = try GGUFReader(path)
    #expect(reader.tensors.map(\.name) == ["a", "b", "c"])
    #expect(reader.tensors.map(\.shape) == [[64], [64], [64]])
    #expect(reader.types.map(\.name) == ["99", "I32", "77"])
    #expect(reader.storedByteCounts == [96, 256, 41])
    #expect(reader.unreadTensors.map(\.typeName) == ["99", "77"])
    #expect(try reader.bytes(of: reader.tensors[1]).allSatisfy { $0 == 7 })
    let error = #expect(throws: InterchangeError.self) {
      _ = try reader.bytes(of: reader.tensors[0])
    }
    #expect(error?.code == .unsupported("elements of type 99"))
    #expect(error?.field == "a")
    #expect(throws: InterchangeError.self) { _ = try reader.floats(of: reader.tensors[2]) }
    #expect(throws: InterchangeError.self) {
      _ = try unsafe reader.withBytesInPlace(of: reader.tensors[0]) { $0.count }
    }
  }

  @Test("arrays of arrays come back as they were")
  func nestedArrays() throws {
    let nested = GGUFValue.array(
      elementType: 9,
      [
        .array(elementType: 4, [.uint32(1), .uint32(2)]), .array(elementType: 4, []),
        .array(elementType: 9, [.array(elementType: 8, [.string("x")])]),
      ])
    let path = folder.file("a.gguf")
    try GGUFWriter.write(
      MemorySource(), to: path, values: [("n", nested), ("after", .uint8(1))])
    let reader = try GGUFReader(path)
    #expect(reader.values.map(\.value) == [nested, .uint8(1)])
    #expect(reader["n"]?.text == #"[[1,2],[],[["x"]]]"#)
  }

  @Test("data is aligned as the values say", arguments: [8, 32, 64, 4096] as [UInt32])
  func alignment(size: UInt32) throws {
    let source = try Self.source()
    let path = folder.file("a.gguf")
    try GGUFWriter.write(
      source, to: path, values: [("general.alignment", .uint32(size))], as: .q4_0)
    let reader = try GGUFReader(path)
    #expect(reader["general.alignment"] == .uint32(size))
    #expect(try readFile(path).count.isMultiple(of: Int(size)))
    for tensor in source.tensors { _ = try reader.floats(named: tensor.name) }
    for bad in [GGUFValue.uint32(0), .uint32(48), .string("32")] {
      #expect(throws: InterchangeError.self) {
        try GGUFWriter.write(
          source, to: path, values: [("general.alignment", bad)], replacing: true)
      }
    }
  }

  @Test("files of version 1, whose lengths have 32 bits, are read")
  func version1() throws {
    func word(_ value: Int) -> [UInt8] {
      (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    var bytes = Array("GGUF".utf8) + word(1) + word(1) + word(2)
    bytes += word(1) + [0x6B] + word(8) + word(2) + Array("hi".utf8)
    bytes += word(1) + [0x6C] + word(9) + word(8) + word(1) + word(3) + Array("abc".utf8)
    bytes += word(1) + [0x74] + word(2) + word(2) + word(3) + word(24) + Self.words(0)
    bytes += [UInt8](repeating: 0, count: -bytes.count & 31) + [1, 2, 3, 4, 5, 6]
    let reader = try GGUFReader(try folder.write("v1.gguf", bytes))
    #expect(reader["k"] == .string("hi"))
    #expect(reader["l"]?.elements == [.string("abc")])
    #expect(reader.tensors.map(\.shape) == [[3, 2]])
    #expect(try reader.bytes(of: reader.tensors[0]) == [1, 2, 3, 4, 5, 6])
  }

  @Test(
    "big-endian files are read as the gguf package writes them", .enabled(if: peersPython != nil))
  func bigEndian() throws {
    let program = """
      import sys, numpy as np
      from gguf import GGUFWriter, GGUFEndian, GGMLQuantizationType as Q
      w = GGUFWriter(sys.argv[1], "gpt2", endianess=GGUFEndian.BIG)
      w.add_uint32("a.number", 70000)
      w.add_float32("a.float", 0.5)
      w.add_array("a.texts", ["x", "yz"])
      w.add_array("a.numbers", [1, 70000])
      for t in "f4 f2 f8 i4 i2 i1 i8".split():
          w.add_tensor(t, np.arange(6).reshape(2, 3).astype(t))
      w.write_header_to_file(); w.write_kv_data_to_file(); w.write_tensors_to_file(); w.close()
      """
    let path = folder.file("big.gguf")
    _ = try runPeers(program, [path])
    let reader = try GGUFReader(path)
    #expect(reader["a.number"] == .uint32(70_000))
    #expect(reader["a.float"] == .float32(0.5))
    #expect(reader["a.texts"]?.elements == [.string("x"), .string("yz")])
    #expect(reader["a.numbers"]?.elements == [.int32(1), .int32(70_000)])
    for name in ["f4", "f2", "f8"] {
      #expect(try reader.floats(named: name) == [0, 1, 2, 3, 4, 5])
    }
    let words = try #require(reader.tensor(named: "i2"))
    #expect(try reader.bytes(of: words) == [0, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0])
    #expect(try reader.bytes(of: words, in: 3..<6) == [0, 2, 0])
    let lent = try unsafe reader.withBytesInPlace(of: words) { $0.count }
    #expect(lent == nil)
  }

  @Test(
    "blocks in a big-endian file are those of a little-endian one with their scales turned round")
  func bigEndianBlocks() throws {
    // A block of Q8_0 after a header that is written by hand.
    func word(_ value: Int) -> [UInt8] {
      (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
    }
    func long(_ value: Int) -> [UInt8] { word(0) + word(value) }
    func file(_ type: Int, _ data: [UInt8]) throws -> GGUFReader {
      var bytes = Array("GGUF".utf8) + word(3) + long(1) + long(0)
      bytes += long(1) + [0x74] + word(1) + long(32) + word(type) + long(0)
      bytes += [UInt8](repeating: 0, count: -bytes.count & 31) + data
      return try GGUFReader(try folder.write("b\(type).gguf", bytes))
    }
    let reader = try file(8, [0x38, 0x00] + (0..<32).map { UInt8($0) })
    #expect(try reader.floats(named: "t") == (0..<32).map { Float($0) / 2 })
    // Nobody says how the fifth bits of Q5_0 lie there.
    let other = try file(6, [UInt8](repeating: 0, count: 22))
    #expect(other.unreadTensors.count == 1)
    #expect(throws: InterchangeError.self) { _ = try other.floats(named: "t") }
  }

  @Test("a split model is one, by any of its files", .enabled(if: peersPython != nil))
  func split() throws {
    let program = """
      import sys, numpy as np
      from gguf import GGUFWriter
      w = GGUFWriter(sys.argv[1], "gpt2", split_max_tensors=2)
      w.add_uint32("a.number", 5)
      for i in range(5):
          w.add_tensor(f"t{i}", np.full((2, 2), i, np.float32))
      w.write_header_to_file(); w.write_kv_data_to_file(); w.write_tensors_to_file(); w.close()
      """
    _ = try runPeers(program, [folder.file("m.gguf")])
    let names = (1...3).map { "m-0000\($0)-of-00003.gguf" }
    for name in names {
      let reader = try GGUFReader(folder.file(name))
      #expect(reader.tensors.map(\.name) == ["t0", "t1", "t2", "t3", "t4"])
      #expect(try reader.floats(named: "t3") == [3, 3, 3, 3])
      #expect(reader["a.number"] == .uint32(5))
      #expect(!reader.keys.contains { $0.hasPrefix("split.") })
    }
    let renamed = try folder.write("other.gguf", try readFile(folder.file(names[0])))
    #expect(throws: LoadingError.self) { _ = try GGUFReader(renamed) }
    let part = try GGUFReader(renamed, alone: true)
    #expect(part.tensors.map(\.name) == ["t0", "t1"])
    try folder.write(names[1], try readFile(folder.file(names[2])))
    let error = #expect(throws: InterchangeError.self) {
      _ = try GGUFReader(folder.file(names[0]))
    }
    #expect(error?.field == "split.no")
  }

  @Test("a vocabulary in a file is read as the one it was made of")
  func vocabulary() throws {
    let vocabulary = try TokenizerJSON.vocabulary(
      contentsOf: fixturesFolder + "/tinymodel/tokenizer.json")
    // The same strings as in vocab.json, in the order of their ids.
    let pair = (folder.file("vocab.json"), folder.file("merges.txt"))
    try VocabularyAndMerges.write(vocabulary, tokens: pair.0, merges: pair.1)
    let merges = String(decoding: try readFile(pair.1), as: UTF8.self)
      .split(separator: "\n").dropFirst().map { GGUFValue.string(String($0)) }
    let entries = try JSONDecoder().decode(
      [String: Int].self, from: Data(try readFile(pair.0)))
    let texts = entries.sorted { $0.value < $1.value }.map(\.key)
    try #require(texts.count == 1024)
    var kinds = [GGUFValue](repeating: .int32(1), count: 1024)
    kinds[1023] = .int32(3)
    let values: [(key: String, value: GGUFValue)] = [
      ("tokenizer.ggml.model", .string("gpt2")), ("tokenizer.ggml.pre", .string("gpt-2")),
      ("tokenizer.ggml.tokens", .array(elementType: 8, texts.map { .string($0) })),
      ("tokenizer.ggml.token_type", .array(elementType: 5, kinds)),
      ("tokenizer.ggml.merges", .array(elementType: 8, Array(merges))),
    ]
    let path = folder.file("v.gguf")
    try GGUFWriter.write(MemorySource(), to: path, values: values)
    let reader = try GGUFReader(path)
    #expect(reader.metadata.isEmpty)
    #expect(try reader.vocabulary() == vocabulary)
  }
}
