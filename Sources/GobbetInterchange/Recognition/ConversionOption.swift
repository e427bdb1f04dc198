public import GobbetBPE
internal import GobbetData

/// A setting of a conversion that only some files have a use for; the raw value is its name on the
/// command line.
public enum ConversionOption: String, Hashable, Sendable, CaseIterable {
  /// A vocabulary to put into weights, or beside them.
  case vocabulary
  /// How text is split, for vocabularies that do not say.
  case pattern
  /// The set of special tokens, where several go with a file of ranks.
  case specialTokens = "special-tokens"
  /// Special tokens that a file of ranks doesn't say.
  case special
  /// How weights are stored in Gobbet files.
  case codec
  /// The checkpoint that weights are stored as differences from.
  case base
  /// What elements become.
  case type
  /// How many rows the embedding gets.
  case resizeEmbeddings = "resize-embeddings"
  /// Bytes of a file, where weights are cut into several.
  case shardSize = "shard-size"
  /// Whether what was written is read again and compared.
  case verify
  /// Whether tensors of unknown types are left out.
  case skip
  /// The way to the tensors in a checkpoint.
  case key
  /// The type of NumPy arrays whose own name for it leaves that open.
  case openType = "v1-type"
}

/// An option that would change nothing, or that the format has no value for.
public struct ConversionOptionError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The option.
  public let option: ConversionOption
  /// Why it has no effect: one lower-case line.
  public let reason: String

  package init(_ option: ConversionOption, _ reason: String) {
    self.option = option
    self.reason = reason
  }

  /// One line for a terminal or a log.
  public var description: String { "\(option.rawValue): \(reason)" }
}

extension FileFormat {
  /// What is converted.
  public enum Content: String, Hashable, Sendable, CaseIterable {
    /// A vocabulary alone.
    case vocabulary
    /// Weights, with a vocabulary or without.
    case weights
  }

  /// Why an option would change nothing in a file of this format that holds `content`; nil if it has
  /// an effect.
  ///
  /// This is the one table of which option means something for which format.
  public func reason(against option: ConversionOption, for content: Content) -> String? {
    switch (content, option) {
    case (.vocabulary, .pattern), (.vocabulary, .specialTokens), (.vocabulary, .special): nil
    case (.vocabulary, _): "only weights have a use for it, and the input holds a vocabulary"
    case (.weights, .pattern):
      "only vocabularies that do not say how text is split have a use for it"
    case (.weights, .specialTokens), (.weights, .special):
      "only files of ranks that do not say which tokens are special have a use for it"
    case (.weights, _) where weights == nil: "\(name) does not hold weights"
    case (.weights, .resizeEmbeddings), (.weights, .vocabulary):
      weights?.holdsOneTensor == true ? "\(name) has a place for one tensor only" : nil
    case (.weights, .codec): self == .gobbet ? nil : "only .gobbet files have codecs"
    case (.weights, .base): self == .gobbet ? nil : "only .gobbet files store differences"
    case (.weights, .shardSize):
      weights?.mayBeSeveralFiles == true ? nil : "\(name) is one file"
    case (.weights, .type), (.weights, .verify), (.weights, .skip), (.weights, .key),
      (.weights, .openType):
      nil
    }
  }

  /// Why weights in this format cannot have elements of a type; nil if they can.
  public func reason(against type: GGUFType) -> String? {
    if storesBlocks { return nil }
    if type.blockElementCount > 1 {
      return "only GGUF and .gobbet store elements in blocks, \(name) does not"
    }
    return weights.flatMap { $0.reasonAgainst(type.elementType) }
  }
}

extension Vocabulary {
  /// Whether the vocabulary in a file leaves open how text is split.
  ///
  /// - Throws: `FileError`, and the errors of GGUF.
  public static func leavesPatternOpen(at path: String) throws -> Bool {
    try leavesPatternOpen(OpenedFile(path))
  }

  /// The same of an open file.
  package static func leavesPatternOpen(_ file: OpenedFile) throws -> Bool {
    try file.format()?.vocabularies?.leavesPatternOpen(file) ?? false
  }
}
