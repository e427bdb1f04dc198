import GobbetBPE
import GobbetData
import GobbetInterchange
import GobbetSystem

/// Files of other programs, by what reads them.
enum ForeignKind: String, CaseIterable {
  case safetensors, gguf, numpy, pytorch, pickle, plan, llmc, ids, megatron, tokenizer, ranks,
    merges,
    settings

  /// Where the text of one execution lies, or the first of two.
  var ending: String {
    switch self {
    case .megatron: ".idx"
    case .numpy: ".npy"
    default: ".first"
    }
  }

  /// Where the second of two lies; nil for kinds of one file.
  var secondEnding: String? {
    switch self {
    case .megatron: ".bin"
    case .merges: ".second"
    default: nil
    }
  }

  /// Reads everything that the files `stem` and an ending offer.
  func read(_ stem: String) {
    let path = stem + ending
    switch self {
    case .safetensors: expected { use(try SafetensorsReader(path)) }
    case .gguf:
      expected {
        let reader = try GGUFReader(path)
        _ = reader.metadata
        _ = reader.gpt2Configuration
        expected { if let vocabulary = try reader.vocabulary() { use(vocabulary) } }
        use(reader)
      }
    case .numpy: expected { use(try NumPyReader(path)) }
    case .pytorch: expected { use(try PyTorchReader(path)) }
    case .pickle:
      // With right checksums, which a mutated archive has not.
      try? PickleArchive.write(path, to: stem + ".pt")
      expected { use(try PyTorchReader(stem + ".pt")) }
      expected { use(try PyTorchReader(stem + ".pt", key: "optimizer.state.0")) }
    case .plan:
      // The archives that it names lie beside it.
      expected { use(try DistributedCheckpoint(plan: path)) }
      expected { use(try DistributedCheckpoint(plan: path, key: "optimizer")) }
    case .llmc: expected { use(try LLMCCheckpoint(path)) }
    case .ids:
      expected { try use(ForeignTokens.nanoGPT(path)) }
      expected { try use(ForeignTokens.llmC(path)) }
      expected { try use(ForeignTokens.numPy(path)) }
    case .megatron: expected { try use(ForeignTokens.megatron(prefix: stem)) }
    case .tokenizer: expected { use(try TokenizerJSON.vocabulary(contentsOf: path)) }
    case .ranks:
      expected {
        let special = try SpecialTokens([
          SpecialToken(bytes: Array("<|end|>".utf8), id: 100_000)
        ])
        let vocabulary = try TiktokenRanks.vocabulary(
          contentsOf: path, pattern: .cl100k, specialTokens: special)
        use(vocabulary)
      }
    case .merges:
      expected {
        use(
          try VocabularyAndMerges.vocabulary(
            tokens: path, merges: stem + (secondEnding ?? ""), pattern: .gpt2))
      }
    case .settings:
      expected { _ = try GPT2Configuration(contentsOf: path) }
      expected { _ = try LoRAConfiguration(contentsOf: path) }
      expected { use(try SafetensorsIndex(path)) }
    }
  }
}

/// Runs `body`; it may throw one of the errors that files may give.
private func expected(_ body: () throws -> Void) {
  do {
    try body()
  } catch is InterchangeError {
  } catch is TensorError {
  } catch is VocabularyError {
  } catch is FileError {
  } catch {
    preconditionFailure("not an error of a file: \(error)")
  }
}

/// Reads every tensor, as it is and as one of a GPT-2.
private func use(_ source: some TensorSource) {
  readTensors(of: source)
  expected { if let weights = try GPT2Weights(source) { readTensors(of: weights) } }
}

private func readTensors(of source: some TensorSource) {
  _ = source.metadata
  for tensor in source.tensors where tensor.byteCount <= 1 << 20 {
    expected {
      let buffer = UnsafeMutableRawBufferPointer.allocate(
        byteCount: tensor.byteCount, alignment: 64)
      defer { buffer.deallocate() }
      try source.read(tensor, into: buffer)
      let part = tensor.byteCount / 3..<tensor.byteCount / 2
      try source.read(
        tensor, bytes: part, into: UnsafeMutableRawBufferPointer(rebasing: buffer[part]))
    }
  }
}

private func use(_ tokens: ForeignTokens) throws {
  let some = min(tokens.tokenCount, 1 << 16)
  _ = try tokens.tokens(in: 0..<some)
  for (start, end) in zip(tokens.documentBounds ?? [], (tokens.documentBounds ?? []).dropFirst()) {
    precondition(start <= end && end <= tokens.tokenCount, "a document outside of the tokens")
  }
}
