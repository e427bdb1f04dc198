public import GobbetData

/// The sizes of a GPT-2, as far as they are known before its tensors are, and what else `config.json`
/// says.
///
/// `GPTConfiguration` has all sizes.
public struct GPT2Configuration: Hashable, Sendable {
  /// The metadata key under which weights carry it.
  public static let metadataKey = GPTConfiguration.metadataKey

  /// The sizes that are known.
  package var sizes: [GPTSize: Int] = [:]
  /// V, rows of the token embedding.
  public var vocabularySize: Int? {
    get { sizes[.vocabularySize] }
    set { sizes[.vocabularySize] = newValue }
  }
  /// Positions that the model can see at once.
  public var contextLength: Int? {
    get { sizes[.contextLength] }
    set { sizes[.contextLength] = newValue }
  }
  /// C, the width of the residual stream.
  public var width: Int? {
    get { sizes[.width] }
    set { sizes[.width] = newValue }
  }
  /// Blocks.
  public var layerCount: Int? {
    get { sizes[.layerCount] }
    set { sizes[.layerCount] = newValue }
  }
  /// H, heads of a block's attention.
  public var headCount: Int? {
    get { sizes[.headCount] }
    set { sizes[.headCount] = newValue }
  }
  /// What LayerNorm adds to the variance.
  public var layerNormEpsilon: Double
  /// What stands between the matrices of a feed-forward.
  public var activation = Architecture.Activation.geluTanh
  /// Whether the head is the token embedding; nil where nothing says so.
  ///
  /// A head whose elements differ from the embedding's is a head of its own whatever this says.
  public var hasTiedHead: Bool?

  /// The id of the token that begins a text; nil where nothing says so.
  public var beginningOfTextID: Int?
  /// The id of the token that ends a text; nil where nothing says so.
  public var endOfTextID: Int?

  /// A configuration that leaves everything to the tensors.
  public init() { layerNormEpsilon = 1e-5 }

  /// Reads a `config.json`.
  ///
  /// - Throws: `FileError`; `InterchangeError`: not GPT-2's, or a variant of it that computes
  ///   something else.
  public init(contentsOf path: String) throws {
    try self.init(OpenedFile(path))
  }

  /// Reads an open `config.json`.
  ///
  /// - Throws: as ``init(contentsOf:)``.
  package init(_ file: OpenedFile) throws {
    try self.init(json: file.bytes(limit: 1 << 24), path: file.path)
  }

  /// Reads the text of a `config.json`, as weights carry it.
  ///
  /// - Throws: as ``init(contentsOf:)``.
  public init(json: String) throws(InterchangeError) {
    try self.init(json: Array(json.utf8), path: nil)
  }

  init(json: [UInt8], path: String?) throws(InterchangeError) {
    self.init()
    let root = try JSONDocument(json, path: path).root
    guard root.isObject else { throw root.error(.damaged("not an object")) }
    try Self.checkVariant(root)
    for size in GPTSize.allCases { sizes[size] = try Self.size(root, size.key) }
    if contextLength == nil { contextLength = try Self.size(root, "n_ctx") }
    if let value = try root.member("layer_norm_epsilon") {
      guard let epsilon = value.double, epsilon > 0 else {
        throw value.error(.damaged("not a positive number"))
      }
      layerNormEpsilon = epsilon
    }
    if let value = try root.member(Architecture.Activation.gpt2Key), !value.isNull {
      let name = value.string ?? "of no name"
      guard let known = Architecture.Activation(configurationName: name) else {
        throw value.error(.unsupported(name))
      }
      activation = known
    }
    beginningOfTextID = try Self.id(root, "bos_token_id")
    endOfTextID = try Self.id(root, "eos_token_id")
    if let value = try root.member("tie_word_embeddings"), !value.isNull {
      guard let isTied = value.bool else { throw value.error(.damaged("not a boolean")) }
      hasTiedHead = isTied
    }
  }

  /// The size under a key; nil if there is none.
  private static func size(_ root: JSONValue, _ key: String) throws(InterchangeError) -> Int? {
    guard let value = try root.member(key), !value.isNull else { return nil }
    guard let size = value.size, size > 0 else { throw value.error(.damaged("not a size")) }
    return size
  }

  /// The id under a key; nil if there is none.
  private static func id(_ root: JSONValue, _ key: String) throws(InterchangeError) -> Int? {
    guard let value = try root.member(key), !value.isNull else { return nil }
    guard let id = value.size else { throw value.error(.unsupported("other than one id")) }
    return id
  }

  /// Refuses models with the names of GPT-2 that aren't a GPT-2.
  private static func checkVariant(_ root: JSONValue) throws(InterchangeError) {
    if let value = try root.member("model_type"), !value.isNull, value.string != "gpt2" {
      throw value.error(.unsupported(value.string ?? "of no name"))
    }
    let switches = [
      ("scale_attn_weights", true), ("scale_attn_by_inverse_layer_idx", false),
      ("add_cross_attention", false),
    ]
    for (key, expected) in switches {
      guard let value = try root.member(key), !value.isNull else { continue }
      guard value.bool == expected else {
        throw value.error(.unsupported("other than \(expected)"))
      }
    }
    if let inner = try root.member("n_inner"), !inner.isNull {
      guard let size = inner.size, let width = try root.member("n_embd")?.size,
        width.multipliedReportingOverflow(by: 4) == (size, false)
      else { throw inner.error(.unsupported("other than four times n_embd")) }
    }
  }
}
