import GobbetBPE
import GobbetData
import GobbetFile
import GobbetInterchange
import GobbetRemote
import GobbetSystem
import TestSupport
import Testing

@Suite("Remote files", .serialized) struct RemoteFileTests {
  let server: FileServer

  init() throws { server = try FileServer() }

  private static let vocabularyPath = "golden/1.0/vocabulary/ranks.gobbet"

  /// A dataset of a million tokens in documents of 16,384, with its vocabulary.
  @discardableResult
  private func writeDataset(_ name: String, _ codec: TokenCodec = .rank) throws -> TokenDataset {
    let vocabulary = try Vocabulary(contentsOf: fixturesFolder + "/" + Self.vocabularyPath)
    let path = server.folder.file(name)
    var writer = try TokenDatasetWriter(
      path: path, vocabulary: vocabulary,
      options: TokenDatasetOptions(codec: codec, embedsVocabulary: true))
    var generator = SeededGenerator(1)
    for _ in 0..<64 {
      let document = (0..<16_384).map { _ in TokenID.random(in: 0..<256, using: &generator) }
      try writer.append(document: document.span)
    }
    try writer.finish()
    return try TokenDataset(path: path)
  }

  @Test(
    "a dataset of many documents is opened without their lengths, which come when they are asked for"
  )
  func manyDocuments() throws {
    let vocabulary = try Vocabulary(contentsOf: fixturesFolder + "/" + Self.vocabularyPath)
    var writer = try TokenDatasetWriter(
      path: server.folder.file("many.gobbet"), vocabulary: vocabulary,
      options: TokenDatasetOptions(codec: .raw16, embedsVocabulary: false))
    var generator = SeededGenerator(1)
    var lengths: [Int] = []
    for _ in 0..<300_000 {
      lengths.append(Int.random(in: 0...9, using: &generator))
      try writer.append(document: [TokenID](repeating: 7, count: lengths[lengths.count - 1]).span)
    }
    try writer.finish()
    _ = try server.sentByteCount()
    let there = try TokenDataset(url: server.url("many.gobbet"))
    #expect(there.documentCount == lengths.count)
    #expect(try server.sentByteCount() < 96 << 10)
    #expect(try there.document(299_999).count == lengths[299_999])
    #expect(try server.sentByteCount() > 64 << 10)
    #expect(try there.document(1) == lengths[0]..<(lengths[0] + lengths[1]))
  }

  @Test("a dataset of each codec is the same by its URL, and a window reads its block alone")
  func datasets() throws {
    for codec in [TokenCodec.raw16, .packed, .rank, .archive] {
      let here = try writeDataset("\(codec).gobbet", codec)
      _ = try server.sentByteCount()
      let there = try TokenDataset(url: server.url("\(codec).gobbet"))
      #expect(try server.sentByteCount() < 128 << 10, "opening \(codec)")
      #expect(there.contentID == here.contentID)
      #expect(there.documentCount == 64 && there.tokenCount == here.tokenCount)
      let sizes = here.shards[0].storedBlocks
      // An archive's first block holds nearly all tokens.
      let starts = codec == .archive ? [0] : [0, 500_000]
      for start in starts {
        let block = start / here.blockTokenCount
        let window = start..<(start + 1025)
        #expect(try there.tokens(in: window) == here.tokens(in: window))
        let sent = try server.sentByteCount()
        #expect(sent > 0 && Double(sent) < 1.5 * Double(sizes[block].storedByteCount), "\(codec)")
        #expect(try there.tokens(in: window).count == 1025)
        #expect(try server.sentByteCount() == 0, "what was read is kept")
      }
      #expect(try there.tokens(in: 0..<there.tokenCount) == here.tokens(in: 0..<here.tokenCount))
    }
  }

  @Test("a folder is read by its manifest, of which no shard may be another")
  func folder() throws {
    let golden = fixturesFolder + "/golden/1.0/dataset/"
    let names = [
      "manifest.json", "train-00000.gobbet", "train-00001.gobbet", "validation-00000.gobbet",
    ]
    for name in names { try server.folder.write(name, try readFile(golden + name)) }
    for split in [DatasetSplit.train, .validation] {
      let here = try TokenDataset(recognizing: golden, split: split)
      for url in [server.url(""), server.url("manifest.json")] {
        let there = try TokenDataset(url: url, split: split)
        #expect(there.contentID == here.contentID)
        #expect(try there.tokens(in: 0..<there.tokenCount) == here.tokens(in: 0..<here.tokenCount))
      }
    }
    try server.folder.write("train-00000.gobbet", try readFile(golden + names[2]))
    #expect(throws: LoadingError.self) { try TokenDataset(url: server.url("")) }
  }

  @Test("a vocabulary is read out of a large file by itself")
  func vocabularies() throws {
    try writeDataset("d.gobbet")
    let expected = try Vocabulary(contentsOf: fixturesFolder + "/" + Self.vocabularyPath)
    _ = try server.sentByteCount()
    let found = try Vocabulary(url: server.url("d.gobbet"))
    #expect(found == expected)
    #expect(try server.sentByteCount() < 256 << 10)
  }

  @Test("weights are the same by their URL, and rows read their own blocks")
  func weights() throws {
    let tensor = try TensorDescription(name: "t", elementType: .bfloat16, shape: [64, 65_536])
    var generator = SeededGenerator(2)
    let data = (0..<tensor.byteCount).map { _ in UInt8.random(in: 0...255, using: &generator) }
    for codec in WeightCodec.allCases {
      let path = server.folder.file("\(codec.name).gobbet")
      var writer = try WeightsWriter(path: path, codec: codec)
      try writer.append(tensor, data.span)
      try writer.finish()
      _ = try server.sentByteCount()
      let reader = try WeightsReader(url: server.url("\(codec.name).gobbet"))
      #expect(try server.sentByteCount() < 128 << 10)
      let slice = try reader.slice(named: "t", 7..<9)
      #expect(try reader.bytes(of: slice) == Array(data[(7 * 131_072)..<(9 * 131_072)]))
      #expect(try server.sentByteCount() <= 2 * (512 << 10) + (16 << 10))
      #expect(try reader.bytes(of: tensor) == data)
    }
  }

  static let faults: [(name: String, kind: RemoteError.Kind)] = [
    ("whole", .wholeFile), ("torn", .torn), ("long", .wrongLength), ("shifted", .wrongLength),
    ("encoded", .wrongLength), ("circle", .redirectLoop), ("scheme", .redirectScheme),
    ("gone", .connection), ("busy", .status(503)), ("forbidden", .status(403)),
    ("shorter", .changed), ("changed", .changed),
  ]

  @Test("what a server does wrong is an error that says where and what to do", arguments: faults)
  func mistakes(name: String, kind: RemoteError.Kind) throws {
    try writeDataset("d.gobbet")
    let url = server.url("d.gobbet", behind: "later-" + name)
    let error = #expect(throws: RemoteError.self) {
      let file = try RemoteFile(url: url)
      _ = try file.bytes(in: 100_000..<105_000)
    }
    #expect(error?.kind == kind)
    #expect(error?.offset == 100_000)
    #expect(error?.url == url)
    #expect(error?.wayOut.isEmpty == false)
    #expect(error?.description.hasPrefix("\(url): byte 100000: ") == true)
    // An answer that is wrong from the first on, where it can be.
    if !["changed", "shorter"].contains(name) {
      let opening = #expect(throws: RemoteError.self) {
        try RemoteFile(url: server.url("d.gobbet", behind: name))
      }
      #expect(opening?.kind == kind)
      #expect(opening?.offset == 0)
    }
  }

  @Test("a redirect is followed, headers are sent, and what fails once is asked for again")
  func detours() throws {
    try writeDataset("d.gobbet")
    for fault in ["moved", "once"] {
      #expect(try TokenDataset(url: server.url("d.gobbet", behind: fault)).documentCount == 64)
    }
    let url = server.url("d.gobbet", behind: "needs_token")
    #expect(try TokenDataset(url: url, headers: ["Authorization: Bearer word"]).documentCount == 64)
    let error = #expect(throws: RemoteError.self) { try RemoteFile(url: url) }
    #expect(error?.kind == .status(401))
  }

  @Test("a file that isn't there, is empty, or lies behind another scheme is an error")
  func absent() throws {
    let missing = #expect(throws: RemoteError.self) { try RemoteFile(url: server.url("none")) }
    #expect(missing?.kind == .notFound)
    try server.folder.write("empty", [])
    #expect(try RemoteFile(url: server.url("empty")).byteCount == 0)
    #expect(throws: FormatError.self) { try ContainerReader(url: server.url("empty")) }
    for url in ["ftp://a/b", "file:///etc/passwd", "d.gobbet"] {
      let error = #expect(throws: RemoteError.self) { try RemoteFile(url: url) }
      #expect(error?.kind == .unsupportedURL)
    }
  }

  @Test("errors show neither passwords nor queries")
  func secrets() throws {
    let url = server.url("none").replacing("//", with: "//user:word@") + "?token=secret"
    let error = #expect(throws: RemoteError.self) { try RemoteFile(url: url) }
    #expect(error?.url == server.url("none") + "?…")
  }
}
