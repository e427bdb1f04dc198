internal import GobbetBPE

extension TokenizerJSON {
  /// The bytes of a file that holds `vocabulary`.
  ///
  /// Special tokens are in the model's vocabulary too: `tokenizers` numbers those that are not by
  /// itself. A `.ranks` vocabulary is written with `ignore_merges`.
  static func text(
    of vocabulary: Vocabulary, path: String?
  ) throws(InterchangeError) -> [UInt8] {
    let visible = try VisibleText(vocabulary, path: path)
    var text: [UInt8] = []
    text.append(#"{"version":"1.0","truncation":null,"padding":null,"added_tokens":["#)
    for (position, token) in vocabulary.specialTokens.enumerated() {
      text.append(position == 0 ? "\n" : ",\n")
      text.append(#"{"id":\#(token.id),"content":"#)
      text.append(quoted: token.bytes)
      text.append(#","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"#)
      text.append(#""special":true}"#)
    }
    text.append("],\n")
    text.append(#""normalizer":null,"pre_tokenizer":"#)
    append(vocabulary.pattern, to: &text)
    text.append(",\n" + #""post_processor":null,"decoder":{"type":"ByteLevel","#)
    text.append(#""add_prefix_space":false,"trim_offsets":true,"use_regex":true},"# + "\n")
    text.append(#""model":{"type":"BPE","dropout":null,"unk_token":null,"#)
    text.append(#""continuing_subword_prefix":null,"end_of_word_suffix":null,"fuse_unk":false,"#)
    text.append(#""byte_fallback":false,"ignore_merges":"#)
    text.append("\(vocabulary.mergeRule != .learnedPairs)")
    text.append(#","vocab":{"#)
    for (position, entry) in visible.entries.enumerated() {
      text.append(position == 0 ? "\n" : ",\n")
      text.append(quoted: entry.text)
      text.append(":\(entry.id)")
    }
    text.append("},\n\"merges\":[")
    for (position, merge) in visible.merges.enumerated() {
      text.append(position == 0 ? "\n[" : ",\n[")
      text.append(quoted: merge.left)
      text.append(",")
      text.append(quoted: merge.right)
      text.append("]")
    }
    text.append("]}}\n")
    return text
  }

  private static func append(_ pattern: SplitPattern, to text: inout [UInt8]) {
    let byteLevel = #"{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"#
    if pattern == .gpt2 {
      text.append(byteLevel + #""use_regex":true}"#)
      return
    }
    text.append(#"{"type":"Sequence","pretokenizers":["#)
    for expression in pattern.regularExpressions {
      text.append(#"{"type":"Split","pattern":{"Regex":"#)
      text.append(quoted: expression.utf8)
      text.append(#"},"behavior":"Isolated","invert":false},"#)
    }
    text.append(byteLevel + #""use_regex":false}]}"#)
  }
}
