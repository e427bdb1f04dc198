public import GobbetBPE
public import GobbetFile

/// A packed file of tensors, read in any order and from any number of threads.
///
/// Opening reads the tables only; data is read and checked when it is asked for.
public struct WeightsReader: TensorSource {
  /// The file.
  public let path: String
  /// Keys and values that were stored with the tensors.
  public let metadata: [(String, String)]
  private let container: ContainerReader
  private let payload: GobbetFile.Section
  private let table: TensorTable
  private let blocks: BlockTable

  /// Opens the file at `path`.
  ///
  /// - Throws: ``FormatError`` if the file holds no tensors or is damaged; ``FileError``.
  public init(path: String) throws {
    self.path = path
    container = try ContainerReader.ofKnownSections(path)
    metadata = try Self.metadata(container)
    payload = try container.requiredSection(.tensorData)
    let section = try container.requiredSection(.tensorTable)
    let content = try container.bytes(of: section)
    let blockContent = try container.bytes(of: container.requiredSection(.tensorBlocks))
    do throws(FormatError) {
      table = try TensorTable(content.span)
      blocks = try BlockTable(
        blockContent.span, count: table.entries.last?.blocks.upperBound ?? 0, "tensors.blocks")
      try table.check(blocks, byteCount: payload.byteCount)
      guard payload.codec == .raw else {
        throw FormatError(
          code: .damaged("the data is compressed as a whole"), offset: 0, field: "tensors.data")
      }
    } catch {
      throw error.located(at: section.offset, in: path)
    }
  }

  /// Every tensor, in the order they were written.
  public var tensors: [TensorDescription] { table.entries.map(\.tensor) }
  /// The content id of the file.
  public var contentID: Digest { container.contentID }

  /// How a tensor is stored; nil if there is none of that name.
  public func codec(ofTensorNamed name: String) -> WeightCodec? { table[name]?.codec }

  /// Bytes that a tensor takes in the file; nil if there is none of that name.
  public func storedByteCount(ofTensorNamed name: String) -> Int? {
    table[name].map { entry in
      entry.blocks.isEmpty
        ? 0
        : blocks[entry.blocks.upperBound - 1].stored.upperBound
          - blocks[entry.blocks.lowerBound].stored.lowerBound
    }
  }

  /// The vocabulary that the file embeds; nil if it has none.
  ///
  /// - Throws: ``FormatError`` if it is damaged; ``FileError``.
  public func vocabulary() throws -> Vocabulary? {
    container.section(.vocabularyHeader) == nil ? nil : try VocabularySections.read(container)
  }

  /// Copies one tensor's data, row-major and little-endian, into `destination`.
  ///
  /// - Precondition: `destination` has exactly the tensor's `byteCount` bytes.
  /// - Throws: ``TensorError`` if the file has no such tensor; ``FormatError`` if its data is
  ///   damaged; ``FileError``.
  public func read(
    _ tensor: TensorDescription, into destination: UnsafeMutableRawBufferPointer
  ) throws {
    try unsafe read(tensor, bytes: 0..<tensor.byteCount, into: destination)
  }

  /// Copies a part of a tensor's data; only the blocks that hold it are read.
  ///
  /// - Precondition: `range` lies in the tensor's bytes, and `destination` has as many.
  /// - Throws: as ``read(_:into:)``.
  public func read(
    _ tensor: TensorDescription, bytes range: Range<Int>,
    into destination: UnsafeMutableRawBufferPointer
  ) throws {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= tensor.byteCount
        && destination.count == range.count, "WeightsReader: not the bytes of the tensor")
    guard let entry = table[tensor.name] else {
      throw TensorError(.missing, tensor: tensor.name)
    }
    guard entry.tensor == tensor else { throw TensorError(.otherDescription, tensor: tensor.name) }
    guard !range.isEmpty else { return }
    let size = TensorTable.blockByteCount
    var decoder = TensorBlockDecoder(entry)
    for number in (range.lowerBound / size)...((range.upperBound - 1) / size) {
      let whole = (number * size)..<min((number + 1) * size, tensor.byteCount)
      let wanted = whole.clamped(to: range)
      let start = wanted.lowerBound - range.lowerBound
      // SAFETY: `wanted` lies in `range`, and `destination` is as long as that.
      let target = unsafe UnsafeMutableRawBufferPointer(
        rebasing: destination[start..<(start + wanted.count)])
      try unsafe read(
        entry, number, wanted.lowerBound - whole.lowerBound, &decoder, into: target)
    }
  }

  /// Copies a part of a block's data, which begins at `start` in the block.
  private func read(
    _ entry: TensorTable.Entry, _ number: Int, _ start: Int,
    _ decoder: inout TensorBlockDecoder, into target: UnsafeMutableRawBufferPointer
  ) throws {
    let first = blocks[entry.blocks.lowerBound]
    let block = blocks[entry.blocks.lowerBound + number]
    let offset = entry.offset + block.stored.lowerBound - first.stored.lowerBound
    let stored = try container.uncheckedBytes(
      of: payload, in: offset..<(offset + block.stored.count))
    do throws(FormatError) {
      try block.check(stored.span, "tensors.block")
      try unsafe decoder.decode(stored, byteCount: block.byteCount, from: start, into: target)
    } catch {
      throw error.located(at: payload.payloadOffset + offset, in: path)
    }
  }

  private static func metadata(_ container: ContainerReader) throws -> [(String, String)] {
    guard let section = container.section(.metadata) else { return [] }
    guard section.byteCount <= StringMap.maximumByteCount else {
      throw FormatError(
        code: .damaged("\(section.byteCount) bytes"), offset: section.offset, field: "metadata",
        file: container.path)
    }
    let text = try container.bytes(of: section)
    do {
      return try StringMap.pairs(text.span)
    } catch {
      throw error.located(at: section.payloadOffset, in: container.path)
    }
  }
}
