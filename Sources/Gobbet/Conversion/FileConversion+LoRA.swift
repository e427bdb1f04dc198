internal import GobbetData
internal import GobbetInterchange
internal import GobbetSystem

extension FileConversion {
  /// Merges a low-rank adapter into the weights at `input`, and writes them to `output`.
  ///
  /// `adapter` is a file of matrices, or a folder as PEFT saves it; `adapter_config.json` beside the
  /// matrices says how they are scaled, or `alpha` does. Both may be one file, as the book trains them.
  /// Returns how many layers were changed.
  /// - Throws: `LoadingError` if one of the two holds no weights; `InterchangeError` if they do not
  ///   fit; the errors of both formats; what `progress` throws.
  public func mergeLoRA(
    _ adapter: String, into input: String, alpha: Double? = nil, to output: String,
    format: FileFormat, replacing: Bool = false, progress: Progress = { _, _ in }
  ) throws -> (result: Result, updateCount: Int) {
    let file = try OpenedFile(input)
    guard let weights = try WeightsInput(file) else {
      throw try FileDescription.error(file, wanted: "weights")
    }
    guard format.writesWeights else {
      throw LoadingError(path: input, reason: "holds weights, which \(format) does not")
    }
    try check(format, .weights)
    let isFolder = (try? FileStatus(of: adapter).kind) == .directory
    let matrices = isFolder ? "\(adapter)/adapter_model.safetensors" : adapter
    let isWholeModel = isSameFile(matrices, input)
    let adapterFile = isWholeModel ? file : try OpenedFile(matrices)
    guard let source = isWholeModel ? weights.source : try WeightsInput(adapterFile)?.source else {
      throw try FileDescription.error(adapterFile, wanted: "weights of an adapter")
    }
    var configuration =
      try adapterFile.neighbour("adapter_config.json").map { try LoRAConfiguration($0) }
      ?? LoRAConfiguration()
    if let alpha { configuration.alpha = alpha }
    let merged = try MergedWeights(
      weights.elements().widened(),
      LoRAAdapter(source.widened(), configuration, path: matrices, allowingOthers: isWholeModel),
      path: input)
    let result = try write(
      weights, merged, to: output, format: format, replacing: replacing, progress: progress)
    return (result, merged.updateCount)
  }
}

/// Whether two paths name the same file.
private func isSameFile(_ first: String, _ second: String) -> Bool {
  guard let one = try? FileStatus(of: first), let other = try? FileStatus(of: second) else {
    return false
  }
  return one.identity == other.identity
}
