public import GobbetData
internal import GobbetSystem

/// Writes NumPy's `.npy` and `.npz` files.
public enum NumPyWriter {
  /// Writes one tensor of `source` as an array to a file at `path`.
  ///
  /// - Throws: `FileError`; `InterchangeError` (`notRepresentable`) for `bfloat16` and others that
  ///   NumPy does not have; what the source throws.
  public static func write(
    _ tensor: TensorDescription, of source: some TensorSource, to path: String,
    replacing: Bool = false
  ) throws {
    try source.write(to: sink(tensor, path, replacing: replacing))
  }

  /// Writes all tensors of `source` as the arrays of an archive that is not compressed, as
  /// `numpy.savez` does; `progress` hears of every piece how many bytes are written.
  ///
  /// - Throws: as ``write(_:of:to:replacing:)``, and what `progress` throws.
  public static func write(
    _ source: some TensorSource, to path: String, replacing: Bool = false,
    progress: (Int) throws -> Void = { _ in }
  ) throws {
    try source.write(
      to: sink(source.tensors, path, replacing: replacing), progress: progress)
  }

  /// A file of one array, to be written.
  ///
  /// - Throws: as ``write(_:of:to:replacing:)``.
  static func sink(
    _ tensor: TensorDescription, _ path: String, replacing: Bool
  ) throws -> some TensorSink {
    let front = try header(of: tensor, path)
    return FileSink(
      [tensor], try newFile(path, beginningWith: front, replacing: replacing)
    )
  }

  /// A file of several arrays, to be written.
  ///
  /// - Throws: as ``write(_:of:to:replacing:)``.
  static func sink(
    _ tensors: [TensorDescription], _ path: String, replacing: Bool
  ) throws -> some TensorSink {
    let headers = try tensors.map { try header(of: $0, path) }
    return NumPyArchiveSink(
      tensors, headers, StoredZipWriter(try AtomicFile(path, replacing: replacing)))
  }

  private static func header(
    of tensor: TensorDescription, _ path: String
  ) throws(InterchangeError) -> [UInt8] {
    let header = NumPyHeader(elementType: tensor.elementType, shape: tensor.shape)
    guard let front = header.bytes else {
      throw InterchangeError(
        .notRepresentable("elements of type \(tensor.elementType.name)"), path: path,
        field: tensor.name)
    }
    guard tensor.name.utf8.count < 1 << 16 - 4 else {
      throw InterchangeError(
        .notRepresentable("a name of 64 KiB"), path: path, field: tensor.name)
    }
    return front
  }
}

/// An archive of arrays that is written, as a sink.
private final class NumPyArchiveSink: TensorSink {
  let tensors: [TensorDescription]
  /// What stands in front of the data of each.
  private let headers: [[UInt8]]
  private var archive: StoredZipWriter
  private var count = 0

  init(
    _ tensors: [TensorDescription], _ headers: [[UInt8]], _ archive: consuming StoredZipWriter
  ) {
    self.tensors = tensors
    self.headers = headers
    self.archive = archive
  }

  func begin(_ tensor: TensorDescription) throws {
    let front = headers[count]
    count += 1
    try archive.begin("\(tensor.name).npy", byteCount: front.count + tensor.byteCount)
    try archive.write(front.span)
  }

  func append(_ data: Span<UInt8>) throws { try archive.write(data) }

  func end() throws { try archive.end() }

  func finish() throws { try archive.finish() }
}
