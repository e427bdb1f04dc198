internal import GobbetBPE
internal import GobbetCorpus
internal import GobbetData
internal import GobbetFile
internal import GobbetInterchange

extension DatasetPlan {
  /// What a packing job was asked for.
  init(_ run: PackingJob, _ shards: ShardOptions) {
    let corpus = run.corpus
    var entries: [(key: String, value: OptionValue)] = [
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
    if let template = run.template {
      entries += [
        ("messages_key", .text(run.messagesKey)), ("template", .text("\(template.name)")),
        ("template_hash", .text("\(template.contentID)")),
      ]
    }
    if let limit = run.lengthLimit {
      entries += [
        ("row_length", .number(limit.tokenCount)), ("too_long", .text(limit.tooLong.rawValue)),
      ]
    }
    self.init(fingerprint: run.vocabulary.fingerprint, entries: entries)
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

  /// The bytes as text, those that aren't printable ASCII as `\xx`.
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
