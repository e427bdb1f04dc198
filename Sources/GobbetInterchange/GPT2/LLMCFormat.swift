internal import GobbetData

extension FileFormat {
  /// A checkpoint of llm.c.
  public static let llmC: FileFormat = {
    var format = FileFormat("llm.c")
    format.noun = "a checkpoint of llm.c"
    // 20240326.
    format.recognizes = { $0.begins([0xC6, 0xD7, 0x34, 0x01]) }
    format.weights = Weights(
      read: { file, _ in
        let checkpoint = try LLMCCheckpoint(file)
        return WeightsInput(file, .llmC, checkpoint, .neighbours(checkpoint.configuration))
      },
      sink: { throw LoadingError(path: $0.path, reason: "llm.c has a place for a GPT-2 only") },
      hasNeighbours: true,
      reasonAgainst: { $0 == .float16 ? "llm.c has f32 and bf16 only" : nil })
    return format
  }()
}
