public import GobbetData
internal import GobbetSystem

/// Writes NumPy `.npy` files.
public enum NumPyWriter {
  /// Writes one tensor of `source` as an array to a file at `path`.
  ///
  /// - Throws: `FileError`; ``InterchangeError`` (`notRepresentable`) for `bfloat16` and others that
  ///   NumPy does not have; what the source throws.
  public static func write(
    _ tensor: TensorDescription, of source: some TensorSource, to path: String,
    replacing: Bool = false
  ) throws {
    let header = NumPyHeader(elementType: tensor.elementType, shape: tensor.shape)
    guard let front = header.bytes else {
      throw InterchangeError(
        .notRepresentable("elements of type \(tensor.elementType.name)"), path: path,
        field: tensor.name)
    }
    let data = try source.bytes(of: tensor)
    var file = try AtomicFile(path, replacing: replacing)
    try file.write(front.span)
    try file.write(data.span)
    try file.commit()
  }
}
