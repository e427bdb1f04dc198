public import GobbetData
internal import GobbetSystem

/// Writes NumPy's `.npy` and `.npz` files.
public enum NumPyWriter {
  /// Writes one tensor of `source` as an array to a file at `path`.
  ///
  /// - Throws: `FileError`; ``InterchangeError`` (`notRepresentable`) for `bfloat16` and others that
  ///   NumPy does not have; what the source throws.
  public static func write(
    _ tensor: TensorDescription, of source: some TensorSource, to path: String,
    replacing: Bool = false
  ) throws {
    let front = try header(of: tensor, path)
    var file = try AtomicFile(path, replacing: replacing)
    try file.write(front.span)
    try source.forEachPiece(of: tensor) { try file.write($0) }
    try file.commit()
  }

  /// Writes all tensors of `source` as the arrays of an archive that is not compressed, as
  /// `numpy.savez` does; `progress` hears of every piece how many bytes are written.
  ///
  /// - Throws: as ``write(_:of:to:replacing:)``, and what `progress` throws.
  public static func write(
    _ source: some TensorSource, to path: String, replacing: Bool = false,
    progress: (Int) throws -> Void = { _ in }
  ) throws {
    let headers = try source.tensors.map { try header(of: $0, path) }
    var archive = StoredZipWriter(try AtomicFile(path, replacing: replacing))
    var done = 0
    for (tensor, front) in zip(source.tensors, headers) {
      try archive.begin("\(tensor.name).npy", byteCount: front.count + tensor.byteCount)
      try archive.write(front.span)
      try source.forEachPiece(of: tensor) { piece in
        try archive.write(piece)
        done += piece.count
        try progress(done)
      }
      try archive.end()
    }
    try archive.finish()
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
