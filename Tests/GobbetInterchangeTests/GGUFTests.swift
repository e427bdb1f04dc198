import Foundation
import GobbetBPE
import GobbetData
import GobbetInterchange
import TestSupport
import Testing

@Suite("GGUF") struct GGUFTests {
  private let folder: TemporaryFolder

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
    // The last 24 bytes are padding behind the last tensor, which readers do not need.
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
          for tensor in reader.tensors { _ = try reader.bytes(of: tensor) }
        }
      }
    }
  }

  /// A header of these counts, and what follows.
  private func file(_ tensors: UInt64, _ values: UInt64, _ rest: [UInt8]) throws -> String {
    var bytes = Array("GGUF".utf8) + [3, 0, 0, 0]
    for count in [tensors, values] {
      bytes += (0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * UInt64($0))) }
    }
    return try folder.write("bad.gguf", bytes + rest)
  }

  private static func words(_ values: UInt64...) -> [UInt8] {
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
      (1, 0, tensor([31], [8, 0, 0, 0], 0)), (1, 0, tensor([1], [99, 0, 0, 0], 0)),
      (0, 1, key + [9, 0, 0, 0] + [0, 0, 0, 0] + Self.words(1 << 50)),
      (0, 1, key + [9, 0, 0, 0] + [9, 0, 0, 0] + Self.words(1) + [9, 0, 0, 0] + Self.words(0)),
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

  @Test("a type that is not read is refused by its name")
  func unknownTypes() throws {
    var bytes =
      Self.words(1) + [0x61, 1, 0, 0, 0] + Self.words(256) + [12, 0, 0, 0] + Self.words(0)
    bytes += [UInt8](repeating: 0, count: 200)
    let path = try file(1, 0, bytes)
    let error = #expect(throws: InterchangeError.self) { _ = try GGUFReader(path) }
    #expect(error?.code == .unsupported("elements of type Q4_K"))
    #expect(error?.field == "a")
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
