internal import GobbetBPE
internal import GobbetFile

/// What of a `TextPipeline` changes no ids unless somebody asks, in the ancillary section `post`.
struct PostSection {
  private(set) var template: SpecialTokenTemplate?
  private(set) var keptParts: [String: String] = [:]

  /// What there is to say of a vocabulary; nil if that is nothing.
  init?(_ vocabulary: Vocabulary) {
    template = vocabulary.pipeline.template
    keptParts = vocabulary.pipeline.keptParts
    if template == nil, keptParts.isEmpty { return nil }
  }

  /// The section as it stands in files.
  var content: [UInt8] {
    var content = ByteWriter()
    content.write(UInt8(template == nil ? 0 : 1))
    if let template {
      for ids in [template.before, template.after] {
        content.write(UInt32(ids.count))
        for id in ids { content.write(id) }
      }
    }
    content.write(UInt8(keptParts.count))
    for (key, text) in keptParts.sorted(by: { $0.key < $1.key }) {
      for part in [key, text] {
        content.write(UInt32(part.utf8.count))
        content.write(part.utf8)
      }
    }
    return content.bytes
  }

  /// The section in its content.
  ///
  /// - Throws: `FormatError` if it ends early or late, or says nothing.
  init(_ content: Span<UInt8>) throws(FormatError) {
    var reader = PipelineReader(content)
    if try reader.flag("post.hasTemplate") {
      let before = try reader.ids("post.before")
      template = SpecialTokenTemplate(before: before, after: try reader.ids("post.after"))
    }
    var lastKey: [UInt8]?
    for _ in 0..<(try reader.byte("post.keptCount")) {
      let key = try reader.bytes("post.kept.key")
      let isNext = lastKey.map { $0.lexicographicallyPrecedes(key) } ?? true
      try reader.require(isNext, "post.kept.key")
      lastKey = key
      let name = try reader.text(key, "post.kept.key")
      let part = try reader.bytes("post.kept.text")
      keptParts[name] = try reader.text(part, "post.kept.text")
    }
    try reader.require(template != nil || !keptParts.isEmpty, "post")
    try reader.finish("post")
  }
}
