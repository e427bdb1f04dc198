internal import GobbetData
public import GobbetFile
internal import GobbetSystem

/// The parts of a dataset that are read apart.
public enum DatasetSplit: String, Hashable, Sendable, CaseIterable {
  /// What is trained on.
  case train
  /// What shows how well.
  case validation
}

/// What a dataset of several files is: the list beside them, JSON, which comes last.
///
/// - Source: `Spec/Tokens.md`, "Datasets of several files".
public struct DatasetManifest: Hashable, Sendable {
  /// One file.
  public struct Shard: Hashable, Sendable {
    /// Its name, in the folder of the manifest.
    public let name: String
    /// Tokens in it.
    public let tokenCount: Int
    /// Documents in it.
    public let documentCount: Int
    /// Bytes of the file.
    public let byteCount: Int
    /// The content id of the file.
    public let contentID: ContentDigest

    /// A shard that was written.
    package init(
      name: String, tokenCount: Int, documentCount: Int, byteCount: Int, contentID: ContentDigest
    ) {
      self.name = name
      self.tokenCount = tokenCount
      self.documentCount = documentCount
      self.byteCount = byteCount
      self.contentID = contentID
    }
  }

  /// The files of one part of the dataset.
  public struct Split: Hashable, Sendable {
    /// Which part.
    public let name: DatasetSplit
    /// Its files, in the order of their tokens.
    public let shards: [Shard]

    /// Tokens in all files.
    public var tokenCount: Int { shards.reduce(0) { $0 + $1.tokenCount } }
    /// Documents in all files.
    public var documentCount: Int { shards.reduce(0) { $0 + $1.documentCount } }
    /// Bytes of all files.
    public var byteCount: Int { shards.reduce(0) { $0 + $1.byteCount } }

    /// A split of these shards.
    package init(name: DatasetSplit, shards: [Shard]) {
      self.name = name
      self.shards = shards
    }
  }

  /// The name of every manifest.
  public static let fileName = "manifest.json"
  /// The version of manifests written here.
  static let version = 1
  /// How deep objects and arrays of a manifest are nested, the outermost included.
  static let maximumDepth = 64
  /// What manifests call themselves.
  static let kind = "gobbet tokens"

  /// The fingerprint of the vocabulary that the tokens are of.
  public let fingerprint: ContentDigest
  /// How the dataset was packed.
  public let options: [String: OptionValue]
  /// The options' names, in their order.
  let optionNames: [String]
  /// The parts.
  public let splits: [Split]

  /// A manifest of a dataset that is being made.
  ///
  /// - Precondition: the names of options are distinct.
  package init(
    fingerprint: ContentDigest, options: [(key: String, value: OptionValue)], splits: [Split]
  ) {
    self.fingerprint = fingerprint
    self.options = Dictionary(uniqueKeysWithValues: options.map { ($0.key, $0.value) })
    optionNames = options.map(\.key)
    self.splits = splits
  }

  /// A part; nil if the dataset does not have it.
  public subscript(split: DatasetSplit) -> Split? { splits.first { $0.name == split } }
}

extension DatasetManifest {
  /// Reads a manifest.
  ///
  /// - Throws: `InterchangeError` if it isn't JSON; `LoadingError` if it isn't a manifest;
  ///   `FileError`.
  public init(contentsOf path: String) throws {
    try self.init(OpenedFile(path))
  }

  /// Reads an open manifest.
  ///
  /// - Throws: as ``init(contentsOf:)``.
  package init(_ file: OpenedFile) throws {
    try self.init(try Self.document(file).root, file.path)
  }

  /// Reads the text of a manifest; errors call it `path`.
  ///
  /// - Throws: as ``init(contentsOf:)``.
  package init(json text: [UInt8], path: String) throws {
    try self.init(try JSONDocument(text, path: path).root, path)
  }

  private init(_ root: JSONValue, _ path: String) throws {
    func fail(_ reason: String) -> LoadingError { LoadingError(path: path, reason: reason) }
    try root.checkMembers(depth: Self.maximumDepth)
    guard try root.member("kind")?.string == Self.kind else {
      throw fail("isn't a manifest of a dataset")
    }
    guard let version = try root.member("version")?.size, version <= Self.version else {
      throw fail("its version is newer than this library")
    }
    guard let fingerprint = ContentDigest(try root.member("vocabulary")?.string) else {
      throw fail("names no vocabulary")
    }
    let options = try DatasetPlan.entries(try root.member("options"), path)
    var splits: [Split] = []
    var names: Set<String> = []
    guard let parts = try root.member("splits"), parts.isArray else { throw fail("has no splits") }
    try parts.forEach { _, part in
      guard let name = try part.member("name")?.string.flatMap(DatasetSplit.init(rawValue:)),
        let list = try part.member("shards"), list.isArray,
        !splits.contains(where: { $0.name == name })
      else { throw fail("a split of it is damaged") }
      var shards: [Shard] = []
      try list.forEach { _, value in
        guard let shard = try Shard(value) else { throw fail("a shard of it is damaged") }
        guard names.insert(shard.name).inserted else { throw fail("lists \(shard.name) twice") }
        shards.append(shard)
      }
      guard !shards.isEmpty else { throw fail("a split of it has no shards") }
      guard let tokenCount = Self.sum(shards.map(\.tokenCount)),
        let documentCount = Self.sum(shards.map(\.documentCount)),
        Self.sum(shards.map(\.byteCount)) != nil
      else { throw fail("the shards of split \(name.rawValue) add up to more than 2^63") }
      guard try part.member("tokens")?.size == tokenCount,
        try part.member("documents")?.size == documentCount
      else {
        throw fail(
          "split \(name.rawValue) does not have the \(tokenCount.counted("token")) and \(documentCount)"
            + " documents of the shards that it lists")
      }
      splits.append(Split(name: name, shards: shards))
    }
    self.init(fingerprint: fingerprint, options: options, splits: splits)
  }

  /// The sum of counts; nil if it has more than 63 bits.
  private static func sum(_ counts: [Int]) -> Int? {
    var sum = 0
    for count in counts {
      let (next, overflow) = sum.addingReportingOverflow(count)
      guard !overflow else { return nil }
      sum = next
    }
    return sum
  }

  /// A parsed file, of at most 64 MiB.
  static func document(_ file: OpenedFile) throws -> JSONDocument {
    let limit = 64 << 20
    guard file.byteCount <= limit else {
      throw LoadingError(path: file.path, reason: "is too large for a manifest")
    }
    return try JSONDocument(file.bytes(limit: limit), path: file.path)
  }

  /// The text of the manifest.
  var json: [UInt8] {
    JSONOutput.object([
      ("kind", .text(Self.kind)),
      ("version", .number(Self.version)),
      ("vocabulary", .text(fingerprint.description)),
      ("options", .object(optionNames.map { ($0, options[$0]?.json ?? .null) })),
      (
        "splits",
        .array(
          splits.map { split in
            .object([
              ("name", .text(split.name.rawValue)),
              ("tokens", .number(split.tokenCount)),
              ("documents", .number(split.documentCount)),
              ("shards", .array(split.shards.map(\.json))),
            ])
          })
      ),
    ]).lines
  }
}

extension DatasetManifest.Shard {
  /// The shard in a manifest; nil if a field is missing or none that a shard can have.
  fileprivate init?(_ value: JSONValue) throws(InterchangeError) {
    guard let name = try value.member("name")?.string, Self.isLegal(name),
      let tokenCount = try value.member("tokens")?.size,
      let documentCount = try value.member("documents")?.size,
      let byteCount = try value.member("bytes")?.size,
      let contentID = ContentDigest(try value.member("content_id")?.string)
    else { return nil }
    self.name = name
    self.tokenCount = tokenCount
    self.documentCount = documentCount
    self.byteCount = byteCount
    self.contentID = contentID
  }

  /// A shard lies beside its manifest: names that lead elsewhere are refused.
  private static func isLegal(_ name: String) -> Bool {
    !name.isEmpty && name != "." && name != ".." && !name.utf8.contains(UInt8(ascii: "/"))
      && !name.utf8.contains(0)
  }

  fileprivate var json: JSONOutput {
    .object([
      ("name", .text(name)), ("tokens", .number(tokenCount)),
      ("documents", .number(documentCount)), ("bytes", .number(byteCount)),
      ("content_id", .text(contentID.description)),
    ])
  }
}
