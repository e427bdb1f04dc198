import GobbetFile
import TestSupport
import Testing

@Suite("Signatures") struct SignatureTests {
  static let privateKey = [UInt8](0..<32)

  /// A signed file, and its path.
  private func signed(_ folder: TemporaryFolder) throws -> String {
    let path = folder.file("x.gobbet")
    var writer = try ContainerWriter(path: path, profile: .bundle)
    try writer.add(SectionKind("DATA"), [1, 2, 3], level: nil)
    let contentID = try writer.finish()
    let signature = try #require(ContainerSignature(of: contentID, privateKey: Self.privateKey))
    var signer = try ContainerWriter(appendingTo: path)
    try signer.add(signature)
    #expect(try signer.finish() == contentID)
    return path
  }

  @Test("a signature is appended, read and valid, and isn't part of the content id")
  func signing() throws {
    let folder = try TemporaryFolder()
    let reader = try ContainerReader(path: try signed(folder))
    try reader.verify()
    let signature = try #require(try reader.signature())
    #expect(signature.isValid(for: reader.contentID))
    let other = ContentDigest(of: reader.contentID.bytes.span)
    #expect(!signature.isValid(for: other))
    // RFC 8032 defines the public key of this seed.
    #expect(
      signature.publicKey.prefix(4).elementsEqual([0x03, 0xA1, 0x07, 0xBF]))
  }

  @Test("a signature does not hold for what is appended after it")
  func appending() throws {
    let folder = try TemporaryFolder()
    let path = try signed(folder)
    var writer = try ContainerWriter(appendingTo: path)
    try writer.add(SectionKind("MORE"), [4], level: nil)
    _ = try writer.finish()
    let reader = try ContainerReader(path: path)
    let signature = try #require(try reader.signature())
    #expect(!signature.isValid(for: reader.contentID))
  }

  @Test("recovery keeps a signature of all that was there, and leaves one of more than that behind")
  func recovery() throws {
    let folder = try TemporaryFolder()
    let path = try signed(folder)
    var bytes = try readFile(path)
    try folder.write("torn.gobbet", bytes + Array("SECT".utf8))
    let whole = try ContainerReader.recover(
      folder.file("torn.gobbet"), to: folder.file("whole.gobbet"))
    #expect(
      whole.faults.isEmpty && whole.recovered.map(\.kind) == [SectionKind("DATA"), .signature])
    bytes[try ContainerReader(path: path).sections[0].payloadOffset] ^= 1
    try folder.write("flipped.gobbet", bytes)
    let part = try ContainerReader.recover(
      folder.file("flipped.gobbet"), to: folder.file("part.gobbet"))
    #expect(part.faults.map(\.field) == ["section.payload", "signature"])
    #expect(part.recovered.isEmpty)
  }

  @Test(
    "a signature of another kind or length is refused",
    arguments: [
      ([2, 0, 0, 0], "byte 128, signature.algorithm: unknown code 2"),
      ([1, 0, 0, 0], "byte 132, signature.reserved: needs 4 bytes, 0 left"),
      ([1, 0, 0, 0, 0, 0, 0, 0, 1], "byte 136, signature.publicKey: needs 32 bytes, 1 left"),
      (
        [1] + [UInt8](repeating: 0, count: 104), "byte 232, signature: 1 byte too many"
      ),
    ] as [([UInt8], String)])
  func broken(content: [UInt8], error: String) throws {
    let file = HandMadeFile([.raw("sign", content)])
    let reader = try ContainerReader(MemorySource(file.bytes), named: "x")
    let thrown = #expect(throws: FormatError.self) { try reader.signature() }
    #expect(thrown?.description == "x: " + error)
  }

  @Test(
    "a key that RFC 8032 does not decode signs nothing, whatever libraries take",
    arguments: [
      // y is 1, whose signature by R = 1 and S = 0 is valid for any message: the one key that RFC
      // 8032 decodes; the same with the sign of x = 0; and y is the prime + 1.
      ([1] + [UInt8](repeating: 0, count: 31), true),
      ([1] + [UInt8](repeating: 0, count: 30) + [0x80], false),
      ([0xEE] + [UInt8](repeating: 0xFF, count: 30) + [0x7F], false),
    ])
  func pointsOfKeys(key: [UInt8], isPoint: Bool) throws {
    let signature = [1] + [UInt8](repeating: 0, count: 63)
    let file = HandMadeFile([.raw("sign", [1, 0, 0, 0, 0, 0, 0, 0] + key + signature)])
    let reader = try ContainerReader(MemorySource(file.bytes), named: "x")
    #expect(try reader.signature()?.isValid(for: reader.contentID) == isPoint)
  }

  @Test("a key of another length is none")
  func keys() {
    let content: [UInt8] = []
    let contentID = ContentDigest(of: content.span)
    #expect(ContainerSignature(of: contentID, privateKey: [1, 2, 3]) == nil)
  }
}
