public import GobbetBPE
internal import GobbetData
internal import GobbetSystem

/// Writes token ids as other programs keep them.
public struct ForeignTokensWriter: ~Copyable {
  /// The programs whose files are written.
  public enum Format: Hashable, Sendable, CaseIterable {
    /// `.bin` of 16-bit ids; larger ones have no place there.
    case nanoGPT
    /// `.bin` with llm.c's header, of 16-bit ids, or of 32 where a vocabulary needs them.
    case llmC
    /// `PREFIX.bin` and `PREFIX.idx`: the path is the prefix, or one of the two. A document is a
    /// sequence.
    case megatron
    /// `.npy` of one axis.
    case numPy
  }

  private let format: Format
  private let element: ForeignTokens.Element
  private let path: String
  private let tokenCount: Int
  /// The two files of Megatron's; nil for formats of one.
  private var files: FileSet?
  private var data: AtomicFile
  private var writtenCount = 0
  private var lengths: [Int32] = []

  /// Begins a file that will hold `tokenCount` ids below `idBound`.
  ///
  /// - Throws: `FileError`; `InterchangeError` (`notRepresentable`) if the format has no room for
  ///   such ids, or that many.
  public init(
    _ path: String, format: Format, idBound: Int, tokenCount: Int, replacing: Bool = false
  ) throws {
    let path = format == .megatron ? ForeignTokens.Megatron.prefix(path) : path
    let element = try Self.element(format, idBound: idBound, path)
    let header = try Self.header(format, element, tokenCount, path)
    let files =
      format == .megatron
      ? try FileSet([path + ".bin", path + ".idx"], replacing: replacing) : nil
    var data = try AtomicFile(
      files?.stagedPath(0) ?? path, replacing: replacing || files != nil)
    try data.write(header.span)
    self.data = data
    self.format = format
    self.element = element
    self.path = path
    self.tokenCount = tokenCount
    self.files = files
  }

  private static func element(
    _ format: Format, idBound: Int, _ path: String
  ) throws(InterchangeError) -> ForeignTokens.Element {
    switch format {
    // Megatron's own limit.
    case .megatron: return idBound < 65_500 ? .uint16 : .int32
    case .llmC, .numPy: return idBound <= 1 << 16 ? .uint16 : .uint32
    case .nanoGPT:
      guard idBound <= 1 << 16 else {
        throw InterchangeError(.notRepresentable("ids of more than 16 bits"), path: path)
      }
      return .uint16
    }
  }

  private static func header(
    _ format: Format, _ element: ForeignTokens.Element, _ count: Int, _ path: String
  ) throws(InterchangeError) -> [UInt8] {
    var header: [UInt8] = []
    switch format {
    case .nanoGPT, .megatron: break
    case .numPy:
      let type: ElementType = element == .uint16 ? .uint16 : .uint32
      header = NumPyHeader(elementType: type, shape: [count]).bytes ?? []
    case .llmC:
      guard let count = Int32(exactly: count) else {
        throw InterchangeError(.notRepresentable("2^31 ids or more"), path: path)
      }
      typealias LLMC = ForeignTokens.LLMC
      header.append(littleEndian: element == .uint16 ? LLMC.magic16 : LLMC.magic32)
      header.append(littleEndian: element == .uint16 ? LLMC.version16 : LLMC.version32)
      header.append(littleEndian: count)
      header.append(contentsOf: repeatElement(0, count: LLMC.headerByteCount - header.count))
    }
    return header
  }

  /// Adds the ids of a document after those of the others.
  ///
  /// - Precondition: all of them are below the bound, and fewer than 2^31.
  /// - Throws: `FileError`.
  public mutating func append(document: Span<TokenID>) throws {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(document.count * element.byteCount)
    for index in document.indices {
      let id = document[index]
      if element == .uint16 {
        precondition(id < 1 << 16, "ForeignTokensWriter: an id over the bound")
        bytes.append(littleEndian: UInt16(id))
      } else {
        bytes.append(littleEndian: id)
      }
    }
    try data.write(bytes.span)
    writtenCount += document.count
    if format == .megatron { lengths.append(Int32(document.count)) }
  }

  /// Gives the file, or the two files, their names.
  ///
  /// - Precondition: as many ids were added as promised.
  /// - Throws: `FileError`.
  public mutating func finish() throws {
    precondition(writtenCount == tokenCount, "ForeignTokensWriter: ids missing, or too many")
    try data.commit()
    guard let files else { return }
    try writeWholeFile(megatronIndex(), to: files.stagedPath(1), replacing: true)
    try files.commit()
    self.files = nil
  }

  private func megatronIndex() -> [UInt8] {
    typealias Megatron = ForeignTokens.Megatron
    var index = Megatron.magic
    index.append(littleEndian: Megatron.version)
    index.append(element == .uint16 ? Megatron.uint16 : Megatron.int32)
    index.append(littleEndian: UInt64(lengths.count))
    index.append(littleEndian: UInt64(lengths.count + 1))
    for length in lengths { index.append(littleEndian: length) }
    var offset = 0
    for length in lengths {
      index.append(littleEndian: UInt64(offset))
      offset += Int(length) * element.byteCount
    }
    for document in 0...lengths.count { index.append(littleEndian: UInt64(document)) }
    return index
  }
}
