import GobbetBPE
import GobbetInterchange
import TestSupport
import Testing

@Suite("Token ids of other programs") struct ForeignTokensTests {
  typealias Format = ForeignTokensWriter.Format

  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  static let documents: [[TokenID]] = [[1, 2, 3], [], [65_499, 0], [7]]

  private func write(_ format: Format, idBound: Int = 65_499 + 1) throws -> String {
    let path = folder.file("\(format)")
    let count = Self.documents.reduce(0) { $0 + $1.count }
    var writer = try ForeignTokensWriter(
      path, format: format, idBound: idBound, tokenCount: count, replacing: true)
    for document in Self.documents { try writer.append(document: document.span) }
    try writer.finish()
    return path
  }

  private func read(_ format: Format, _ path: String) throws -> ForeignTokens {
    switch format {
    case .nanoGPT: try .nanoGPT(path)
    case .llmC: try .llmC(path)
    case .megatron: try .megatron(prefix: path)
    case .numPy: try .numPy(path)
    }
  }

  @Test(
    "ids come back as they were, of 16 bits and of 32", arguments: Format.allCases,
    [50_000, 200_000])
  func roundTrip(format: Format, idBound: Int) throws {
    guard format != .nanoGPT || idBound <= 65_536 else { return }
    let ids = Self.documents.flatMap(\.self)
    let tokens = try read(format, try write(format, idBound: idBound))
    #expect(tokens.tokenCount == ids.count)
    #expect(try tokens.tokens(in: 0..<ids.count) == ids)
    #expect(try tokens.tokens(in: 2..<4) == Array(ids[2..<4]))
    #expect(tokens.documentBounds == (format == .megatron ? [0, 3, 3, 5, 6] : nil))
  }

  @Test("the name of either file of Megatron's stands for their prefix", arguments: ["bin", "idx"])
  func megatronNames(ending: String) throws {
    let path = folder.file("corpus.\(ending)")
    var writer = try ForeignTokensWriter(path, format: .megatron, idBound: 100, tokenCount: 2)
    try writer.append(document: [7, 8].span)
    try writer.finish()
    #expect(try folder.names() == ["corpus.bin", "corpus.idx"])
    for name in ["corpus", "corpus.bin", "corpus.idx"] {
      let tokens = try ForeignTokens.megatron(prefix: folder.file(name))
      #expect(try tokens.tokens(in: 0..<2) == [7, 8])
    }
    #expect(throws: (any Error).self) {
      try ForeignTokens.megatron(prefix: folder.file("corpus.npy"))
    }
  }

  @Test(
    "Megatron's documents of several sequences are documents, and what else the index says is told",
    arguments: [nil, [0, 0, 0], [0, 1, 0]] as [[UInt8]?])
  func sequencesAndModes(modes: [UInt8]?) throws {
    // Two documents: of two sequences, and of one.
    var index = Array("MMIDIDX".utf8) + [0, 0]
    index += Self.bytes(UInt64(1)) + [8]
    for number: UInt64 in [3, 3] { index += Self.bytes(number) }
    for length: UInt32 in [2, 1, 3] { index += Self.bytes(length) }
    for number: UInt64 in [0, 4, 6, 0, 2, 3] { index += Self.bytes(number) }
    try folder.write("m.idx", index + (modes ?? []))
    try folder.write("m.bin", (0..<6).flatMap { [UInt8($0), 0] })
    let tokens = try ForeignTokens.megatron(prefix: folder.file("m"))
    #expect(tokens.documentBounds == [0, 3, 6])
    #expect(try tokens.tokens(in: 0..<6) == [0, 1, 2, 3, 4, 5])
    #expect(
      tokens.leftOut == ["where 1 sequence begins inside its document"]
        + (modes == [0, 1, 0] ? ["the modes of sequences"] : []))
  }

  private static func bytes(_ number: some FixedWidthInteger) -> [UInt8] {
    (0..<(number.bitWidth / 8)).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
  }

  @Test("ids of more than 16 bits have no place in nanoGPT's files")
  func tooLarge() throws {
    let error = #expect(throws: InterchangeError.self) {
      _ = try ForeignTokensWriter(
        folder.file("a"), format: .nanoGPT, idBound: 65_537, tokenCount: 0)
    }
    guard case .notRepresentable = error?.code else { throw try #require(error) }
    #expect(try folder.names().isEmpty)
  }

  @Test("every truncation and every byte more is an error", arguments: Format.allCases)
  func truncation(format: Format) throws {
    let path = try write(format)
    let file = format == .megatron ? path + ".idx" : path
    let bytes = try readFile(file)
    let lengths = Array(0..<bytes.count).filter {
      $0 < 100 || $0 % 97 == 0 || $0 > bytes.count - 20
    }
    for count in lengths where format != .nanoGPT || count % 2 == 1 {
      try writeFile(file, Array(bytes.prefix(count)))
      #expect(throws: InterchangeError.self, "\(count)") { _ = try read(format, path) }
    }
    try writeFile(file, bytes + [0])
    #expect(throws: InterchangeError.self) { _ = try read(format, path) }
    if format == .megatron {
      try writeFile(file, bytes)
      try writeFile(path + ".bin", [0, 0])
      #expect(throws: InterchangeError.self) { _ = try read(format, path) }
    }
  }

  @Test("no changed byte traps", arguments: Format.allCases)
  func changedBytes(format: Format) throws {
    let path = try write(format)
    let file = format == .megatron ? path + ".idx" : path
    let bytes = try readFile(file)
    for offset in bytes.indices where offset < 200 {
      for value: UInt8 in [0, 1, 0x7F, 0x80, 0xFF] {
        var changed = bytes
        changed[offset] = value
        try writeFile(file, changed)
        if let tokens = try? read(format, path) {
          _ = try? tokens.tokens(in: 0..<min(tokens.tokenCount, 6))
        }
      }
    }
  }

  @Test("an id that is negative or too large is an error where it stands")
  func badIDs() throws {
    let front: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0]
    let dictionary = Array("{'descr': '<i8', 'fortran_order': False, 'shape': (2,), }\n".utf8)
    let path = try folder.write(
      "a.npy",
      front + [UInt8(dictionary.count), 0] + dictionary + [5, 0, 0, 0, 0, 0, 0, 0]
        + [UInt8](repeating: 0xFF, count: 8))
    let tokens = try ForeignTokens.numPy(path)
    #expect(try tokens.tokens(in: 0..<1) == [5])
    let error = #expect(throws: InterchangeError.self) { try tokens.tokens(in: 0..<2) }
    #expect(error?.offset == 10 + dictionary.count + 8)
  }

  @Test(
    "NumPy, with the rules of nanoGPT, llm.c and Megatron, reads what we write",
    .enabled(if: peersPython != nil, "\(peersNeeded)"))
  func interop() throws {
    let paths = try Format.allCases.map { try write($0) }
    let program = """
      import sys, struct, numpy as np
      nano, llmc, megatron, array = sys.argv[1:5]
      ids = [1, 2, 3, 65499, 0, 7]
      assert np.memmap(nano, dtype=np.uint16, mode="r").tolist() == ids
      header = np.fromfile(llmc, dtype=np.int32, count=256)
      assert header[0] == 20240520 and header[1] == 1 and header[2] == 6
      assert np.fromfile(llmc, dtype=np.uint16, offset=1024).tolist() == ids
      assert np.load(array).tolist() == ids
      with open(megatron + ".idx", "rb") as f:
          assert f.read(9) == b"MMIDIDX\\x00\\x00"
          assert struct.unpack("<Q", f.read(8)) == (1,)
          code, = struct.unpack("<B", f.read(1))
          sequences, = struct.unpack("<Q", f.read(8))
          documents, = struct.unpack("<Q", f.read(8))
          offset = f.tell()
      buffer = open(megatron + ".idx", "rb").read()
      lengths = np.frombuffer(buffer, np.int32, sequences, offset)
      pointers = np.frombuffer(buffer, np.int64, sequences, offset + lengths.nbytes)
      bounds = np.frombuffer(buffer, np.int64, documents, offset + lengths.nbytes + pointers.nbytes)
      dtype = {8: np.uint16, 4: np.int32}[code]
      data = open(megatron + ".bin", "rb").read()
      found = [np.frombuffer(data, dtype, n, p).tolist() for n, p in zip(lengths, pointers)]
      assert found == [[1, 2, 3], [], [65499, 0], [7]], found
      assert bounds.tolist() == [0, 1, 2, 3, 4]
      print("ok")
      """
    #expect(try runPeers(program, paths) == "ok\n")
  }
}
