package import GobbetData

/// The tensors of a model that have a row for each token.
package enum VocabularyRows {
  /// Their names among `tensors`: of a GPT-2 in any dialect, or of the family that the text of a
  /// `config.json` says; empty if neither knows one.
  ///
  /// The head is among them where it is a tensor of its own.
  package static func names(
    among tensors: [TensorDescription], configuration: String?
  ) throws(InterchangeError) -> [String] {
    let names = GPT2Names(tensors)
    if let dialect = names.dialect {
      let wanted = ["wte.weight", "lm_head.weight", "lm_head.bias"]
      return dialect.rules(layerCount: 0).filter { wanted.contains($0.canonical) }
        .compactMap { names[$0.parts[0]]?.name }
    }
    guard let configuration,
      let model = try FamilyModel(json: Array(configuration.utf8), path: nil)
    else { return [] }
    return model.vocabularyNames.filter { name in
      tensors.contains { $0.name.utf8.elementsEqual(name.utf8) }
    }
  }

  /// The text of a `config.json` with another `vocab_size`, at the place where it has one.
  ///
  /// - Throws: `InterchangeError` for a text that isn't JSON.
  package static func configuration(
    _ text: String, withVocabularySize size: Int
  ) throws(InterchangeError) -> String {
    let root = try JSONDocument(Array(text.utf8), path: nil).root
    return String(decoding: try changed(root, size), as: UTF8.self)
  }

  private static func changed(
    _ object: JSONValue, _ size: Int
  ) throws(InterchangeError) -> [UInt8] {
    var result: [UInt8] = Array("{".utf8)
    var nested: [(name: [UInt8], value: JSONValue)] = []
    object.forEach { nested.append((Array($0), $1)) }
    for (name, value) in nested {
      if result.count > 1 { result.append(",") }
      result.append(quoted: name)
      result.append(":")
      if name.elementsEqual("vocab_size".utf8) {
        result.append("\(size)")
      } else if name.elementsEqual("text_config".utf8), value.isObject {
        result += try changed(value, size)
      } else {
        result.append(contentsOf: value.text)
      }
    }
    result.append("}")
    return result
  }
}

extension FamilyModel {
  /// What the tensors may be called that have a row for each token.
  fileprivate var vocabularyNames: [String] {
    let ends = names.heads.contains("cls.") ? Self.maskedHead : []
    let own = ["\(names.tokenEmbedding).weight", "\(names.head).weight", "\(names.head).bias"]
    let prefixed = names.optionalPrefix.isEmpty ? [] : own.map { names.optionalPrefix + $0 }
    return own + prefixed + ends
  }

  /// What BERT's head for masked tokens is called, which stands on top of the model.
  private static let maskedHead = [
    "cls.predictions.decoder.weight", "cls.predictions.decoder.bias", "cls.predictions.bias",
  ]
}
