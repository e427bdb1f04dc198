import GobbetBPE
import GobbetData
import GobbetFile

/// What one open container may allocate while it is fuzzed.
let budget = 1 << 24

/// Reads everything that a container and its sections offer; typed errors are what is expected,
/// nothing else is.
func readAll(_ bytes: [UInt8]) {
  guard
    let container = expected({
      try ContainerReader(MemorySource(bytes), named: "fuzz", budget: budget)
    })
  else { return }
  for section in container.sections {
    expected { _ = try container.bytes(of: section) }
    let middle = section.byteCount / 2
    expected {
      _ = try container.bytes(of: section, in: middle..<min(section.byteCount, middle + 10))
    }
  }
  expected { _ = try container.metadata() }
  expected { _ = try container.signature()?.isValid(for: container.contentID) }
  expected { try container.verify() }
  if container.section(.vocabularyHeader) != nil {
    if let vocabulary = expected({ try Vocabulary(container) }) { use(vocabulary) }
  }
  if container.section(.tokenHeader) != nil {
    if let dataset = expected({ try TokenDataset([container], cacheByteBudget: 1 << 20) }) {
      use(dataset)
    }
  }
  if container.section(.countsHeader) != nil {
    expected { try PretokenCountsFile(container).forEachPretoken { _, _ in } }
  }
  if container.section(.tensorTable) != nil {
    if let weights = expected({ try WeightsReader(container) }) { use(weights) }
  }
}

/// What `body` gives; nil if it throws one of the errors that files may give.
@discardableResult
private func expected<Value>(_ body: () throws -> Value) -> Value? {
  do {
    return try body()
  } catch is FormatError {
    return nil
  } catch is TokenDatasetError {
    return nil
  } catch is TensorError {
    return nil
  } catch is LoadingError {
    // Tensors that differ from those of a file that is not there.
    return nil
  } catch {
    preconditionFailure("not an error of a file: \(error)")
  }
}

private func use(_ dataset: TokenDataset) {
  let some = min(dataset.tokenCount, 1 << 18)
  expected { _ = try dataset.tokens(in: 0..<some) }
  let end = dataset.tokenCount
  expected { _ = try dataset.tokens(in: (end - min(end, 9))..<end) }
  for index in 0..<min(dataset.documentCount, 50) {
    expected {
      let document = try dataset.document(index)
      _ = try dataset.tokens(in: document.prefix(1000))
      if !document.isEmpty { _ = try dataset.document(containing: document.lowerBound) }
    }
  }
  expected { _ = try dataset.documentSources() }
  expected { _ = try dataset.documentByteCounts() }
  expected { _ = try dataset.vocabulary() }
  let windows = dataset.windows(length: 8, stride: 4)
  if windows.count > 0 {
    var sampler = windows.sampler(seed: 1)
    if let window = sampler.next() { expected { _ = try windows[window].targets } }
  }
}

private func use(_ weights: WeightsReader) {
  for tensor in weights.tensors {
    expected { _ = try weights.bytes(of: tensor) }
    expected { _ = try weights.floats(of: tensor) }
    expected { try weights.forEachPiece(of: tensor) { _ in } }
  }
  expected { _ = try weights.vocabulary() }
}
