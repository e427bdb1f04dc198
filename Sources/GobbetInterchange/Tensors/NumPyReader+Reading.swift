public import GobbetData

extension NumPyReader {
  /// Copies one array's data.
  ///
  /// - Throws: `FileError`; `InterchangeError` (`damaged`) if the file was cut meanwhile, or the member
  ///   is not what its checksum says; `TensorError` if it isn't an array of this file.
  public func read(
    _ tensor: TensorDescription, into destination: UnsafeMutableRawBufferPointer
  ) throws {
    precondition(destination.count == tensor.byteCount, "NumPyReader: a wrong buffer size")
    let entry = try entry(of: tensor)
    guard entry.isRowMajor else { return try unsafe readColumns(entry, into: destination) }
    unsafe try readStored(entry, into: destination)
    if entry.header.isBigEndian { unsafe Self.swapBytes(of: tensor, destination) }
  }

  /// Copies a part of one array's data; by way of all of it if it is compressed or in Fortran's order.
  ///
  /// - Throws: as ``read(_:into:)``.
  package func copy(
    _ range: Range<Int>, of tensor: TensorDescription,
    into destination: UnsafeMutableRawBufferPointer
  ) throws {
    let entry = try entry(of: tensor)
    if entry.isPlain {
      try check(entry)
      // SAFETY: the caller promises a valid buffer of the range's size.
      return try unsafe file.read(
        at: entry.offset + range.lowerBound, into: destination, tensor.name)
    }
    let whole: [UInt8]
    var start = 0
    if entry.isDeflated || !entry.isRowMajor {
      whole = try bytes(of: tensor)
    } else {
      // Whole elements, which are turned round.
      try check(entry)
      let width = tensor.elementType.bitWidth / 8
      start = range.lowerBound / width * width
      let end = (range.upperBound + width - 1) / width * width
      var elements = try file.bytes(
        in: (entry.offset + start)..<(entry.offset + end), tensor.name)
      unsafe elements.withUnsafeMutableBytes { unsafe Self.swapBytes(of: tensor, $0) }
      whole = elements
    }
    unsafe destination.copyBytes(
      from: whole[(range.lowerBound - start)..<(range.upperBound - start)])
  }

  /// Whether a part is read without the rest.
  public func readsParts(of tensor: TensorDescription) -> Bool {
    guard let entry = try? entry(of: tensor) else { return false }
    return !entry.isDeflated && entry.isRowMajor
  }

  /// Calls `body` with one array's data where it is mapped; nil if it is not stored so.
  ///
  /// - Throws: as ``read(_:into:)``, and what `body` throws.
  public func withBytesInPlace<Result>(
    of tensor: TensorDescription, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result? {
    let entry = try entry(of: tensor)
    guard entry.isPlain else { return nil }
    try check(entry)
    return try unsafe file.withBytesInPlace(
      in: entry.offset..<(entry.offset + tensor.byteCount), tensor.name, body)
  }

  /// The first bytes of a compressed member.
  static func inflatedFront(_ member: ZipMember, _ count: Int, _ file: OpenedFile) throws -> [UInt8]
  {
    var inflater = try Inflater(member, of: file)
    var bytes = [UInt8](repeating: 0, count: count)
    try unsafe bytes.withUnsafeMutableBytes { try unsafe inflater.read(into: $0) }
    return bytes
  }

  /// Copies the data in the order of the file.
  private func readStored(_ entry: Entry, into destination: UnsafeMutableRawBufferPointer) throws {
    guard let member = entry.member, member.isDeflated else {
      try check(entry)
      return try unsafe file.read(at: entry.offset, into: destination, entry.tensor.name)
    }
    var inflater = try Inflater(member, of: file)
    var header = [UInt8](repeating: 0, count: entry.header.byteCount)
    try unsafe header.withUnsafeMutableBytes { try unsafe inflater.read(into: $0) }
    try unsafe inflater.read(into: destination)
    try inflater.finish()
  }

  /// Checks the sum of a member that is not compressed, once.
  func check(_ entry: Entry) throws {
    guard let member = entry.member, !member.isDeflated else { return }
    try checked.check(member, of: file, entry.tensor.name)
  }

  /// Copies an array whose first axis is the innermost.
  private func readColumns(_ entry: Entry, into destination: UnsafeMutableRawBufferPointer) throws {
    let tensor = entry.tensor
    let width = tensor.elementType.bitWidth / 8
    guard tensor.elementCount > 0 else { return }
    var stored = [UInt8](repeating: 0, count: tensor.byteCount)
    try unsafe stored.withUnsafeMutableBytes { stored in
      try unsafe readStored(entry, into: stored)
      if entry.header.isBigEndian { unsafe Self.swapBytes(of: tensor, stored) }
      let shape = tensor.shape
      var strides: [Int] = []
      var stride = width
      for length in shape {
        strides.append(stride)
        stride *= length
      }
      var place = [Int](repeating: 0, count: shape.count)
      var source = 0
      for target in Swift.stride(from: 0, to: tensor.byteCount, by: width) {
        for byte in 0..<width {
          // SAFETY: `source` is the place of an element, by its indices in each axis.
          unsafe destination[target + byte] = stored[source + byte]
        }
        // The next place in row-major order.
        var axis = shape.count - 1
        while axis >= 0 {
          place[axis] += 1
          source += strides[axis]
          if place[axis] < shape[axis] { break }
          source -= strides[axis] * shape[axis]
          place[axis] = 0
          axis -= 1
        }
      }
    }
  }

  /// Turns the bytes of every element round.
  private static func swapBytes(
    of tensor: TensorDescription, _ elements: UnsafeMutableRawBufferPointer
  ) {
    let width = tensor.elementType.bitWidth / 8
    for start in stride(from: 0, to: elements.count, by: width) {
      for byte in 0..<(width / 2) {
        unsafe elements.swapAt(start + byte, start + width - 1 - byte)
      }
    }
  }
}
