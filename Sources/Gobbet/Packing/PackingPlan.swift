internal import GobbetBPE
internal import GobbetCorpus
internal import GobbetData
internal import GobbetFile
internal import GobbetInterchange

/// What a packing run was asked for: what decides its result, and nothing else.
struct PackingPlan: Sendable {
  let fingerprint: ContentDigest
  let entries: [(key: String, value: OptionValue)]

  static let kind = "gobbet pack"

  /// What another way of making a dataset was asked for.
  init(fingerprint: ContentDigest, entries: [(key: String, value: OptionValue)]) {
    self.fingerprint = fingerprint
    self.entries = entries
  }

  init(_ run: PackingJob, _ shards: ShardOptions) {
    fingerprint = run.vocabulary.fingerprint
    let corpus = run.corpus
    entries = [
      ("inputs", .list(run.inputs)),
      ("format", .text(Self.name(of: corpus.format))),
      ("text_key", .text(corpus.textKey ?? CorpusOptions.usualTextKey)),
      ("id_key", corpus.identifierKey.map { .text($0) } ?? .none),
      ("separator", corpus.textSeparator.map { .text(Self.visible($0)) } ?? .none),
      ("bad_lines", .text(Self.name(of: corpus.badLines))),
      ("longest_document", .number(corpus.maximumDocumentByteCount)),
      ("appended_token", run.appendedToken.map { .number(Int($0)) } ?? .none),
      ("unique_documents", .flag(run.removesDuplicates)),
      ("sources", .flag(run.keepsSources)),
      ("byte_counts", .flag(run.keepsByteCounts)),
      ("codec", .text(run.options.codec.name)),
      ("block_tokens", .number(run.options.blockTokenCount)),
      ("sample_tokens", .number(run.options.sampleTokenCount)),
      ("embeds_vocabulary", .flag(run.options.embedsVocabulary)),
      ("shard_tokens", shards.tokenCount.map { .number($0) } ?? .none),
      // A text, for the same digits on every way back.
      ("validation_share", .text("\(shards.validationShare)")),
    ]
  }

  /// The text that lies in the folder until the manifest does.
  var json: [UInt8] {
    JSONOutput.object([
      ("kind", .text(Self.kind)),
      ("version", .number(DatasetManifest.version)),
      ("vocabulary", .text(fingerprint.description)),
      ("options", .object(entries.map { ($0.key, $0.value.json) })),
    ]).lines
  }

  /// Checks that the file at `path`, an unfinished run's or a manifest, is of this plan.
  ///
  /// - Throws: ``LoadingError`` that names the first difference; ``InterchangeError``,
  ///   ``FileError``.
  func check(_ path: String) throws {
    let root = try DatasetManifest.document(path).root
    guard let found = ContentDigest(try root.member("vocabulary")?.string) else {
      throw LoadingError(path: path, reason: "names no vocabulary")
    }
    guard found == fingerprint else {
      throw LoadingError(
        path: path, reason: "was begun with vocabulary \(found), not with \(fingerprint)")
    }
    let theirs = try Self.entries(try root.member("options"), path)
    for (key, value) in entries {
      let other = theirs.first { $0.key == key }?.value ?? .none
      guard other == value else {
        throw LoadingError(
          path: path, reason: "was begun with \(key) \(other), not with \(value)")
      }
    }
  }

  /// The options in a plan or a manifest.
  ///
  /// - Throws: ``LoadingError`` if they are none.
  static func entries(
    _ object: JSONValue?, _ path: String
  ) throws -> [(key: String, value: OptionValue)] {
    guard let object, object.isObject else {
      throw LoadingError(path: path, reason: "has no options")
    }
    var entries: [(key: String, value: OptionValue)] = []
    try object.forEach { key, member in
      let key = String(decoding: key, as: UTF8.self)
      guard let value = OptionValue(member), !entries.contains(where: { $0.key == key }) else {
        throw LoadingError(path: path, reason: "its option \(key) is damaged")
      }
      entries.append((key, value))
    }
    return entries
  }

  private static func name(of format: CorpusFormat) -> String {
    switch format {
    case .automatic: "auto"
    case .text: "text"
    case .jsonLines: "jsonl"
    }
  }

  private static func name(of policy: BadLinePolicy) -> String {
    switch policy {
    case .fail: "fail"
    // Where a line goes that is left out changes nothing of the dataset.
    case .skip, .keepAside: "skip"
    }
  }

  /// The bytes as text, those that are no printable ASCII as `\xx`.
  private static func visible(_ bytes: [UInt8]) -> String {
    bytes.reduce(into: "") { text, byte in
      if (0x20..<0x7F).contains(byte), byte != UInt8(ascii: "\\") {
        text.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        text += "\\" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }
    }
  }
}
