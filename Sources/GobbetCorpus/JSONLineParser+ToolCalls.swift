internal import CGobbetJSON

// Calls of tools, and descriptions of tools, as OpenAI and transformers write them.

extension JSONLineParser {
  /// The calls of a message, `number` among its like; none where it has no `tool_calls`.
  ///
  /// - Throws: ``CorpusError`` without its place.
  func toolCalls(
    of message: gobbet_json_value, number: Int
  ) throws(CorpusError) -> [ToolCall] {
    func fault(_ text: String) -> CorpusError {
      CorpusError(.notAConversation(.toolCalls, "message \(number) \(text)"))
    }
    var calls: [ToolCall] = []
    guard let list = try unsafe member("tool_calls", of: message),
      unsafe gobbet_json_kind_of(list) != GOBBET_JSON_NULL
    else { return [] }
    guard unsafe gobbet_json_kind_of(list) == GOBBET_JSON_ARRAY else {
      throw fault("has tool_calls that aren't a list")
    }
    var cursor = unsafe gobbet_json_walk(list)
    var call = unsafe gobbet_json_value()
    // SAFETY: values belong to the parser, which holds the line that was parsed last.
    while unsafe gobbet_json_next(&cursor, nil, nil, &call) {
      if let type = try unsafe member("type", of: call), let type = unsafe string(type),
        unsafe !type.elementsEqual("function".utf8)
      {
        throw fault("calls something that isn't a function")
      }
      let function = try unsafe member("function", of: call) ?? call
      guard let name = try unsafe member("name", of: function), let name = unsafe string(name),
        unsafe !name.isEmpty && name.allSatisfy({ $0 >= 0x20 && $0 != 0x22 && $0 != 0x5C })
      else { throw fault("calls a function without a name, or with one that JSON would escape") }
      guard let arguments = try unsafe member("arguments", of: function) else {
        throw fault("calls a function without arguments")
      }
      let text: [UInt8]
      if let given = unsafe string(arguments) {
        text = unsafe Array(given)
      } else if unsafe gobbet_json_kind_of(arguments) == GOBBET_JSON_OBJECT {
        text = try unsafe jsonText(of: arguments)
      } else {
        throw fault("calls a function with arguments that are neither an object nor a text")
      }
      calls.append(ToolCall(name: unsafe Array(name), arguments: text))
    }
    return calls
  }

  /// The tools that the line describes under `tools`, each as the text of its JSON.
  ///
  /// - Throws: ``CorpusError`` without its place.
  func tools() throws(CorpusError) -> [[UInt8]] {
    guard let list = try unsafe member("tools", of: line),
      unsafe gobbet_json_kind_of(list) != GOBBET_JSON_NULL
    else { return [] }
    guard unsafe gobbet_json_kind_of(list) == GOBBET_JSON_ARRAY else {
      throw CorpusError(.notAConversation(.toolCalls, "its tools aren't a list"))
    }
    var tools: [[UInt8]] = []
    var cursor = unsafe gobbet_json_walk(list)
    var tool = unsafe gobbet_json_value()
    while unsafe gobbet_json_next(&cursor, nil, nil, &tool) {
      tools.append(try unsafe jsonText(of: tool))
    }
    return tools
  }

  /// A value as Python's `json.dumps` writes it with `ensure_ascii=False`: what the filter `tojson` of
  /// transformers' templates gives.
  ///
  /// - Throws: ``CorpusError`` (`duplicateKey`) without its place.
  private func jsonText(of value: gobbet_json_value) throws(CorpusError) -> [UInt8] {
    var text: [UInt8] = []
    try unsafe appendJSON(value, to: &text)
    return text
  }

  private func appendJSON(
    _ value: gobbet_json_value, to text: inout [UInt8]
  ) throws(CorpusError) {
    let kind = unsafe gobbet_json_kind_of(value)
    switch kind {
    case GOBBET_JSON_STRING:
      if let string = unsafe string(value) { unsafe Self.appendQuoted(string, to: &text) }
    case GOBBET_JSON_BOOL:
      var truth = false
      _ = unsafe gobbet_json_bool(value, &truth)
      text += (truth ? "true" : "false").utf8
    case GOBBET_JSON_INT64:
      var number: Int64 = 0
      _ = unsafe gobbet_json_int64(value, &number)
      text += "\(number)".utf8
    case GOBBET_JSON_UINT64:
      var number: UInt64 = 0
      _ = unsafe gobbet_json_uint64(value, &number)
      text += "\(number)".utf8
    case GOBBET_JSON_DOUBLE:
      var number = 0.0
      _ = unsafe gobbet_json_double(value, &number)
      // The shortest digits that give the number again, with the exponents that Python writes.
      text += "\(number)".utf8
    case GOBBET_JSON_ARRAY, GOBBET_JSON_OBJECT:
      let isObject = kind == GOBBET_JSON_OBJECT
      text.append(UInt8(ascii: isObject ? "{" : "["))
      var keys: Set<[UInt8]> = []
      var cursor = unsafe gobbet_json_walk(value)
      var element = unsafe gobbet_json_value()
      var keyStart: UnsafePointer<UInt8>?
      var keyCount = 0
      var isFirst = true
      while unsafe gobbet_json_next(&cursor, &keyStart, &keyCount, &element) {
        if !isFirst { text += ", ".utf8 }
        isFirst = false
        if isObject {
          // SAFETY: the key belongs to the parser, as its value does.
          let key = unsafe UnsafeBufferPointer(start: keyStart, count: keyCount)
          guard keys.insert(unsafe Array(key)).inserted else {
            throw CorpusError(.duplicateKey(unsafe String(decoding: key, as: UTF8.self)))
          }
          unsafe Self.appendQuoted(key, to: &text)
          text += ": ".utf8
        }
        try unsafe appendJSON(element, to: &text)
      }
      text.append(UInt8(ascii: isObject ? "}" : "]"))
    default: text += "null".utf8
    }
  }

  private static func appendQuoted(
    _ string: UnsafeBufferPointer<UInt8>, to text: inout [UInt8]
  ) {
    let digits = Array("0123456789abcdef".utf8)
    text.append(UInt8(ascii: "\""))
    for byte in unsafe Array(string) {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): text += [UInt8(ascii: "\\"), byte]
      case 0x08: text += "\\b".utf8
      case 0x09: text += "\\t".utf8
      case 0x0A: text += "\\n".utf8
      case 0x0C: text += "\\f".utf8
      case 0x0D: text += "\\r".utf8
      case ..<0x20: text += "\\u00".utf8 + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      default: text.append(byte)
      }
    }
    text.append(UInt8(ascii: "\""))
  }
}
