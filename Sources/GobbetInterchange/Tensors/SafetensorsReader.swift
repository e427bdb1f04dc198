public import GobbetData
internal import GobbetSystem

/// The tensors of a safetensors file.
///
/// Everything in the header is checked before the first tensor is read: its length, that tensors
/// follow each other without hole or overlap up to the end of the file, and that their lengths are
/// those of their shapes.
/// - Source: the format's README, and the checks of its reference reader.
public final class SafetensorsReader: TensorSource {
  /// Every tensor, in the order of their data.
  public let tensors: [TensorDescription]
  /// The string pairs under `__metadata__`, in the file's order.
  public let metadata: [(String, String)]
  private let file: InputFile
  /// Where each tensor's data begins in the file.
  private let offsets: [[UInt8]: Int]

  /// The reference reader refuses longer headers.
  static let maximumHeaderByteCount = 100_000_000

  /// Opens the file at `path` and reads its header.
  ///
  /// - Throws: `FileError`; ``InterchangeError`` with the field.
  public init(_ path: String) throws {
    let file = try InputFile(path, regularOnly: true)
    let header = try SafetensorsHeader(file)
    self.file = file
    tensors = header.tensors.map(\.description)
    metadata = header.metadata
    offsets = Dictionary(
      header.tensors.map { (Array($0.description.name.utf8), $0.offset) },
      uniquingKeysWith: { first, _ in first })
  }

  /// Copies one tensor's data out of the file.
  ///
  /// - Throws: `FileError`; ``InterchangeError`` (`damaged`) if the file was cut meanwhile;
  ///   `TensorError` if it is no tensor of this file.
  public func read(
    _ tensor: TensorDescription, into destination: UnsafeMutableRawBufferPointer
  ) throws {
    precondition(destination.count == tensor.byteCount, "SafetensorsReader: a wrong buffer size")
    guard let offset = offsets[Array(tensor.name.utf8)] else {
      throw TensorError(.missing, tensor: tensor.name)
    }
    guard tensors.contains(tensor) else {
      throw TensorError(.otherDescription, tensor: tensor.name)
    }
    // SAFETY: the caller promises a valid buffer of that many bytes.
    guard try unsafe file.read(at: offset, into: destination) == destination.count else {
      throw InterchangeError(
        .damaged("the file ends inside the tensor"), path: file.path, offset: offset,
        field: tensor.name)
    }
  }
}
