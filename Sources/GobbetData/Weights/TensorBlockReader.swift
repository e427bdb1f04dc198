internal import GobbetFile

/// The stored blocks of a file's tensors → their data, one after another.
///
/// Belongs to one thread.
struct TensorBlockReader {
  private let container: ContainerReader
  private let directory: TensorDirectory
  private let base: OpenedBase?
  private let checks: Bool
  private let isMapped: Bool
  private let memory: BlockMemory

  /// A reader of the blocks of `container`, whose tables are in `directory`.
  ///
  /// Differences are added to the elements of `base`, and without it stay what they are. With `isMapped`
  /// blocks are decoded from where the file is mapped.
  init(
    _ container: ContainerReader, _ directory: TensorDirectory, _ base: OpenedBase?, checks: Bool,
    isMapped: Bool = false, _ memory: BlockMemory = BlockMemory()
  ) {
    self.memory = memory
    self.base = base
    self.container = container
    self.directory = directory
    self.checks = checks
    self.isMapped = isMapped && container.isMappable
  }

  /// A reader of the blocks of a file that works in `memory`.
  init(_ reader: WeightsReader, _ memory: BlockMemory) {
    self.init(
      reader.container, reader.directory, reader.openedBase, checks: reader.checks != .none,
      isMapped: reader.isMapped, memory)
  }

  /// Copies a part of a tensor's data.
  ///
  /// - Precondition: the range lies in the data, and `target` is as long.
  /// - Throws: `FormatError`, `FileError`.
  func read(
    _ place: TensorDirectory.Place, bytes range: Range<Int>,
    into target: UnsafeMutableRawBufferPointer
  ) throws {
    guard !range.isEmpty else { return }
    let size = TensorTable.blockByteCount(of: place.entry.tensor.elementType)
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
        try unsafe read(
          place, number, into: part, isPastCaches: range.count > Self.cachedByteCount)
      } else {
        let data = unsafe memory.whole.bytes(block.count)
        try unsafe read(place, number, into: data)
        let from = wanted.lowerBound - block.lowerBound
        // SAFETY: `wanted` lies in the block, and `part` is as long.
        unsafe part.copyMemory(
          from: UnsafeRawBufferPointer(rebasing: data[from..<(from + wanted.count)]))
      }
    }
  }

  /// Reads every block of a tensor, and keeps nothing of it.
  ///
  /// - Throws: `FormatError`, `FileError`.
  func verify(_ place: TensorDirectory.Place) throws {
    let size = TensorTable.blockByteCount(of: place.entry.tensor.elementType)
    for number in 0..<place.entry.blocks.count {
      let count = min(size, place.entry.tensor.byteCount - number * size)
      try unsafe read(place, number, into: memory.whole.bytes(count))
    }
  }

  /// Checks every block of a tensor without decoding it.
  ///
  /// - Throws: `FormatError`, `FileError`.
  func check(_ place: TensorDirectory.Place) throws {
    for index in place.entry.blocks { try check(place, block: index) }
  }

  /// Checks a block of a tensor, by its number in its group, without decoding it.
  ///
  /// - Throws: `FormatError`, `FileError`.
  func check(_ place: TensorDirectory.Place, block index: Int) throws {
    _ = try unsafe storedBlock(place, index, nil)
  }

  /// Writes the data of a whole block; with `isPastCaches` past the caches, where that can be.
  private func read(
    _ place: TensorDirectory.Place, _ number: Int, into target: UnsafeMutableRawBufferPointer,
    isPastCaches: Bool = false
  ) throws {
    guard place.entry.codec == .delta, let base else {
      return try unsafe readStored(place, number, into: target, isPastCaches: isPastCaches)
    }
    let tensor = place.entry.tensor
    let reader = try base.opened()
    guard reader.directory[tensor.name]?.entry.tensor == tensor else {
      throw LoadingError(
        path: reader.path,
        reason: "lacks tensor \(tensor.name) with the type and the shape that it has in "
          + "\(container.path), which stores the difference")
    }
    let stored = unsafe memory.differences.bytes(target.count)
    try unsafe readStored(place, number, into: stored)
    let start = number * TensorTable.blockByteCount(of: tensor.elementType)
    let elements = unsafe memory.baseElements.bytes(target.count)
    // SAFETY: each piece of scratch memory is as long as the block, and nobody else uses it.
    try unsafe reader.read(tensor, bytes: start..<(start + target.count), into: elements)
    unsafe ElementDifference.add(
      UnsafeRawBufferPointer(elements), to: UnsafeRawBufferPointer(stored), into: target,
      tensor.elementType)
  }

  /// Writes what is stored as a whole block: data, or its difference from the base.
  private func readStored(
    _ place: TensorDirectory.Place, _ number: Int, into target: UnsafeMutableRawBufferPointer,
    isPastCaches: Bool = false
  ) throws {
    let index = place.entry.blocks.lowerBound + number
    guard place.entry.codec != .raw,
      let split = ElementPlanes(place.entry.tensor.elementType)
    else {
      _ = try unsafe storedBlock(place, index, target)
      return
    }
    guard isMapped else {
      let stored = try unsafe storedBlock(place, index, nil)
      return try unsafe decode(
        UnsafeRawBufferPointer(stored), split, place, index, into: target,
        isPastCaches: isPastCaches)
    }
    let (container, group) = (self.container, directory.groups[place.group])
    let start = offset(place, index).section
    let count = group.blocks[index].stored.count
    try unsafe container.withUnsafeBytes(of: group.payload) { bytes in
      // SAFETY: the tables were checked: blocks lie in the data.
      let stored = unsafe UnsafeRawBufferPointer(rebasing: bytes[start..<(start + count)])
      // The checksum comes second, so that the bytes are fetched while others are decoded; but a block
      // that it finds damaged is called so, whatever else is wrong with it.
      do throws(FormatError) {
        try unsafe decode(
          stored, split, place, index, into: target, isPastCaches: isPastCaches)
      } catch {
        if checks { try unsafe check(place, index, crc32c(Span(_unsafeBytes: stored))) }
        throw error
      }
      if checks { try unsafe check(place, index, crc32c(Span(_unsafeBytes: stored))) }
    }
  }

  private func decode(
    _ stored: UnsafeRawBufferPointer, _ split: ElementPlanes,
    _ place: TensorDirectory.Place, _ index: Int, into target: UnsafeMutableRawBufferPointer,
    isPastCaches: Bool
  ) throws(FormatError) {
    do throws(FormatError) {
      try unsafe CompactBlock.decode(
        stored, split, memory.decompressor, memory.planes, into: target, isPastCaches: isPastCaches)
    } catch {
      throw error.located(at: offset(place, index).file, in: container.path)
    }
  }

  /// Checks the checksum of a stored block.
  private func check(
    _ place: TensorDirectory.Place, _ index: Int, _ checksum: UInt32
  ) throws(FormatError) {
    do throws(FormatError) {
      try directory.groups[place.group].blocks[index].check(checksum, "tensors.block")
    } catch {
      throw error.located(at: offset(place, index).file - error.offset, in: container.path)
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
    let bytes = unsafe target ?? memory.stored.bytes(group.blocks[index].stored.count)
    let offset = offset(place, index)
    // Piece by piece, so that each is in the nearest cache still when its checksum is computed.
    var checksum: UInt32 = 0
    for start in stride(from: 0, to: bytes.count, by: Self.pieceByteCount) {
      let end = min(start + Self.pieceByteCount, bytes.count)
      // SAFETY: a piece of the caller's buffer, or of scratch memory that nobody else uses.
      let piece = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[start..<end])
      try unsafe container.readUnchecked(group.payload, from: offset.section + start, into: piece)
      guard checks else { continue }
      let span = unsafe Span<UInt8>(_unsafeBytes: UnsafeRawBufferPointer(piece))
      checksum = crc32c(span, continuing: checksum)
    }
    if checks { try check(place, index, checksum) }
    return unsafe bytes
  }

  private static let pieceByteCount = 64 << 10
  /// About what the caches of a core hold: larger reads are written past them.
  private static let cachedByteCount = 1 << 20
}
