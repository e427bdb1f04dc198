package import GobbetBPE
package import GobbetData

extension GGUFWriter {
  /// Writes weights of any model, under the names that they have, with their metadata and a vocabulary.
  ///
  /// How elements are stored is as it was, if they are kept: a file type of llama.cpp's stays.
  /// - Throws: as ``write(_:to:values:as:replacing:progress:)``; `InterchangeError`
  ///   (`notRepresentable`) for metadata and vocabularies that GGUF cannot hold.
  package static func write(
    _ source: some TensorSource, to path: String, vocabulary: Vocabulary?,
    storing stored: StoredElements = .kept, replacing: Bool = false,
    progress: (Int) throws -> Void = { _ in }
  ) throws {
    let rowCount = source.tensor(named: "token_embd.weight")?.shape.first
    // Readers want the key. No program has an architecture of this name, and none guesses one.
    let isNamed = source.metadata(forKey: architectureKey) != nil
    let values = try values(
      own: isNamed ? [] : [(architectureKey, .string("unknown"))], metadata: source.metadata,
      vocabulary: vocabulary, ends: [], rowCount: rowCount, path: path, storing: stored,
      keepsTypes: stored == .kept)
    try write(
      source, to: path, values: values, storing: stored, replacing: replacing, progress: progress)
  }

  /// What stands in front of the tensors: `own` values first, then those of the metadata, then the
  /// vocabulary.
  static func values(
    own: [(key: String, value: GGUFValue)], metadata: [(String, String)], vocabulary: Vocabulary?,
    ends: [(key: String, value: GGUFValue)], rowCount: Int?, path: String,
    storing stored: StoredElements = .kept, keepsTypes: Bool = false
  ) throws(InterchangeError) -> [(key: String, value: GGUFValue)] {
    let vocabularyValues: [(key: String, value: GGUFValue)] =
      try vocabulary.map { vocabulary throws(InterchangeError) in
        let name = (own.first { $0.key == "general.name" }?.value)?.string
        return try GGUFVocabulary.values(
          of: vocabulary, rowCount: rowCount,
          name: name ?? metadata.first { $0.0 == "general.name" }?.1, path: path)
      } ?? []
    let added = vocabularyValues + ends + storageValues(stored)
    let stale = keepsTypes ? [] : storageKeys
    let taken = Set((own + added).map { Array($0.key.utf8) } + stale.map { Array($0.utf8) })
    var kept: [(key: String, value: GGUFValue)] = []
    for (key, value) in try GGUFTypedText.values(metadata, path: path)
    where !taken.contains(Array(key.utf8)) {
      if key == "general.alignment", case .string(let text) = value, let size = UInt32(text) {
        // Files of earlier versions kept all values as strings.
        kept.append((key, .uint32(size)))
      } else {
        kept.append((key, value))
      }
    }
    return own + kept + added
  }
  /// The values of a file that is written again: as they stood, but for those that say how elements are
  /// stored, unless these are.
  package static func values(
    keeping values: [(key: String, value: GGUFValue)], storing stored: StoredElements,
    keepsTypes: Bool
  ) -> [(key: String, value: GGUFValue)] {
    guard !keepsTypes else { return values }
    var added = storageValues(stored)
    var kept: [(key: String, value: GGUFValue)] = []
    for pair in values {
      if let place = added.firstIndex(where: { $0.key.utf8.elementsEqual(pair.key.utf8) }) {
        kept.append(added.remove(at: place))
      } else if !storageKeys.contains(where: { $0.utf8.elementsEqual(pair.key.utf8) }) {
        kept.append(pair)
      }
    }
    return kept + added
  }

  private static let architectureKey = "general.architecture"
  private static let storageKeys = ["general.file_type", "general.quantization_version"]

  /// What says how a preset stores elements; nothing for other ways, which have no number of llama.cpp's.
  private static func storageValues(
    _ stored: StoredElements
  ) -> [(key: String, value: GGUFValue)] {
    guard case .preset(let preset) = stored else { return [] }
    return [(storageKeys[0], .uint32(preset.fileType)), (storageKeys[1], .uint32(2))]
  }
}
