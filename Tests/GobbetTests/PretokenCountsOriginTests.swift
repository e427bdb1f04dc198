import Gobbet
import TestSupport
import Testing

@Suite("What counts were counted from") struct PretokenCountsOriginTests {
  private func counted(_ folder: TemporaryFolder, _ name: String, _ text: String) async throws
    -> String
  {
    let input = try folder.write("\(name).txt", Array(text.utf8))
    let run = PretokenCountingJob(inputs: [input], pattern: .gpt2, workerCount: 1)
    let path = folder.file("\(name).gobbet")
    try await run.result().write(to: path)
    return path
  }

  @Test("is added up by merging, and pruning says what it leaves out")
  func mergingAndPruning() async throws {
    let folder = try TemporaryFolder()
    let parts = [
      try await counted(folder, "one", "a a a b"), try await counted(folder, "two", " a c"),
    ]
    let merged = try PretokenCountsFile.merge(parts, to: folder.file("merged.gobbet"))
    #expect(merged.origin.documentCount == 2)
    #expect(merged.origin.byteCount == 11)
    #expect(merged.origin.minimumCount == 1)
    let pruned = try merged.prune(below: 2, to: folder.file("pruned.gobbet"))
    // Of "a", " a" three times, " b" and " c", only " a" stays.
    #expect(pruned.uniqueCount == 1)
    #expect(pruned.origin.minimumCount == 2)
    #expect(pruned.origin.prunedPretokenCount == 3)
    #expect(pruned.origin.prunedOccurrenceCount == 3)
    #expect(pruned.origin.byteCount == 11)
    let twice = try PretokenCountsFile.merge(
      [folder.file("pruned.gobbet"), parts[0]], to: folder.file("twice.gobbet"))
    #expect(twice.origin.minimumCount == 2)
    #expect(twice.origin.documentCount == 3)
  }
}
