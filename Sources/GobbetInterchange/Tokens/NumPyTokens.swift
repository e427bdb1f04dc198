internal import GobbetData

extension ForeignTokens {
  /// The ids in a NumPy `.npy` file: an array of one axis, of integers.
  ///
  /// - Throws: `FileError`; `InterchangeError`.
  public static func numPy(_ path: String) throws -> ForeignTokens {
    let reader = try NumPyReader(path)
    guard reader.entries.count == 1, let entry = reader.entries.first,
      entry.tensor.shape.count == 1
    else { throw InterchangeError(.unsupported("other than one axis"), path: path) }
    guard entry.isPlain else {
      throw InterchangeError(.unsupported("compressed or big-endian ids"), path: path)
    }
    let element: Element
    switch entry.tensor.elementType {
    case .uint8: element = .uint8
    case .uint16: element = .uint16
    case .uint32: element = .uint32
    case .int32: element = .int32
    // A negative one is too large, too.
    case .uint64, .int64: element = .uint64
    case let type:
      throw InterchangeError(.unsupported("ids of type \(type.name)"), path: path)
    }
    return ForeignTokens(
      reader.file, start: entry.offset, count: entry.tensor.elementCount, element)
  }
}
