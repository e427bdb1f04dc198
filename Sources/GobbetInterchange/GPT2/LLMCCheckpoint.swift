public import GobbetData
internal import GobbetSystem

/// The weights in a checkpoint of llm.c, under the names that nanoGPT gives them.
///
/// llm.c pads the token embedding to a multiple of 128 rows; the padding is left out. Together with
/// ``GPT2Weights`` the tensors take Hugging Face's layouts.
/// - Source: llm.c's `train_gpt2.py`, `write_model`.
public struct LLMCCheckpoint: StoredTensorSource {
  /// Every tensor, in the file's order, layer by layer inside of each kind.
  public var tensors: [TensorDescription] { stored.tensors }
  /// There is none.
  public let metadata: [(String, String)] = []
  /// The sizes in the header; those of heads are told nowhere else.
  public let configuration: GPT2Configuration
  let stored: StoredTensors

  /// Opens the file at `path`, of version 3 (32-bit floats) or 5 (`bfloat16`).
  ///
  /// - Throws: `FileError`; `InterchangeError`.
  public init(_ path: String) throws { try self.init(OpenedFile(path)) }

  /// Reads the header of an open file.
  ///
  /// - Throws: as ``init(_:)``.
  package init(_ file: OpenedFile) throws {
    let path = file.path
    var fields = FieldReader(file)
    let magic = try fields.integer(UInt32.self, "magic")
    let version = try fields.integer(UInt32.self, "version")
    guard magic == LLMCLayout.magic, let type = LLMCLayout.elementType(version: version) else {
      throw InterchangeError(
        .damaged("\(magic), version \(version), isn't a checkpoint of llm.c"),
        path: path, offset: 0, field: "magic")
    }
    var sizes: [Int] = []
    for name in ["max_seq_len", "vocab_size", "num_layers", "num_heads", "channels", "padded"] {
      let size = try fields.integer(Int32.self, name)
      // Sizes of this order keep every product below 2^63.
      guard (1...(1 << 24)).contains(size) else {
        throw InterchangeError(.damaged("\(size) isn't a size"), path: path, field: name)
      }
      sizes.append(Int(size))
    }
    let layout = LLMCLayout(
      positions: sizes[0], vocabulary: sizes[1], layers: sizes[2], width: sizes[4],
      paddedVocabulary: sizes[5])
    guard layout.paddedVocabulary >= layout.vocabulary else {
      throw InterchangeError(
        .damaged("fewer rows than tokens"), path: path, field: "padded_vocab_size")
    }
    // Compared before anything is listed: the numbers of a small file may call for a long list.
    guard layout.byteCount(type) == file.byteCount else {
      throw InterchangeError(
        .damaged("\(file.byteCount.counted("byte")) are not those of these sizes"), path: path,
        offset: 8,
        field: "sizes")
    }
    let entries = try layout.entries(type, path)
    stored = StoredTensors(file, entries)
    var configuration = GPT2Configuration()
    configuration.contextLength = layout.positions
    configuration.vocabularySize = layout.vocabulary
    configuration.layerCount = layout.layers
    configuration.headCount = sizes[3]
    configuration.width = layout.width
    configuration.hasTiedHead = true
    self.configuration = configuration
  }
}
