extension ContainerReader {
  /// Reads everything: every checksum, every digest, every padding byte.
  ///
  /// - Throws: ``FormatError`` for the first fault, section by section; ``FileError``.
  /// - Complexity: O(bytes of the file), in the memory of one block.
  public func verify() throws {
    for section in sections {
      var hasher = DigestHasher()
      try forEachBlock(of: section, touching: 0..<section.byteCount) { block, _ in
        hasher.update(block.span)
      }
      let computed = hasher.digest
      guard computed == section.digest else {
        throw FormatError(
          code: .digestMismatch(stored: section.digest, computed: computed),
          offset: section.payloadOffset, field: "table.digest", file: path)
      }
      let end = section.blockTableOffset + section.blockTableByteCount
      for (index, byte) in try read(end, section.endOffset - end, "section.padding").enumerated()
      where byte != 0 {
        throw FormatError(
          code: .damaged("padding byte is \(byte)"), offset: end + index, field: "section.padding",
          file: path)
      }
    }
  }
}
