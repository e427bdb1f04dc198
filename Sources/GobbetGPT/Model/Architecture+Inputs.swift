package import GobbetBPE
package import GobbetData

extension Architecture {
  /// Refuses an encoder, which has no logits.
  ///
  /// - Throws: ``GPTError`` (`noHead`).
  package func requireHead() throws(GPTError) {
    guard hasHead else { throw GPTError(.noHead) }
  }

  /// Refuses tokens that no model of this kind takes, whatever its weights are.
  ///
  /// - Throws: ``GPTError`` (`noTokens`, `unknownToken`).
  package func check(_ ids: [TokenID]) throws(GPTError) {
    guard !ids.isEmpty else { throw GPTError(.noTokens) }
    if let index = ids.firstIndex(where: { $0 >= vocabularySize }) {
      throw GPTError(.unknownToken(ids[index], index: index, bound: vocabularySize))
    }
  }

  /// Refuses a sequence that the context does not hold.
  ///
  /// - Throws: ``GPTError`` (`contextExceeded`).
  package func check(tokenCount: Int) throws(GPTError) {
    guard tokenCount <= contextLength else {
      throw GPTError(.contextExceeded(tokenCount: tokenCount, contextLength: contextLength))
    }
  }
}
