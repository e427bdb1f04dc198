internal import GobbetFile

/// The stored blocks of a file's tensors → their data, one after another.
///
/// Belongs to one thread.
struct TensorBlockReader {
  private let container: ContainerReader
  private let directory: TensorDirectory
  private let checks: Bool
  private let stored = ScratchMemory()
  private let whole = ScratchMemory()
  private let planes = ScratchMemory()
  private lazy var decompressor = Decompressor()

  /// A reader of the blocks of `container`, whose tables are in `directory`.
  init(_ container: ContainerReader, _ directory: TensorDirectory, checks: Bool) {
    self.container = container
    self.directory = directory
    self.checks = checks
  }

  /// Copies a part of a tensor's data.
  ///
  /// - Precondition: the range lies in the data, and `target` is as long.
  /// - Throws: ``FormatError``, ``FileError``.
  mutating func read(
    _ place: TensorDirectory.Place, bytes range: Range<Int>,
    into target: UnsafeMutableRawBufferPointer
  ) throws {
    guard !range.isEmpty else { return }
    let size = TensorTable.blockByteCount
    let byteCount = place.entry.tensor.byteCount
    if !checks, place.entry.codec == .raw {
      // SAFETY: the caller's buffer.
      return try unsafe container.readUnchecked(
        directory.groups[place.group].payload, from: place.entry.offset + range.lowerBound,
        into: target)
    }
    for number in (range.lowerBound / size)...((range.upperBound - 1) / size) {
      let block = (number * size)..<min((number + 1) * size, byteCount)
      let wanted = block.clamped(to: range)
      let start = wanted.lowerBound - range.lowerBound
      // SAFETY: `wanted` lies in `range`, and `target` is as long as that.
      let part = unsafe UnsafeMutableRawBufferPointer(
        rebasing: target[start..<(start + wanted.count)])
      if wanted == block {
        try unsafe read(place, number, into: part)
      } else {
        let data = unsafe whole.bytes(block.count)
        try unsafe read(place, number, into: data)
        let from = wanted.lowerBound - block.lowerBound
        // SAFETY: `wanted` lies in the block, and `part` is as long.
        unsafe part.copyMemory(
          from: UnsafeRawBufferPointer(rebasing: data[from..<(from + wanted.count)]))
      }
    }
  }

  /// Checks every block of a tensor without decoding it.
  ///
  /// - Throws: ``FormatError``, ``FileError``.
  mutating func check(_ place: TensorDirectory.Place) throws {
    for index in place.entry.blocks { _ = try unsafe storedBlock(place, index, nil) }
  }

  /// Writes the data of a whole block.
  private mutating func read(
    _ place: TensorDirectory.Place, _ number: Int, into target: UnsafeMutableRawBufferPointer
  ) throws {
    let index = place.entry.blocks.lowerBound + number
    guard place.entry.codec == .compact,
      let exponents = ExponentPlanes(place.entry.tensor.elementType)
    else {
      _ = try unsafe storedBlock(place, index, target)
      return
    }
    let bytes = try unsafe storedBlock(place, index, nil)
    do throws(FormatError) {
      try unsafe CompactBlock.decode(
        UnsafeRawBufferPointer(bytes), exponents, decompressor, planes, into: target)
    } catch {
      throw error.located(at: offset(place, index).file, in: container.path)
    }
  }

  /// Where a stored block begins in its section and in the file.
  private func offset(_ place: TensorDirectory.Place, _ index: Int) -> (section: Int, file: Int) {
    let group = directory.groups[place.group]
    let first = group.blocks[place.entry.blocks.lowerBound]
    let offset =
      place.entry.offset + group.blocks[index].stored.lowerBound - first.stored.lowerBound
    return (offset, group.payload.payloadOffset + offset)
  }

  /// Reads and checks a stored block, to `target` or to memory of its own.
  private func storedBlock(
    _ place: TensorDirectory.Place, _ index: Int, _ target: UnsafeMutableRawBufferPointer?
  ) throws -> UnsafeMutableRawBufferPointer {
    let group = directory.groups[place.group]
    let block = group.blocks[index]
    let bytes = unsafe target ?? stored.bytes(block.stored.count)
    let offset = offset(place, index)
    // SAFETY: the buffer of the caller, or one of the scratch memory that nobody else uses.
    try unsafe container.readUnchecked(group.payload, from: offset.section, into: bytes)
    guard checks else { return unsafe bytes }
    do throws(FormatError) {
      let span = unsafe Span<UInt8>(_unsafeBytes: UnsafeRawBufferPointer(bytes))
      try block.check(span, "tensors.block")
    } catch {
      throw error.located(at: offset.file - error.offset, in: container.path)
    }
    return unsafe bytes
  }
}
