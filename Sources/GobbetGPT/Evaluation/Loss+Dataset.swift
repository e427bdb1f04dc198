public import GobbetData

extension ForwardPass {
  /// The loss over some windows of a token dataset, which go through the model together; targets that
  /// don't count in a loss are left out.
  ///
  /// - Throws: ``GPTError`` as `logits` does, `unknownToken` for targets too.
  public func loss(_ batch: TokenBatch) throws(GPTError) -> Loss {
    try loss(
      (0..<batch.windowCount).map { window in
        let tokens = (window * batch.length)..<((window + 1) * batch.length)
        return Window(
          inputs: Array(batch.inputs[tokens]),
          targets: batch.targets[tokens].map { $0 == TokenBatch.ignoredTarget ? nil : $0 })
      })
  }
}
