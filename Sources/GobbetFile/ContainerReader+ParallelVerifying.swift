extension ContainerReader {
  /// Does what ``verify()`` does, `width` sections at a time, and reads the next block of each while
  /// one is hashed: two cores are busy even with one large section.
  ///
  /// The fault is the same, whatever the width: the first in the order of the file.
  /// A width below 1 counts as 1, and one above the number of sections as that.
  /// - Throws: as ``verify()``; `CancellationError`.
  /// - Complexity: O(bytes of the file), in the memory of two blocks for each of `width` sections.
  public func verify(width: Int) async throws {
    let sections = try sectionsOfAllGenerations()
    var first: (index: Int, fault: any Error)?
    await withTaskGroup(of: (index: Int, fault: (any Error)?).self) { group in
      var next = 0
      func addNext() {
        // What comes after a fault is of no interest any more.
        guard next < sections.count, first == nil else { return }
        let index = next
        next += 1
        group.addTask {
          do {
            try await verifyReadingAhead(sections[index])
            return (index, nil)
          } catch {
            return (index, error)
          }
        }
      }
      for _ in 0..<max(1, min(width, sections.count)) { addNext() }
      while let (index, fault) = await group.next() {
        if let fault, index < first?.index ?? .max { first = (index, fault) }
        addNext()
      }
    }
    if let first { throw first.fault }
    try verifyEnd()
  }

  /// Reads one section as ``verify(_:)`` does, one block ahead of the digest.
  private func verifyReadingAhead(_ section: ContainerSection) async throws {
    guard section.blockCount > 1 else { return try verify(section) }
    var hasher = DigestHasher()
    let blocks = try source.checkedBlocks(of: section)
    var block = try source.content(ofBlock: 0, blocks)
    for number in 1..<section.blockCount {
      async let next = source.content(ofBlock: number, blocks)
      hasher.update(block.span)
      block = try await next
      try Task.checkCancellation()
    }
    hasher.update(block.span)
    try verifyEnd(of: section, hasher.digest)
  }
}
