/// A parsed JSON text and where its values lie.
package struct JSONDocument: Sendable {
  /// The file it comes from, for errors.
  let path: String?
  /// The text.
  fileprivate let text: [UInt8]
  /// Its strings with escapes, which were resolved.
  fileprivate let unescaped: [UInt8]
  /// Its values, in the order of the text.
  fileprivate let nodes: [JSONNode]

  /// Parses `bytes`.
  ///
  /// - Throws: ``InterchangeError`` (`damaged`) with the byte.
  package init(_ bytes: consuming [UInt8], path: String?) throws(InterchangeError) {
    var parser = JSONParser(bytes.span)
    do throws(JSONFault) {
      try parser.parse()
    } catch {
      throw InterchangeError(
        .damaged("not JSON: \(error.reason)"), path: path, offset: error.offset)
    }
    nodes = parser.nodes
    unescaped = parser.unescaped
    text = bytes
    self.path = path
  }

  /// What `body` makes of the content of a string; nil for a node of anything else.
  fileprivate func withBytes<Result>(
    of node: JSONNode, _ body: (Span<UInt8>) -> Result
  ) -> Result? {
    switch node.kind {
    case .string: body(text.span.extracting(node.range))
    case .unescapedString: body(unescaped.span.extracting(node.range))
    default: nil
    }
  }

  /// The outermost value.
  package var root: JSONValue { JSONValue(0, in: self, field: "") }
}

/// A value of a `JSONDocument`, and by which way it was found.
package struct JSONValue: Sendable {
  /// The place of its node.
  private var index: Int
  private let document: JSONDocument
  /// The keys and indices that lead here, for errors.
  package let field: String

  fileprivate init(_ index: Int, in document: JSONDocument, field: String) {
    self.index = index
    self.document = document
    self.field = field
  }

  private var node: JSONNode { document.nodes[index] }
  /// Whether it is `null`.
  package var isNull: Bool { node.kind == .null }
  /// Whether it is an object.
  package var isObject: Bool { node.kind == .object }
  /// Whether it is an array.
  package var isArray: Bool { node.kind == .array }

  /// The truth value that it is; nil for anything else.
  package var bool: Bool? {
    switch node.kind {
    case .true: true
    case .false: false
    default: nil
    }
  }

  /// The integer that it is, if it is not negative and fits; nil for anything else.
  package var size: Int? { withNumber { $0.unsigned }.flatMap { $0 }.flatMap { Int(exactly: $0) } }

  /// The number that it is; nil for anything else.
  package var double: Double? { withNumber { $0.double } }

  private func withNumber<Result>(_ body: (JSONNumber) -> Result) -> Result? {
    let node = node
    guard node.kind == .number else { return nil }
    return body(JSONNumber(document.text.span.extracting(node.range)))
  }

  /// The UTF-8 of the string that it is; nil for anything else.
  package var bytes: [UInt8]? { withBytes { [UInt8](copying: $0) } }

  /// What `body` makes of the UTF-8 of the string that it is; nil for anything else.
  package func withBytes<Result>(_ body: (Span<UInt8>) -> Result) -> Result? {
    document.withBytes(of: node, body)
  }

  /// Calls `body` with the UTF-8 of both elements of an array of two strings; false, without a call, for
  /// anything else.
  package func withPair(_ body: (Span<UInt8>, Span<UInt8>) -> Void) -> Bool {
    guard isArray, Int(node.end) == index + 3 else { return false }
    let (left, right) = (document.nodes[index + 1], document.nodes[index + 2])
    return document.withBytes(of: left) { left in
      document.withBytes(of: right) { right in body(left, right) } != nil
    } ?? false
  }

  /// The string that it is; nil for anything else.
  package var string: String? { bytes.map { String(decoding: $0, as: UTF8.self) } }

  /// The member of an object; nil if there is none, or it isn't an object.
  ///
  /// - Throws: ``InterchangeError`` (`damaged`) if there are several.
  package func member(_ key: String) throws(InterchangeError) -> JSONValue? {
    var found: Int?
    var isRepeated = false
    let wanted = Array(key.utf8)
    guard isObject else { return nil }
    forEachMember { name, value in
      guard name.count == wanted.count, name.indices.allSatisfy({ name[$0] == wanted[$0] }) else {
        return
      }
      isRepeated = isRepeated || found != nil
      found = found ?? value.index
    }
    guard let found else { return nil }
    let path = field.isEmpty ? key : "\(field).\(key)"
    guard !isRepeated else {
      throw InterchangeError(.damaged("the key is there twice"), path: document.path, field: path)
    }
    return JSONValue(found, in: document, field: path)
  }

  /// The members of an object or the elements of an array, in turn; keys of elements are empty.
  ///
  /// The values know this value's way only, so that a walk builds no text.
  package func forEach<Failure: Error>(
    _ body: (_ key: [UInt8], JSONValue) throws(Failure) -> Void
  ) throws(Failure) {
    try forEachMember { (key, member) throws(Failure) in try body([UInt8](copying: key), member) }
  }

  /// The same with keys that are not copied.
  package func forEachMember<Failure: Error>(
    _ body: (_ key: Span<UInt8>, JSONValue) throws(Failure) -> Void
  ) throws(Failure) {
    guard isObject || isArray else { return }
    let (isObject, end) = (isObject, Int(node.end))
    // One value for all of them spares counting who uses the document.
    var element = self
    element.index += 1
    while element.index < end {
      let name = element.node
      if isObject { element.index += 1 }
      let range = isObject ? name.range : 0..<0
      if isObject, name.kind == .unescapedString {
        try body(document.unescaped.span.extracting(range), element)
      } else {
        try body(document.text.span.extracting(range), element)
      }
      let node = element.node
      element.index = node.isContainer ? Int(node.end) : element.index + 1
    }
  }

  /// An error about this value.
  package func error(_ code: InterchangeError.Code) -> InterchangeError {
    InterchangeError(code, path: document.path, field: field)
  }

  /// An error about the member `key` of this value.
  package func error(
    _ code: InterchangeError.Code, key: some Sequence<UInt8>
  ) -> InterchangeError {
    let key = String(decoding: Array(key), as: UTF8.self)
    let path = field.isEmpty ? key : "\(field).\(key)"
    return InterchangeError(code, path: document.path, field: path)
  }
}

extension [UInt8] {
  /// A copy of bytes.
  package init(copying bytes: Span<UInt8>) {
    self.init()
    append(addingCapacity: bytes.count) { output in
      for index in bytes.indices { output.append(bytes[index]) }
    }
  }
}
