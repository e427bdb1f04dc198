internal import GobbetSystem

/// A raw section where it lies in a mapped file: for many short reads.
public struct MappedSection: Sendable {
  private let file: MappedFile
  private let start: Int
  /// Bytes of the section.
  public let byteCount: Int

  init(_ file: MappedFile, start: Int, byteCount: Int) {
    self.file = file
    self.start = start
    self.byteCount = byteCount
  }

  /// The content of the section, unchecked: for reads so short that a closure costs too much.
  ///
  /// A file that is cut short meanwhile raises SIGBUS.
  package var bytes: Span<UInt8> {
    @_lifetime(borrow self)
    get {
      let content = file.bytes.extracting(start..<(start + byteCount))
      // SAFETY: every byte is a `UInt8`; the mapping lives as long as `file`, a part of what the span
      // borrows.
      return unsafe _overrideLifetime(Span<UInt8>(_bytes: content), borrowing: self)
    }
  }

  /// The content of the section, unchecked.
  ///
  /// The pointer must not leave `body`. A file that is cut short meanwhile raises SIGBUS.
  @unsafe public func withUnsafeBytes<Result>(
    _ body: (UnsafeRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    // SAFETY: the section lies in the mapping, as was checked when this value was made.
    try unsafe file.withUnsafeBytes { bytes in
      try unsafe body(
        UnsafeRawBufferPointer(rebasing: bytes[start..<(start + byteCount)]))
    }
  }
}

extension ContainerReader {
  /// A raw section, mapped; nil if the source isn't a file.
  ///
  /// - Precondition: the section is raw.
  /// - Throws: `FileError` if the file cannot be mapped, ``FormatError`` if it was cut since it was
  ///   opened.
  public func mapped(_ section: ContainerSection) throws -> MappedSection? {
    precondition(section.codec == .raw, "ContainerReader: only raw sections can be mapped")
    guard let source = source.source as? FileSource else { return nil }
    let file = try source.mapped()
    let end = section.payloadOffset + section.byteCount
    guard end <= file.byteCount else {
      throw FormatError(
        code: .truncated(needed: end, available: file.byteCount), offset: section.payloadOffset,
        field: "section.payload", file: path)
    }
    return MappedSection(file, start: section.payloadOffset, byteCount: section.byteCount)
  }
}
