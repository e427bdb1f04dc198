internal import GobbetBPE

extension Vocabulary {
  /// The object that a kept part of its file is; nil if none is kept.
  func keptSettings(_ key: String) throws(InterchangeError) -> JSONValue? {
    guard let text = pipeline.keptParts[key], text != "null" else { return nil }
    let root = try JSONDocument(Array(text.utf8), path: key).root
    guard root.isObject else { throw root.error(.damaged("not an object")) }
    return root
  }
}

extension JSONValue {
  /// The end that `direction` names.
  func end() throws(InterchangeError) -> Truncation.End {
    guard let direction = try present("direction") else { return .right }
    guard let end = direction.string.flatMap(Truncation.End.init) else {
      throw direction.error(.damaged("neither Left nor Right"))
    }
    return end
  }
}
