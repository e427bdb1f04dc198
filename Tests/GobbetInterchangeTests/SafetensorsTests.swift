import GobbetData
import GobbetInterchange
import TestSupport
import Testing

/// Tensors in memory.
struct MemorySource: TensorSource {
  var tensors: [TensorDescription] = []
  var metadata: [(String, String)] = []
  private var data: [String: [UInt8]] = [:]

  mutating func append(
    _ name: String, _ type: ElementType, _ shape: [Int], _ bytes: [UInt8]
  ) throws {
    let tensor = try TensorDescription(name: name, elementType: type, shape: shape)
    #expect(tensor.byteCount == bytes.count)
    tensors.append(tensor)
    data[name] = bytes
  }

  func read(_ tensor: TensorDescription, into destination: UnsafeMutableRawBufferPointer) throws {
    unsafe destination.copyBytes(from: try #require(data[tensor.name]))
  }

  /// Tensors of all types that safetensors has, with random bytes.
  static func random(seed: UInt64) throws -> MemorySource {
    var generator = SeededGenerator(seed)
    var source = MemorySource()
    let types: [ElementType] = [
      .bool, .uint8, .int8, .float8E5M2, .float8E4M3, .int16, .uint16, .float16, .bfloat16, .int32,
      .uint32, .float32, .float64, .int64, .uint64, .float8E8M0, .float8E4M3FNUZ, .float8E5M2FNUZ,
      .float6E2M3, .float6E3M2, .float4E2M1, .complex64,
    ]
    for index in 0..<44 {
      let type = types[index % types.count]
      let rank = Int.random(in: 0...5, using: &generator)
      var shape = (0..<rank).map { _ in Int.random(in: 0...4, using: &generator) }
      // Less than a byte an element: whole bytes only.
      if type.bitWidth < 8 { shape.append(4) }
      let count = shape.reduce(1, *) * type.bitWidth / 8
      let bytes = (0..<count).map { _ in
        type == .bool
          ? UInt8.random(in: 0...1, using: &generator) : .random(in: 0...255, using: &generator)
      }
      try source.append("tensor \(index * 7919 % 44) \"é\"", type, shape, bytes)
    }
    source.metadata = [("format", "pt"), ("b\n\u{1}", "é \"quoted\" \\"), ("a", "")]
    return source
  }
}

/// Whether two sources hold the same tensors, in any order, and the same metadata in theirs.
func expectEqual(_ left: some TensorSource, _ right: some TensorSource) throws {
  #expect(Set(left.tensors) == Set(right.tensors))
  #expect(left.tensors.count == right.tensors.count)
  #expect(left.metadata.map(\.0) == right.metadata.map(\.0))
  #expect(left.metadata.map(\.1) == right.metadata.map(\.1))
  for tensor in left.tensors {
    #expect(try left.bytes(of: tensor) == right.bytes(of: tensor), "\(tensor.name)")
  }
}

@Suite("safetensors") struct SafetensorsTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("tensors and metadata come back as they were", arguments: 0..<4 as Range<UInt64>)
  func roundTrip(seed: UInt64) throws {
    let source = try MemorySource.random(seed: seed)
    let path = folder.file("a.safetensors")
    try SafetensorsWriter.write(source, to: path)
    let reader = try SafetensorsReader(path)
    try expectEqual(reader, source)
    let again = folder.file("b.safetensors")
    try SafetensorsWriter.write(reader, to: again)
    #expect(try readFile(again) == readFile(path))
  }

  @Test("the small model is written again byte for byte")
  func smallModel() throws {
    let path = fixturesFolder + "/tinymodel/model.safetensors"
    let again = folder.file("again.safetensors")
    try SafetensorsWriter.write(try SafetensorsReader(path), to: again)
    #expect(try readFile(again) == readFile(path))
  }

  @Test(
    "every type of safetensors 0.8 comes back from it byte for byte",
    .enabled(if: peersPython != nil))
  func reference() throws {
    let program = """
      import sys, json, struct, re
      from safetensors import deserialize
      names = sys.argv[2].split()
      header, data = {}, b""
      for i, n in enumerate(reversed(names)):
          bits = 8 if n == "BOOL" else int(re.sub("^[A-Z]+", "", n).split("_")[0])
          part = bytes((37 * i + k) % 2 if n == "BOOL" else (37 * i + k) % 251 for k in range(3 * bits))
          header[n] = {"dtype": n, "shape": [3, 8], "data_offsets": [len(data), len(data) + len(part)]}
          data += part
      text = json.dumps(header, separators=(",", ":")).encode()
      text += b" " * (-len(text) % 8)
      file = struct.pack("<Q", len(text)) + text + data
      assert len(deserialize(file)) == len(names)
      open(sys.argv[1], "wb").write(file)
      """
    let names =
      "BOOL F4 F6_E2M3 F6_E3M2 U8 I8 F8_E5M2 F8_E4M3 F8_E8M0 F8_E4M3FNUZ F8_E5M2FNUZ I16 U16 F16 BF16 "
      + "I32 U32 F32 C64 F64 I64 U64"
    let (path, again) = (folder.file("a.safetensors"), folder.file("b.safetensors"))
    _ = try runPeers(program, [path, names])
    let reader = try SafetensorsReader(path)
    #expect(reader.tensors.count == 22)
    try SafetensorsWriter.write(reader, to: again)
    #expect(try readFile(again) == readFile(path))
    // And by way of a file of our own.
    let packed = folder.file("c.gobbet")
    var writer = try WeightsWriter(path: packed)
    try writer.append(contentsOf: reader)
    try writer.finish()
    try SafetensorsWriter.write(try WeightsReader(path: packed), to: again, replacing: true)
    #expect(try readFile(again) == readFile(path))
  }

  @Test("elements that fill no whole bytes are refused as the reference refuses them")
  func parts() throws {
    for (type, count, size) in [("F4", 3, 2), ("F6_E2M3", 3, 3), ("F6_E3M2", 2, 2)] {
      let path = try file(
        #"{"a":{"dtype":"\#(type)","shape":[\#(count)],"data_offsets":[0,\#(size)]}}"#, data: size)
      #expect(throws: InterchangeError.self) { _ = try SafetensorsReader(path) }
    }
    let odd = try TensorDescription(name: "a", elementType: .float4E2M1, shape: [3])
    #expect(throws: InterchangeError.self) {
      _ = try SafetensorsWriter(folder.file("odd"), tensors: [odd])
    }
  }

  @Test("nothing is written for a tensor named twice, or of a type that the format lacks")
  func notRepresentable() throws {
    let one = try TensorDescription(name: "a", elementType: .uint8, shape: [1])
    let nibbles = try TensorDescription(name: "b", elementType: .int4, shape: [2])
    let reserved = try TensorDescription(name: "__metadata__", elementType: .uint8, shape: [1])
    for tensors in [[one, one], [nibbles], [reserved]] {
      #expect(throws: InterchangeError.self) {
        _ = try SafetensorsWriter(folder.file("a"), tensors: tensors)
      }
    }
    #expect(throws: InterchangeError.self) {
      _ = try SafetensorsWriter(folder.file("a"), tensors: [], metadata: [("k", ""), ("k", "")])
    }
    #expect(try folder.names().isEmpty)
  }

  /// A file of this header and `count` bytes of data.
  private func file(_ header: String, data count: Int, length: UInt64? = nil) throws -> String {
    let length = length ?? UInt64(header.utf8.count)
    let bytes = (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * UInt64($0))) }
    return try folder.write(
      "bad.safetensors", bytes + Array(header.utf8) + [UInt8](repeating: 0, count: count))
  }

  static func tensor(_ name: String, _ start: Int, _ end: Int, shape: String = "[4]") -> String {
    "\"\(name)\":{\"dtype\":\"U8\",\"shape\":\(shape),\"data_offsets\":[\(start),\(end)]}"
  }

  @Test(
    "what the reference reader passes over is passed over",
    arguments: [
      "{\"__metadata__\":null,\(tensor("a", 0, 4))}", "  {\(tensor("a", 0, 4))}",
      "\t\n\r {\(tensor("a", 0, 4))} \n",
      "{\(tensor("a", 0, 4).dropLast()),\"more\":1,\"more\":[{}]}}",
    ])
  func leniency(header: String) throws {
    let path = try file(header, data: 4)
    #expect(try FileFormat(recognizing: path) == .safetensors)
    let reader = try SafetensorsReader(path)
    #expect(reader.tensors.map(\.shape) == [[4]])
    #expect(reader.metadata.isEmpty)
  }

  @Test("a header of any length is one of safetensors, that of PyTorch's first bytes too")
  func lengths() throws {
    for length in [640, 0x0480, 0x4B50, 0x8B1F] {
      let header = "{\(Self.tensor("a", 0, 4))}"
      let padding = String(repeating: " ", count: length - header.utf8.count)
      let path = try file(header + padding, data: 4)
      #expect(try FileFormat(recognizing: path) == .safetensors, "\(length)")
      #expect(try SafetensorsReader(path).tensors.count == 1)
    }
  }

  static let broken: [(header: String, count: Int)] = [
    ("{}", 1), ("{", 0), ("  ", 0), ("[]", 0), ("{}x", 0), ("\u{FEFF}{}", 0),
    ("{\(tensor("a", 0, 4))}", 3), ("{\(tensor("a", 0, 4))}", 5),
    ("{\(tensor("a", 1, 5))}", 5), ("{\(tensor("a", 4, 0))}", 4),
    ("{\(tensor("a", 0, 4)),\(tensor("b", 3, 7))}", 7),
    ("{\(tensor("a", 0, 4)),\(tensor("b", 5, 9))}", 9),
    ("{\(tensor("a", 0, 4)),\(tensor("b", 0, 4))}", 4),
    ("{\(tensor("a", 0, 4)),\(tensor("a", 4, 8))}", 8),
    ("{\(tensor("a", 0, 4, shape: "[5]"))}", 4), ("{\(tensor("a", 0, 4, shape: "[-4]"))}", 4),
    ("{\(tensor("a", 0, 4, shape: "[4.0]"))}", 4), ("{\(tensor("a", 0, 4, shape: "4"))}", 4),
    ("{\(tensor("a", 0, 4, shape: "[4294967296,4294967296,4294967296,4]"))}", 4),
    ("{\(tensor("a", 0, 4, shape: "[9223372036854775807,2]"))}", 4),
    ("{\(tensor("a", 0, 4, shape: "[18446744073709551615]"))}", 4),
    ("{\(tensor("a", 0, 0, shape: "[0,9223372036854775807,2]"))}", 0),
    ("{\(tensor("a", 0, 1, shape: "[1,1,1,1,1,1,1,1,1]"))}", 1),
    ("{\(tensor("a", 0, 4).dropLast()),\"dtype\":\"U8\"}}", 4),
    (#"{"a":{"dtype":"U8","shape":[4]}}"#, 4), (#"{"a":{"dtype":"U8","data_offsets":[0,4]}}"#, 4),
    (#"{"a":{"dtype":"U9","shape":[4],"data_offsets":[0,4]}}"#, 4), (#"{"a":null}"#, 0),
    (#"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4,4]}}"#, 4),
    (#"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0]}}"#, 4),
    (#"{"__metadata__":{"a":1}}"#, 0), (#"{"__metadata__":[]}"#, 0),
    (#"{"__metadata__":{"a":"","a":""}}"#, 0), (#"{"__metadata__":{},"__metadata__":{}}"#, 0),
    (#"{"__metadata__":{"a":{"b":{}}}}"#, 0),
    ("{\"a\":" + String(repeating: "[", count: 20_000), 0),
    ("{\"__metadata__\":{\"a\":\"\u{0}\"}}", 0),
  ]

  @Test("a header that breaks a rule is an error", arguments: broken)
  func brokenHeader(header: String, count: Int) throws {
    let path = try file(header, data: count)
    #expect(throws: InterchangeError.self) { _ = try SafetensorsReader(path) }
  }

  @Test(
    "a header length that the file cannot hold is an error, and allocates nothing",
    arguments: [3, 1 << 20, 100_000_000, 100_000_001, 1 << 32, 1 << 62, 1 << 63, UInt64.max])
  func headerLength(length: UInt64) throws {
    let path = try file("{}", data: 0, length: length)
    let error = #expect(throws: InterchangeError.self) { _ = try SafetensorsReader(path) }
    #expect(error?.offset == 0)
  }

  @Test("every truncation of a file is an error")
  func truncation() throws {
    var source = MemorySource()
    try source.append("a", .float32, [2], Array(0..<8))
    try source.append("b", .uint8, [3], [1, 2, 3])
    try SafetensorsWriter.write(source, to: folder.file("whole"))
    let bytes = try readFile(folder.file("whole"))
    for count in 0..<bytes.count {
      let path = try folder.write("cut", Array(bytes.prefix(count)))
      #expect(throws: InterchangeError.self) { _ = try SafetensorsReader(path) }
    }
  }

  @Test("a file that is cut while it is open gives an error, not rubbish")
  func shrinking() throws {
    var source = MemorySource()
    try source.append("a", .uint8, [4], [1, 2, 3, 4])
    try SafetensorsWriter.write(source, to: folder.file("a"))
    let reader = try SafetensorsReader(folder.file("a"))
    let result = try run("/bin/sh", ["-c", ": > '\(folder.file("a"))'"])
    #expect(result.status == 0)
    #expect(throws: InterchangeError.self) { try reader.bytes(of: reader.tensors[0]) }
  }

  @Test(
    "the safetensors package reads what we write and writes the same bytes",
    .enabled(if: peersPython != nil, "\(peersNeeded)"))
  func interop() throws {
    var source = try MemorySource.random(seed: 9)
    // The package reads these, and has no name for them when it writes.
    source.tensors.removeAll { [.float6E2M3, .float6E3M2].contains($0.elementType) }
    source.metadata = [("format", "pt")]
    let (ours, theirs) = (folder.file("ours"), folder.file("theirs"))
    try SafetensorsWriter.write(source, to: ours)
    let program = """
      import sys, json, struct
      import numpy as np
      from safetensors import TensorSpec, safe_open, serialize_file
      raw = np.fromfile(sys.argv[1], dtype=np.uint8)
      n = struct.unpack("<Q", raw[:8].tobytes())[0]
      header = json.loads(raw[8:8 + n].tobytes())
      metadata = header.pop("__metadata__")
      names = {"BOOL": "bool", "U8": "uint8", "I8": "int8", "F8_E5M2": "float8_e5m2",
        "F8_E4M3": "float8_e4m3fn", "I16": "int16", "U16": "uint16", "F16": "float16",
        "BF16": "bfloat16", "I32": "int32", "U32": "uint32", "F32": "float32", "F64": "float64",
        "I64": "int64", "U64": "uint64", "C64": "complex64", "F8_E8M0": "float8_e8m0fnu",
        "F8_E4M3FNUZ": "float8_e4m3fnuz", "F8_E5M2FNUZ": "float8_e5m2fnuz", "F4": "float4_e2m1fn_x2"}
      tensors = {}
      for name, t in header.items():
          a, b = t["data_offsets"]
          shape = t["shape"]
          if t["dtype"] == "F4":
              shape[-1] //= 2
          tensors[name] = TensorSpec(dtype=names[t["dtype"]], shape=shape,
            data_ptr=raw.ctypes.data + 8 + n + a, data_len=b - a)
      serialize_file(tensors, sys.argv[2], metadata)
      with safe_open(sys.argv[1], "numpy") as f:
          print(len(f.keys()), f.metadata()["format"])
      """
    #expect(try runPeers(program, [ours, theirs]) == "\(source.tensors.count) pt\n")
    #expect(try readFile(ours) == readFile(theirs))
    try expectEqual(try SafetensorsReader(theirs), source)
  }
}
