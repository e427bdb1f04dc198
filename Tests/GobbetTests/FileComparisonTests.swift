import Gobbet
import TestSupport
import Testing

@Suite("Comparing files") struct FileComparisonTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A weight file with these tensors of 32-bit floats.
  private func weights(
    _ name: String, _ tensors: [(String, [Float])], metadata: [(String, String)] = []
  ) throws -> String {
    let path = folder.file(name)
    var writer = try WeightsWriter(path: path, metadata: metadata)
    for (name, values) in tensors {
      let tensor = try TensorDescription(name: name, elementType: .float32, shape: [values.count])
      let bytes = try #require(FloatConversion(.float32)).bytes(values.span)
      try writer.append(tensor, bytes.span)
    }
    try writer.finish()
    return path
  }

  @Test("tensors are compared by value: largest, root mean square, relative, cosine")
  func values() throws {
    let first = try weights("a.gobbet", [("w", [3, 0, 4, 0]), ("same", [1])])
    let second = try weights("b.gobbet", [("w", [3, 0, 0, 4]), ("same", [1])])
    let difference = try #require(try FileComparison(first, second).weights)
    #expect(difference.different.map(\.name) == ["w"])
    let values = try #require(difference.different[0].values)
    #expect(difference.different[0].elementCount == 2)
    #expect(values.largest == 4 && values.rootMeanSquare == 8.0.squareRoot())
    #expect(values.cosine == 9.0 / 25)
    #expect(values.relative == (32.0 / 25).squareRoot())
    let zeros = try weights("z.gobbet", [("w", [0, 0, 0, 0]), ("same", [1])])
    let other = try #require(try FileComparison(zeros, second).weights?.different[0].values)
    #expect(other.cosine == nil && other.relative == nil && other.largest == 4)
  }

  @Test("tensors of other types and the same shape are compared by value, too")
  func types() throws {
    let floats = (0..<64).map { Float($0) / 7 - 3 }
    let first = try weights("a.gobbet", [("w", floats)])
    let narrow = folder.file("b.gobbet")
    var conversion = FileConversion()
    conversion.elementType = .bfloat16
    _ = try conversion.convert(first, to: narrow, format: .gobbet)
    let tensor = try #require(try FileComparison(first, narrow).weights?.different[0])
    #expect(tensor.descriptions == ["f32 [64]", "bf16 [64]"])
    let values = try #require(tensor.values)
    #expect(values.largest > 0 && values.largest < 0.04)
    #expect(try #require(values.cosine) > 0.9999 && tensor.elementCount > 32)
  }

  private func vocabulary(
    _ pairs: [(TokenID, TokenID)], _ special: String = "<|end|>", pattern: SplitPattern = .cl100k
  ) throws -> Vocabulary {
    try Vocabulary(
      byteOrder: Array(0...255), pairs: pairs, pattern: pattern,
      specialTokens: SpecialTokens([SpecialToken(special, id: 1000)]))
  }

  /// A dataset of these documents.
  private func dataset(_ name: String, _ documents: [[TokenID]]) throws -> String {
    let path = folder.file(name)
    var writer = try TokenDatasetWriter(path: path, vocabulary: vocabulary([]))
    for document in documents { try writer.append(document: document.span) }
    try writer.finish()
    return path
  }

  @Test("tensors that differ are named, with how many elements and by how much")
  func tensors() throws {
    let first = try weights("a", [("w", [1, 2, 3]), ("v", [5]), ("u", [0, 1])])
    let second = try weights("b", [("u", [0, 1]), ("w", [1, 2.5, 2.75]), ("x", [1])])
    let comparison = try FileComparison(first, second)
    #expect(!comparison.isSame && comparison.sections.isEmpty)
    let difference = try #require(comparison.weights)
    #expect(difference.onlyInFirst == ["v"])
    #expect(difference.onlyInSecond == ["x"])
    #expect(difference.different.map(\.name) == ["w"])
    #expect(difference.different.first?.elementCount == 2)
    #expect(difference.different.first?.largestDifference == 0.5)
  }

  @Test("the order of tensors isn't a difference")
  func order() throws {
    let first = try weights("a", [("w", [1]), ("v", [2])])
    let second = try weights("b", [("v", [2]), ("w", [1])])
    #expect(try FileComparison(first, second).isSame)
  }

  @Test("a NaN or an infinity in the place of a number has no largest difference")
  func noNumbers() throws {
    for value in [Float.nan, .infinity] {
      let first = try weights("a\(value)", [("w", [1, 2])])
      let second = try weights("b\(value)", [("w", [1, value])])
      let tensor = try #require(try FileComparison(first, second).weights?.different.first)
      #expect(tensor.elementCount == 1)
      #expect(tensor.largestDifference == nil)
    }
  }

  @Test("other shapes are told, and other metadata is a difference of sections")
  func shapes() throws {
    let first = try weights("a", [("w", [1, 2])], metadata: [("k", "1")])
    let second = try weights("b", [("w", [1])], metadata: [("k", "2")])
    let comparison = try FileComparison(first, second)
    #expect(comparison.weights?.different.first?.descriptions == ["f32 [2]", "f32 [1]"])
    #expect(comparison.sections.map(\.kind) == ["meta"])
    #expect(comparison.sections.map(\.change) == [.different])
  }

  @Test("vocabularies differ by their first token, their first merge and their special tokens")
  func vocabularies() throws {
    let first = folder.file("a")
    let second = folder.file("b")
    try vocabulary([(97, 98), (98, 99), (99, 100)], "<|a|>").write(to: first)
    try vocabulary([(97, 98), (98, 100)], "<|b|>", pattern: .gpt2).write(to: second)
    let difference = try #require(try FileComparison(first, second).vocabulary)
    #expect(difference.firstToken == 257)
    #expect(difference.tokenCount == 3)
    #expect(difference.firstMerge == 1)
    #expect(difference.rulesDiffer)
    #expect(difference.onlyInFirst == ["<|a|>"])
    #expect(difference.onlyInSecond == ["<|b|>"])
  }

  @Test("datasets differ by their first token, by their length, or by where documents end")
  func tokens() throws {
    let first = try dataset("a", [[1, 2, 3], [4, 5]])
    let changed = try #require(
      try FileComparison(first, dataset("b", [[1, 2, 3], [4, 6]])).tokens)
    #expect(changed.firstToken?.index == 4 && changed.firstToken?.document == 1)
    #expect(changed.firstToken?.first == 5 && changed.firstToken?.second == 6)
    #expect(changed.firstDocument == nil && !changed.vocabulariesDiffer)
    let longer = try #require(
      try FileComparison(first, dataset("c", [[1, 2, 3], [4, 5], [7]])).tokens)
    #expect(longer.firstToken?.index == 5 && longer.firstToken?.second == 7)
    #expect(longer.firstToken?.first == nil && longer.firstDocument == 2)
    let moved = try #require(
      try FileComparison(first, dataset("d", [[1, 2], [3, 4, 5]])).tokens)
    #expect(moved.firstToken == nil && moved.firstDocument == 0)
  }

  @Test("statistics tell finite elements from the others")
  func statistics() {
    let some = TensorStatistics([1, -3, .nan, .infinity, 5, -.infinity])
    #expect(some.minimum == -3 && some.maximum == 5 && some.mean == 1)
    #expect(some.nanCount == 1 && some.infinityCount == 2)
    let none = TensorStatistics([.nan])
    #expect(none.minimum == nil && none.mean == nil && none.nanCount == 1)
  }

  @Test("a signature that what was appended has made void is a fault")
  func voidSignature() async throws {
    let path = try weights("a", [("w", [1])])
    let signature = try #require(
      ContainerSignature(
        of: try ContainerReader(path: path).contentID, privateKey: Array(0..<32)))
    var signer = try ContainerWriter(appendingTo: path)
    try signer.add(signature)
    _ = try signer.finish()
    #expect(try await FileVerification(path: path).signature == signature)
    var writer = try ContainerWriter(appendingTo: path)
    try writer.add(SectionKind("note"), [1], level: nil)
    _ = try writer.finish()
    await #expect(throws: SignatureError.self) { try await FileVerification(path: path) }
    #expect(
      try await FileVerification(path: path, checkingSignature: false).signature == nil)
  }
}
