import Foundation
import GobbetBPE
import GobbetData
import GobbetFile
import GobbetSystem
import TestSupport
import Testing

/// Small files, damaged in every way that one cut or one flipped bit can do it.
@Suite("Damaged files") struct DamageTests {
  /// Everything that a file holds, read.
  enum Content: Hashable {
    case vocabulary(Vocabulary)
    case tokens([[TokenID]], Vocabulary?)
    case counts([[UInt8]], [UInt64])
    case weights([TensorDescription], [[UInt8]], [String])
  }

  @Test("a cut vocabulary, or one with a flipped bit, is an error or the same")
  func vocabulary() throws {
    for vocabulary in [
      try Vocabularies.random(mergeCount: 20, seed: 5), try Vocabularies.irregular(),
    ] {
      try Self.damage {
        try vocabulary.write(to: $0)
      } read: {
        .vocabulary(try Vocabulary(contentsOf: $0))
      }
    }
  }

  @Test("cut tokens, or ones with a flipped bit, are an error or the same")
  func tokens() throws {
    let vocabulary = try Vocabularies.random(mergeCount: 4, seed: 5)
    let documents = TokenDatasetTests.documents(4, idBound: vocabulary.idBound, seed: 1)
    for codec in [TokenCodec.packed, .rank] {
      try Self.damage { path in
        try TokenDatasetTests.write(
          documents, to: path, vocabulary,
          TokenDatasetOptions(codec: codec, blockTokenCount: 64, embedsVocabulary: false))
      } read: { path in
        let dataset = try TokenDataset(path: path)
        let found = try (0..<dataset.documentCount).map {
          try dataset.tokens(in: dataset.document($0))
        }
        return .tokens(found, try dataset.vocabulary(given: vocabulary))
      }
    }
  }

  @Test("cut counts, or ones with a flipped bit, are an error or the same")
  func counts() throws {
    let counts = try PretokenCountsFileTests.counts(seed: 2, 6)
    try Self.damage { path in
      var writer = try PretokenCountsWriter(path: path, pattern: .gpt2)
      try counts.forEachSortedPretoken { try writer.append($0, count: $1) }
      try writer.finish()
    } read: { path in
      let found = try PretokenCountsFileTests.content(PretokenCountsFile(path: path))
      return .counts(found.map(\.0), found.map(\.1))
    }
  }

  @Test("cut weights, or ones with a flipped bit, are an error or the same")
  func weights() throws {
    let floats = (0..<300).map { Float($0) / 300 }
    let tensor = try TensorDescription(name: "t", elementType: .bfloat16, shape: [3, 100])
    let data = WeightsTests.bytes(floats, .bfloat16)
    let flags = try TensorDescription(name: "f", elementType: .bool, shape: [5])
    let bits: [UInt8] = [1, 0, 1, 1, 0]
    try Self.damage { path in
      var writer = try WeightsWriter(path: path, metadata: [("key", "value")])
      try writer.append(tensor, data.span)
      try writer.append(flags, bits.span)
      try writer.finish()
    } read: { path in
      let reader = try WeightsReader(path: path)
      return .weights(
        reader.tensors, try reader.tensors.map { try reader.bytes(of: $0) },
        reader.metadata.flatMap { [$0.0, $0.1] })
    }
  }

  @Test("an unknown critical section is refused by name, an unknown ancillary one is not the fault")
  func unknownSections() throws {
    let folder = try TemporaryFolder()
    let readers: [(String) throws -> Void] = [
      { _ = try Vocabulary(contentsOf: $0) }, { _ = try TokenDataset(path: $0) },
      { _ = try WeightsReader(path: $0) }, { _ = try PretokenCountsFile(path: $0) },
    ]
    for (kind, isCritical) in [(SectionKind("XTRA"), true), (SectionKind("xtra"), false)] {
      let path = folder.file(kind.description)
      var writer = try ContainerWriter(path: path, profile: .bundle)
      try writer.add(kind, [1, 2, 3], level: nil)
      _ = try writer.finish()
      for read in readers {
        let code = #expect(throws: FormatError.self) { try read(path) }?.code
        if isCritical {
          #expect(code == .unsupportedSection("XTRA"))
        } else if case .missingSection = code {
        } else {
          Issue.record("\(String(describing: code))")
        }
      }
    }
  }

  /// Writes a file, then reads it cut at every byte and with every bit flipped.
  private static func damage(
    write: (String) throws -> Void, read: (String) throws -> Content
  ) throws {
    let folder = try TemporaryFolder()
    let path = folder.file("whole.gobbet")
    try write(path)
    let whole = try read(path)
    let bytes = try readFile(path)
    // The file is changed where it is: writing it anew for each bit takes a hundred times as long.
    let handle = try FileHandle(forUpdating: URL(filePath: path))
    // The region of the data begins at 16 KiB; of the zeros in front every hundredth will do.
    let isLong = bytes.count > 16 << 10
    for bit in 0..<(8 * bytes.count)
    where !isLong || bytes[bit / 8] != 0 || bit.isMultiple(of: 101) {
      try overwrite(handle, at: bit / 8, with: bytes[bit / 8] ^ 1 << UInt8(bit % 8))
      let found = outcome(path, read)
      #expect(found == nil || found == whole, "bit \(bit)")
      try overwrite(handle, at: bit / 8, with: bytes[bit / 8])
    }
    #expect(outcome(path, read) == whole)
    for count in (0..<bytes.count).reversed() {
      try handle.truncate(atOffset: UInt64(count))
      #expect(outcome(path, read) == nil, "cut at \(count)")
    }
  }

  private static func overwrite(_ handle: FileHandle, at offset: Int, with byte: UInt8) throws {
    try handle.seek(toOffset: UInt64(offset))
    try handle.write(contentsOf: [byte])
  }

  /// What the file at `path` holds; nil if it gives a typed error.
  private static func outcome(
    _ path: String, _ read: (String) throws -> Content
  ) -> Content? {
    do {
      return try read(path)
    } catch is FormatError {
      return nil
    } catch is TokenDatasetError {
      return nil
    } catch {
      Issue.record("an error of another kind: \(error)")
      return nil
    }
  }
}
