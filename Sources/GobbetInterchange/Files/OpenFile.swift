internal import GobbetData
internal import GobbetSystem

/// A regular file that several readers share.
final class OpenFile: Sendable {
  /// The path as the caller gave it.
  let path: String
  /// Bytes in the file when it was opened.
  let byteCount: Int
  private let file: InputFile

  /// Opens the file at `path`.
  ///
  /// - Throws: `FileError`.
  init(_ path: String) throws {
    let file = try InputFile(path, regularOnly: true)
    self.path = path
    byteCount = file.byteCount ?? 0
    self.file = file
  }

  /// The bytes of `range`.
  ///
  /// - Throws: `FileError`; ``InterchangeError`` (`damaged`) if the file ends before.
  func bytes(in range: Range<Int>, _ field: String) throws -> [UInt8] {
    guard range.upperBound <= byteCount else { throw ends(at: range.lowerBound, field) }
    let bytes = try file.bytes(in: range)
    guard bytes.count == range.count else { throw ends(at: range.lowerBound, field) }
    return bytes
  }

  /// Fills `destination` from `offset` on.
  ///
  /// - Throws: `FileError`; ``InterchangeError`` (`damaged`) if the file ends before.
  func read(
    at offset: Int, into destination: UnsafeMutableRawBufferPointer, _ field: String
  ) throws {
    // SAFETY: the caller promises a valid buffer.
    guard try unsafe file.read(at: offset, into: destination) == destination.count else {
      throw ends(at: offset, field)
    }
  }

  private func ends(at offset: Int, _ field: String) -> InterchangeError {
    InterchangeError(.damaged("the file ends inside"), path: path, offset: offset, field: field)
  }
}

/// Tensors that lie in a file as they are in memory, found by their names.
struct StoredTensors: Sendable {
  /// Every tensor and the offset of its data, in the order of the file.
  let entries: [(tensor: TensorDescription, offset: Int)]
  let file: OpenFile
  private let indices: [[UInt8]: Int]

  /// Names must be unique: a second one of a name is never found.
  init(_ file: OpenFile, _ entries: [(tensor: TensorDescription, offset: Int)]) {
    self.file = file
    self.entries = entries
    indices = Dictionary(
      entries.enumerated().map { (Array($1.tensor.name.utf8), $0) },
      uniquingKeysWith: { first, _ in first })
  }

  /// The position of a tensor in `entries`.
  ///
  /// - Throws: `TensorError` if there is none, or it is another.
  func index(of tensor: TensorDescription) throws(TensorError) -> Int {
    guard let index = indices[Array(tensor.name.utf8)] else {
      throw TensorError(.missing, tensor: tensor.name)
    }
    guard entries[index].tensor == tensor else {
      throw TensorError(.otherDescription, tensor: tensor.name)
    }
    return index
  }

  /// Copies one tensor's data.
  ///
  /// - Throws: `TensorError`, `FileError`; ``InterchangeError`` if the file was cut meanwhile.
  func read(
    _ tensor: TensorDescription, into destination: UnsafeMutableRawBufferPointer
  ) throws {
    precondition(destination.count == tensor.byteCount, "read: a wrong buffer size")
    let offset = entries[try index(of: tensor)].offset
    // SAFETY: the caller promises a valid buffer.
    try unsafe file.read(at: offset, into: destination, tensor.name)
  }
}
