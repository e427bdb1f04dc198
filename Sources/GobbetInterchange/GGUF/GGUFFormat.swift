internal import GobbetBPE
internal import GobbetData

extension FileFormat {
  /// GGUF, as llama.cpp reads it.
  public static let gguf: FileFormat = {
    var format = FileFormat("gguf")
    format.endings = [".gguf"]
    format.noun = "a GGUF file"
    format.recognizes = { $0.begins(Array("GGUF".utf8)) }
    format.vocabularies = Vocabularies(
      read: { file, _ in
        guard let vocabulary = try GGUFReader(file).vocabulary() else {
          throw LoadingError(path: file.path, reason: "holds no vocabulary")
        }
        return vocabulary
      },
      leavesPatternOpen: { file in
        let name = try GGUFReader(file)["tokenizer.ggml.pre"]?.string
        return name == nil || name == "default"
      },
      write: { try GGUFVocabulary.write($0, to: $1, replacing: $2) },
      leavesOut: { GGUFVocabulary.parts(leftOutOf: $0) })
    format.weights = Weights(
      read: { file, choice in
        let reader = try GGUFReader(file, alone: choice.alone)
        return WeightsInput(file, .gguf, reader, .gguf(reader))
      }, holdsMetadata: true, storesBlocks: true)
    return format
  }()
}
