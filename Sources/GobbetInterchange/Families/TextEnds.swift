public import GobbetBPE

/// The tokens at the ends of a text, as the files of a model name them.
public struct TextEnds: Hashable, Sendable {
  /// The token that begins a text; nil where nothing says so.
  public var beginning: TokenID?
  /// The tokens that end what a model writes, the usual one first.
  public var ends: [TokenID] = []

  /// Creates ends of which nothing is known.
  public init() {}

  /// Reads `bos_token_id` and `eos_token_id`, a number or several, of a `config.json` or a
  /// `generation_config.json`.
  ///
  /// - Throws: `InterchangeError` for what isn't an id.
  public init(json: [UInt8], path: String?) throws(InterchangeError) {
    let root = try JSONDocument(json, path: path).root
    guard root.isObject else { throw root.error(.damaged("not an object")) }
    try self.init(root)
    guard let text = try root.member("text_config"), text.isObject else { return }
    add(try TextEnds(text))
  }

  private init(_ object: JSONValue) throws(InterchangeError) {
    func ids(_ key: String) throws(InterchangeError) -> [TokenID] {
      guard let value = try object.member(key), !value.isNull else { return [] }
      var elements = [value]
      if value.isArray {
        elements = []
        value.forEach { _, element in elements.append(element) }
      }
      return try elements.map { (element) throws(InterchangeError) in
        guard let size = element.size, let id = TokenID(exactly: size) else {
          throw element.error(.damaged("not a token id"))
        }
        return id
      }
    }
    beginning = try ids("bos_token_id").first
    ends = try ids("eos_token_id")
  }

  /// Reads what the `tokenizer_config.json` says that a vocabulary keeps.
  ///
  /// - Throws: `InterchangeError` for a damaged one.
  package init(_ vocabulary: Vocabulary) throws(InterchangeError) {
    beginning = try vocabulary.token(named: "bos_token")
    ends = try vocabulary.token(named: "eos_token").map { [$0] } ?? []
  }

  /// Adds what other files say; what is known already goes first.
  public mutating func add(_ other: TextEnds) {
    beginning = beginning ?? other.beginning
    ends += other.ends.filter { !ends.contains($0) }
  }

  /// Reads the ends among the values of a GGUF file.
  init(gguf value: (String) -> GGUFValue?) {
    func id(_ key: String) -> TokenID? {
      value("tokenizer.ggml.\(key)")?.size.flatMap { TokenID(exactly: $0) }
    }
    beginning = id("bos_token_id")
    for key in ["eos_token_id", "eot_token_id", "eom_token_id"] {
      if let end = id(key), !ends.contains(end) { ends.append(end) }
    }
  }
}
