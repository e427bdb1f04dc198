public import GobbetBPE
internal import GobbetData
public import GobbetGPT
internal import GobbetInterchange

extension FloatMatrix {
  /// Writes the rows to a `.npy` file at `path`: float32 [rows, width].
  ///
  /// - Throws: `FileError` (`create` if the file exists and `replacing` is false, `write`).
  public func write(toNumPy path: String, replacing: Bool = false) throws {
    let source = try MatrixSource(self)
    try NumPyWriter.write(source.tensors[0], of: source, to: path, replacing: replacing)
  }
}

/// Token ids in files of NumPy's.
public enum TokenIDs {
  /// The ids in the `.npy` file at `path`, which has one axis of integers of any size.
  ///
  /// - Throws: `FileError`, `InterchangeError`; `LoadingError` for floats, another number of axes, or
  ///   a number that isn't a token id.
  public static func read(fromNumPy path: String) throws -> [TokenID] {
    let reader = try NumPyReader(path)
    guard reader.tensors.count == 1, let tensor = reader.tensors.first, tensor.shape.count == 1
    else { throw LoadingError(path: path, reason: "is not one array with one axis") }
    let size = tensor.elementType.bitWidth / 8
    let isSigned: Bool
    switch tensor.elementType {
    case .int8, .int16, .int32, .int64: isSigned = true
    case .uint8, .uint16, .uint32, .uint64: isSigned = false
    default:
      throw LoadingError(
        path: path, reason: "holds \(tensor.elementType.name), which are not token ids")
    }
    let bytes = try reader.bytes(of: tensor)
    return try (0..<tensor.elementCount).map { index in
      let element = bytes[(index * size)..<((index + 1) * size)]
      let bits = element.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      let isNegative = isSigned && bits >> UInt64(8 * size - 1) == 1
      guard !isNegative, let id = TokenID(exactly: bits) else {
        throw LoadingError(path: path, reason: "element \(index) is not a token id")
      }
      return id
    }
  }
}

/// A matrix as the one tensor of a source.
private struct MatrixSource: TensorSource {
  let tensors: [TensorDescription]
  let metadata: [(String, String)] = []
  private let matrix: FloatMatrix

  init(_ matrix: FloatMatrix) throws {
    self.matrix = matrix
    tensors = [
      try TensorDescription(
        name: "logits", elementType: .float32, shape: [matrix.rowCount, matrix.width])
    ]
  }

  func read(_ tensor: TensorDescription, into destination: UnsafeMutableRawBufferPointer) throws {
    for (index, element) in matrix.elements.enumerated() {
      // SAFETY: the caller promises room for every element of the tensor.
      unsafe destination.storeBytes(
        of: element.bitPattern.littleEndian, toByteOffset: 4 * index, as: UInt32.self)
    }
  }
}
