internal import GobbetSystem

/// A file that cannot be read, and the byte where reading stopped.
public struct FormatError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong; clients need a default case, for more may come.
  @nonexhaustive public enum Code: Hashable, Sendable {
    /// The file ends before the field does.
    case truncated(needed: Int, available: Int)
    /// The file does not begin, or end, as a container does; the text says how it does.
    case notAContainer(String)
    /// The file asks for a reader of this version.
    case unsupportedVersion(major: UInt16, minor: UInt16)
    /// A section that cannot be skipped and that this reader does not know.
    case unsupportedSection(String)
    /// A codec, a type or a setting that this reader does not know.
    case unsupportedCode(Int)
    /// Stored bytes that are not those that were written.
    case checksumMismatch(stored: UInt32, computed: UInt32)
    /// Content that is not what was written.
    case digestMismatch(stored: ContentDigest, computed: ContentDigest)
    /// A section that the file does not have.
    case missingSection(String)
    /// Reading would take more memory than the reader was allowed.
    case overBudget(needed: Int, budget: Int)
    /// An index, or what training keeps of counts, would take more memory than the reader was allowed.
    case overIndexBudget(needed: Int, budget: Int)
    /// Verifying would decode more than the size of the file gives reason to.
    case overDecodingBudget(needed: Int, budget: Int)
    /// A field that contradicts the format, or another field; the text says how.
    case damaged(String)
  }

  /// What is wrong.
  public let code: Code
  /// Bytes from the start of the file to the offending field.
  ///
  /// In a compressed section, where its payload begins plus the field's place in what it decodes to.
  public let offset: Int
  /// The field's name in `Spec/`.
  public let field: String
  /// The file's path; nil for bytes in memory.
  public var file: String?

  /// An error in a file, or in bytes in memory.
  public init(code: Code, offset: Int, field: String, file: String? = nil) {
    self.code = code
    self.offset = offset
    self.field = field
    self.file = file
  }

  /// The same error, further into a file.
  public func located(at base: Int, in file: String?) -> FormatError {
    FormatError(code: code, offset: base + offset, field: field, file: file)
  }

  /// One line for a terminal or a log.
  public var description: String {
    "\(file.map { "\($0): " } ?? "")byte \(offset), \(field): \(code)"
  }
}

extension FormatError.Code: CustomStringConvertible {
  /// What is wrong, without the place.
  public var description: String {
    switch self {
    case .truncated(let needed, let available): "needs \(needed.counted("byte")), \(available) left"
    case .notAContainer(let reason): "not a Gobbet file: \(reason)"
    case .unsupportedVersion(let major, let minor): "needs a reader of version \(major).\(minor)"
    case .unsupportedSection(let kind): "section \(kind) is unknown to this reader and critical"
    case .unsupportedCode(let value): "unknown code \(value)"
    case .checksumMismatch(let stored, let computed):
      "checksum \(String(stored, radix: 16)), but the bytes give \(String(computed, radix: 16))"
    case .digestMismatch(let stored, let computed):
      "SHA-256 \(stored), but the content gives \(computed)"
    case .missingSection(let kind): "no section \(kind)"
    case .overBudget(let needed, let budget):
      "needs \(needed.counted("byte")) of memory, \(budget) allowed by the parameter budget"
    case .overIndexBudget(let needed, let budget):
      "needs \(needed) bytes of memory, \(budget) allowed: GOBBET_INDEX_BUDGET=\(needed) in the"
        + " environment, or the parameter indexBudget, allows them"
    case .overDecodingBudget(let needed, let budget):
      "decodes to \(needed.counted("byte")), \(budget) allowed of a file of this size:"
        + " GOBBET_DECODING_BUDGET=\(needed) in the environment allows them"
    case .damaged(let reason): reason
    }
  }
}
