public import GobbetData

/// The tensors of a GGUF file, version 2 or 3, little-endian.
///
/// Tensors in blocks are read as floats. Offsets, counts, lengths and shapes are checked when the
/// file is opened, before anything is allocated for them.
/// - Source: ggml's `docs/gguf.md`.
public struct GGUFReader: TensorSource {
  /// Every tensor, in the file's order; shapes with the outermost axis first.
  public var tensors: [TensorDescription] { stored.tensors }
  /// How each of them is stored.
  public let types: [GGUFType]
  /// The keys and values in front of the tensors, in the file's order.
  public let values: [(key: String, value: GGUFValue)]
  let stored: StoredTensors

  /// Opens the file at `path` and reads what is in front of the tensors' data.
  ///
  /// - Throws: `FileError`; ``InterchangeError`` with field and offset, `unsupported` for the types
  ///   that are not read.
  public init(_ path: String) throws {
    let file = try OpenFile(path)
    let header = try GGUFHeader(file)
    values = header.values
    types = header.types
    stored = StoredTensors(file, header.tensors)
  }

  /// The value of a key; nil if there is none.
  public subscript(key: String) -> GGUFValue? {
    values.first { $0.key.utf8.elementsEqual(key.utf8) }?.value
  }

  /// The values as text, and their types under `gguf.types`.
  ///
  /// Left out are the tokens and merges that ``vocabulary()`` reads, and how the file is split.
  public var metadata: [(String, String)] {
    let isRead = hasKnownTokenizer
    let kept = values.filter { key, _ in
      !key.hasPrefix("split.") && !(isRead && GGUFVocabulary.keys.contains(Array(key.utf8)))
    }
    return GGUFTypedText.pairs(kept)
  }

  /// The number of files that the model is split into, and which of them this is, from 0; nil if it is
  /// in one file.
  package var split: (index: Int, count: Int)? {
    guard let count = self["split.count"]?.size, count > 1 else { return nil }
    return (self["split.no"]?.size ?? 0, count)
  }
}
