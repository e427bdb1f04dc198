import Gobbet
import TestSupport
import Testing

@Suite("Verifying what sections mean") struct VerificationTests {
  /// The sections of a file, by kind.
  private typealias Parts = [(kind: String, content: [UInt8])]

  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static func vocabulary() throws -> Vocabulary {
    try Vocabulary(
      byteOrder: Array(0...255), pairs: [(104, 105), (256, 33)], pattern: .gpt2,
      specialTokens: SpecialTokens([SpecialToken("<|end|>", id: 258)]))
  }

  private func parts(_ path: String) throws -> Parts {
    let container = try ContainerReader(path: path)
    return try container.sections.map { ("\($0.kind)", try container.bytes(of: $0)) }
  }

  private func tokens() throws -> Parts {
    let path = folder.file("tokens.gobbet")
    var writer = try TokenDatasetWriter(
      path: path, vocabulary: Self.vocabulary(), options: TokenDatasetOptions(codec: .raw16),
      replacing: true)
    try writer.append(document: [256, 257].span, source: "a.txt", byteCount: 5)
    try writer.append(document: [104].span, source: "b.txt", byteCount: 1)
    _ = try writer.finish()
    return try parts(path)
  }

  /// The fault of a file of these sections, all checksums right; nil if it has none.
  private func fault(_ parts: Parts, profile: UInt32) async throws -> String? {
    let file = HandMadeFile(
      parts.map { HandMadeFile.Part.raw($0.kind, $0.content, blockByteCount: 1 << 20) },
      profile: profile)
    let path = folder.file("lie.gobbet")
    try writeFile(path, file.bytes)
    try ContainerReader(path: path).verify()
    do {
      _ = try await FileVerification(path: path)
      return nil
    } catch {
      return "\(error)"
    }
  }

  private func changed(
    _ parts: Parts, _ kind: String, _ change: (inout [UInt8]) -> Void
  ) -> Parts {
    parts.map { part in
      var part = part
      if part.kind == kind { change(&part.content) }
      return part
    }
  }

  @Test("sources and byte counts of documents that are none are found")
  func documentNotes() async throws {
    let parts = try tokens()
    #expect(try await fault(parts, profile: 2) == nil)
    for kind in ["dsrc", "dbyt"] {
      let garbage = changed(parts, kind) { $0 = [UInt8](repeating: 0xFF, count: $0.count) }
      let found = try await fault(garbage, profile: 2)
      #expect(found?.contains("documents.") == true, "\(kind): \(found ?? "no fault")")
    }
  }

  @Test("a fingerprint that is not the vocabulary's is found, alone and beside tokens")
  func fingerprint() async throws {
    let path = folder.file("vocabulary.gobbet")
    try Self.vocabulary().write(to: path)
    let alone = try parts(path)
    #expect(try await fault(alone, profile: 1) == nil)
    for (parts, profile) in [(alone, UInt32(1)), (try tokens(), 2)] {
      for byte in [0, 31] {
        let lie = changed(parts, "VOCB") { $0[byte] ^= 1 }
        let found = try await fault(lie, profile: profile)
        #expect(found?.contains("vocabulary.fingerprint: SHA-256") == true, "\(found ?? "none")")
      }
    }
  }

  @Test("a file without the head that its profile or its other sections call for is refused")
  func heads() async throws {
    var weights = try WeightsWriter(path: folder.file("w.gobbet"), vocabulary: Self.vocabulary())
    try weights.append(
      TensorDescription(name: "w", elementType: .uint8, shape: [2]), [1, 2].span)
    try weights.finish()
    var counts = try PretokenCountsWriter(path: folder.file("c.gobbet"), pattern: .gpt2)
    try counts.append([97].span, count: 2)
    try counts.finish()
    try Self.vocabulary().write(to: folder.file("v.gobbet"))
    let files: [(head: String, profile: UInt32, parts: Parts)] = [
      ("VOCB", 1, try parts(folder.file("v.gobbet"))), ("TOKH", 2, try tokens()),
      ("VOCB", 2, try tokens()), ("TENS", 3, try parts(folder.file("w.gobbet"))),
      ("CNTH", 5, try parts(folder.file("c.gobbet"))),
    ]
    for (head, profile, parts) in files {
      #expect(try await fault(parts, profile: profile) == nil, "\(head)")
      // In a bundle the profile calls for nothing, but the other sections do.
      for profile in [profile, 4] {
        let found = try await fault(parts.filter { $0.kind != head }, profile: profile)
        #expect(found?.contains("no section \(head)") == true, "\(found ?? "no fault")")
      }
    }
    for (profile, head) in [(UInt32(1), "VOCB"), (2, "TOKH"), (3, "TENS"), (5, "CNTH")] {
      let found = try await fault([("note", [1])], profile: profile)
      #expect(found?.contains("no section \(head)") == true, "\(found ?? "no fault")")
    }
  }
}
