public import GobbetData

/// The tensors of a safetensors file.
///
/// Everything in the header is checked before the first tensor is read: its length, that tensors
/// follow each other without hole or overlap up to the end of the file, and that their lengths are
/// those of their shapes.
/// - Source: the format's README, and the checks of its reference reader.
public struct SafetensorsReader: StoredTensorSource {
  /// Every tensor, in the order of their data.
  public var tensors: [TensorDescription] { stored.tensors }
  /// The string pairs under `__metadata__`, in the file's order.
  public let metadata: [(String, String)]
  /// The set of files that the file belongs to; nil if it does not say.
  let setID: String?
  let stored: StoredTensors

  /// The reference reader refuses longer headers.
  static let maximumHeaderByteCount = 100_000_000

  /// Opens the file at `path` and reads its header.
  ///
  /// - Throws: `FileError`; `InterchangeError` with the field.
  public init(_ path: String) throws { try self.init(OpenedFile(path)) }

  /// Reads the header of an open file.
  ///
  /// - Throws: as ``init(_:)``.
  package init(_ file: OpenedFile) throws {
    let header = try SafetensorsHeader(file)
    stored = StoredTensors(file, header.tensors)
    metadata = header.metadata
    setID = header.setID
  }
}
