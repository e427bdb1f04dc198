import GobbetData
import GobbetInterchange
import TestSupport
import Testing

@Suite("NumPy arrays") struct NumPyTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("an array comes back as it was", arguments: [[], [0], [3], [2, 3], [1, 2, 3, 4]])
  func roundTrip(shape: [Int]) throws {
    var source = MemorySource()
    let count = shape.reduce(4, *)
    try source.append("a", .int32, shape, (0..<count).map { UInt8($0) })
    let path = folder.file("a.npy")
    try NumPyWriter.write(source.tensors[0], of: source, to: path)
    try expectEqual(try NumPyReader(path), source)
  }

  @Test("a type that NumPy does not have is not written")
  func notRepresentable() throws {
    var source = MemorySource()
    try source.append("a", .bfloat16, [1], [0, 0])
    #expect(throws: InterchangeError.self) {
      try NumPyWriter.write(source.tensors[0], of: source, to: folder.file("a.npy"))
    }
    #expect(try folder.names().isEmpty)
  }

  @Test(
    "NumPy reads what we write, and we what it writes",
    .enabled(if: peersPython != nil, "\(peersNeeded)"))
  func interop() throws {
    var source = MemorySource()
    try source.append("ours", .float32, [2, 3], (0..<24).map { UInt8($0) })
    try NumPyWriter.write(source.tensors[0], of: source, to: folder.file("ours.npy"))
    let program = """
      import sys, os, numpy as np
      os.chdir(sys.argv[1])
      a = np.load("ours.npy")
      assert a.dtype == np.float32 and a.shape == (2, 3)
      assert a.tobytes() == bytes(range(24))
      np.save("again.npy", a)
      types = "f8 f4 f2 i8 i4 i2 i1 u8 u4 u2 u1 bool".split()
      arrays = {t: np.arange(6).reshape(3, 2).astype(t) for t in types}
      arrays["scalar"] = np.float64(1.5)
      arrays["empty"] = np.zeros((0, 4), np.int32)
      np.savez("many.npz", **arrays)
      np.save("fortran.npy", np.asfortranarray(arrays["f4"]))
      np.save("object.npy", np.array([{}], dtype=object), allow_pickle=True)
      np.save("record.npy", np.zeros(2, dtype=[("a", "<i4"), ("b", "<f4")]))
      np.savez_compressed("compressed.npz", **arrays)
      np.save("big.npy", arrays["f4"].astype(">f4"))
      """
    _ = try runPeers(program, [folder.path])
    #expect(try readFile(folder.file("again.npy")) == readFile(folder.file("ours.npy")))
    let many = try NumPyReader(folder.file("many.npz"))
    #expect(many.tensors.count == 14)
    for name in ["f8", "f4", "f2"] {
      #expect(try many.floats(named: name) == [0, 1, 2, 3, 4, 5])
    }
    #expect(try many.floats(named: "scalar") == [1.5])
    let small = try #require(many.tensor(named: "u1"))
    #expect(small.shape == [3, 2])
    #expect(try many.bytes(of: small) == [0, 1, 2, 3, 4, 5])
    for name in ["fortran.npy", "big.npy"] {
      let reader = try NumPyReader(folder.file(name))
      #expect(try reader.floats(of: reader.tensors[0]) == [0, 1, 2, 3, 4, 5], "\(name)")
      #expect(reader.tensors[0].shape == [3, 2])
    }
    try expectEqual(try NumPyReader(folder.file("compressed.npz")), many)
    for name in ["object.npy", "record.npy"] {
      #expect(throws: InterchangeError.self, "\(name)") {
        _ = try NumPyReader(folder.file(name))
      }
    }
  }

  @Test(
    "arrays of every order, byte order and compression are what NumPy says that they are",
    .enabled(if: peersPython != nil))
  func layouts() throws {
    let program = """
      import sys, os, numpy as np
      os.chdir(sys.argv[1])
      r = np.random.default_rng(1)
      arrays = {}
      for shape in [(7,), (3, 5), (2, 3, 4), (1, 4, 1, 3), (0, 3), (300, 200)]:
          for t in ("<f4", ">f4", ">f8", ">i2", "<u1", ">u8"):
              a = r.integers(0, 256, (*shape, np.dtype(t).itemsize), np.uint8).view(t)[..., 0]
              for o in "CF":
                  arrays["x".join(map(str, shape)) + t[1:] + "LB"[t[0] == ">"] + o] = np.array(a, order=o)
      np.savez("plain.npz", **arrays)
      np.savez_compressed("deflated.npz", **arrays)
      for n, a in arrays.items():
          open(n, "wb").write(np.ascontiguousarray(a).astype(a.dtype.newbyteorder("<")).tobytes())
      """
    _ = try runPeers(program, [folder.path])
    var generator = SeededGenerator(8)
    for name in ["plain.npz", "deflated.npz"] {
      let reader = try NumPyReader(folder.file(name))
      #expect(reader.tensors.count == 72)
      for tensor in reader.tensors {
        let expected = try readFile(folder.file(tensor.name))
        #expect(try reader.bytes(of: tensor) == expected, "\(name) \(tensor.name)")
        let start = Int.random(in: 0...expected.count, using: &generator)
        let range = start..<Int.random(in: start...expected.count, using: &generator)
        #expect(try reader.bytes(of: tensor, in: range) == Array(expected[range]))
      }
    }
  }

  @Test(
    "data that is not what a member's checksum says is an error before any of it is used",
    .enabled(if: peersPython != nil), arguments: ["savez", "savez_compressed"])
  func checksums(function: String) throws {
    let program = """
      import sys, numpy as np
      np.\(function)(sys.argv[1], a=np.arange(1000, dtype=np.int32))
      """
    let path = folder.file("a.npz")
    _ = try runPeers(program, [path])
    var bytes = try readFile(path)
    let tensor = try NumPyReader(path).tensors[0]
    for offset in [400, 500, 600] {
      bytes[offset] ^= 4
      let reader = try? NumPyReader(try folder.write("changed.npz", bytes))
      bytes[offset] ^= 4
      guard let reader else { continue }
      #expect(throws: InterchangeError.self) { _ = try reader.bytes(of: tensor, in: 0..<4) }
      #expect(throws: InterchangeError.self) { _ = try reader.bytes(of: tensor) }
    }
  }

  /// A ZIP file of members that aren't compressed.
  private func archive(_ members: [(name: String, bytes: [UInt8])]) -> [UInt8] {
    func little(_ value: Int, _ count: Int) -> [UInt8] {
      (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    var file: [UInt8] = []
    var directory: [UInt8] = []
    for (name, bytes) in members {
      var sum: UInt32 = .max
      for byte in bytes {
        sum ^= UInt32(byte)
        for _ in 0..<8 { sum = sum >> 1 ^ (sum & 1 == 1 ? 0xEDB8_8320 : 0) }
      }
      let fields =
        little(20, 2) + little(0, 8) + little(Int(~sum), 4) + little(bytes.count, 4)
        + little(bytes.count, 4) + little(name.utf8.count, 2) + little(0, 2)
      directory += little(0x0201_4B50, 4) + little(20, 2) + fields + little(0, 10)
      directory += little(file.count, 4) + Array(name.utf8)
      file += little(0x0403_4B50, 4) + fields + Array(name.utf8) + bytes
    }
    let end =
      little(0x0605_4B50, 4) + little(0, 4) + little(members.count, 2) + little(members.count, 2)
    return file + directory + end + little(directory.count, 4) + little(file.count, 4)
      + little(0, 2)
  }

  @Test("an array of a type that tensors do not have is listed, and hinders no other")
  func unreadArrays() throws {
    func array(_ type: String, _ count: Int) throws -> [UInt8] {
      try readFile(
        file("{'descr': \(type), 'fortran_order': False, 'shape': (2,), }", data: count))
    }
    let fields = "[('a]', '<i4'), ('b', '<f4', (2,))]"
    let path = try folder.write(
      "m.npz",
      archive([
        ("floats.npy", array("'<f4'", 8)), ("bytes.npy", array("'<V1'", 2)),
        ("objects.npy", array("'|O'", 40)), ("records.npy", array(fields, 24)),
      ]))
    let reader = try NumPyReader(path)
    #expect(reader.tensors.map(\.name) == ["floats", "bytes", "objects", "records"])
    #expect(reader.unreadTensors.map(\.typeName) == ["<V1", "|O", fields])
    #expect(try reader.bytes(of: reader.tensors[0]).count == 8)
    for tensor in reader.tensors.dropFirst() {
      let error = #expect(throws: InterchangeError.self) { _ = try reader.bytes(of: tensor) }
      #expect(error?.field == tensor.name)
    }
    let open = try NumPyReader(path, openType: .float8E4M3)
    #expect(open.unreadTensors.map(\.typeName) == ["|O", fields])
    #expect(open.tensors[1].elementType == .float8E4M3 && open.tensors[1].shape == [2])
    #expect(try open.bytes(of: open.tensors[1]) == [0, 0])
    #expect(open.leavesTypesOpen && reader.leavesTypesOpen)
  }

  @Test("types of ml_dtypes that a file tells apart are read, others are refused")
  func otherTypes() throws {
    func path(_ type: String, _ count: Int) throws -> String {
      try file("{'descr': '\(type)', 'fortran_order': False, 'shape': (2,), }", data: count)
    }
    #expect(try NumPyReader(path("<V2", 4)).tensors[0].elementType == .bfloat16)
    #expect(try NumPyReader(path("<f1", 2)).tensors[0].elementType == .float8E5M2)
    for (type, count) in [("<V1", 2), ("|V2", 4), (">V2", 4), ("<U1", 8), ("<f16", 32)] {
      let error = #expect(throws: InterchangeError.self) {
        _ = try NumPyReader(path(type, count))
      }
      #expect("\(try #require(error))".contains(type))
    }
  }

  @Test(
    "an archive comes back as it was, and NumPy reads it",
    .enabled(if: peersPython != nil, "\(peersNeeded)"))
  func archive() throws {
    var generator = SeededGenerator(6)
    var source = MemorySource()
    for (name, type, shape) in [
      ("a", .float32, [700, 2]), ("é b", .uint8, [3]), ("none", .int64, [0, 2]),
      ("s", .float16, []),
    ] as [(String, ElementType, [Int])] {
      let count = shape.reduce(type.bitWidth / 8, *)
      try source.append(
        name, type, shape, (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) })
    }
    let path = folder.file("a.npz")
    try NumPyWriter.write(source, to: path)
    try expectEqual(try NumPyReader(path), source)
    // zipfile checks the sums.
    let program = """
      import sys, numpy as np, zipfile
      assert zipfile.ZipFile(sys.argv[1]).testzip() is None
      z = np.load(sys.argv[1])
      print([(n, str(z[n].dtype), z[n].shape) for n in z.files])
      sys.stdout.write(z["a"].tobytes().hex())
      """
    let text = try runPeers(program, [path])
    let lines = text.split(separator: "\n")
    #expect(
      lines[0] == "[('a', 'float32', (700, 2)), ('é b', 'uint8', (3,)), ('none', 'int64', (0, 2)), "
        + "('s', 'float16', ())]")
    let hex = try source.bytes(of: source.tensors[0]).map { byte in
      (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
    #expect(lines[1] == hex.joined())
  }

  /// An array file of this dictionary and `count` bytes of data.
  private func file(_ dictionary: String, data count: Int) throws -> String {
    let length = dictionary.utf8.count
    let front: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0]
    return try folder.write(
      "bad.npy",
      front + [UInt8(length & 0xFF), UInt8(length >> 8)] + Array(dictionary.utf8)
        + [UInt8](repeating: 0, count: count))
  }

  @Test(
    "a header that NumPy would not write is an error",
    arguments: [
      "", "{", "{}", "{'descr': '<f4', 'fortran_order': False}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'more': 1}",
      "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1.0,)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 1, 1, 1, 1, 1, 1, 1)}",
      "{'descr': '|O', 'fortran_order': False, 'shape': (1,)}",
      "{'descr': '<f4, 'fortran_order': False, 'shape': (1,)}",
      "{'descr': __import__('os'), 'fortran_order': False, 'shape': (1,)}",
      "{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': 1}",
      "{'descr': '<f4'",
    ])
  func brokenHeader(dictionary: String) throws {
    let path = try file(dictionary, data: 4)
    #expect(throws: InterchangeError.self) { _ = try NumPyReader(path) }
  }

  @Test("every truncation of an array is an error, and no changed byte traps")
  func attacks() throws {
    var source = MemorySource()
    try source.append("a", .int32, [2], [1, 2, 3, 4, 5, 6, 7, 8])
    try NumPyWriter.write(source.tensors[0], of: source, to: folder.file("a.npy"))
    let bytes = try readFile(folder.file("a.npy"))
    for count in 0..<bytes.count {
      let path = try folder.write("cut.npy", Array(bytes.prefix(count)))
      #expect(throws: InterchangeError.self) { _ = try NumPyReader(path) }
    }
    for offset in 0..<128 {
      for value: UInt8 in [0, 0x28, 0x7F, 0xFF] {
        var changed = bytes
        changed[offset] = value
        let path = try folder.write("changed.npy", changed)
        if let reader = try? NumPyReader(path) { _ = try reader.bytes(of: reader.tensors[0]) }
      }
    }
  }

  @Test(
    "no changed byte of an archive traps or reads outside a member",
    .enabled(if: peersPython != nil, "\(peersNeeded)"))
  func archives() throws {
    let program = """
      import sys, numpy as np
      np.savez(sys.argv[1], a=np.arange(3, dtype=np.uint8), b=np.arange(2, dtype=np.uint8))
      """
    let path = folder.file("a.npz")
    _ = try runPeers(program, [path])
    let bytes = try readFile(path)
    #expect(try NumPyReader(path).tensors.map(\.name) == ["a", "b"])
    for count in stride(from: 0, to: bytes.count, by: 3) {
      let cut = try folder.write("cut.npz", Array(bytes.prefix(count)))
      #expect(throws: InterchangeError.self) { _ = try NumPyReader(cut) }
    }
    for offset in bytes.indices {
      for value: UInt8 in [0, 1, 0x7F, 0xFF] {
        var changed = bytes
        changed[offset] = value
        let path = try folder.write("changed.npz", changed)
        guard let reader = try? NumPyReader(path) else { continue }
        for tensor in reader.tensors {
          do {
            _ = try reader.bytes(of: tensor)
          } catch let error as InterchangeError {
            #expect(error.code == .damaged("another checksum"))
          }
        }
      }
    }
  }
}
