internal import GobbetBPE
internal import GobbetCorpus

extension ChatTemplate {
  /// What is said, and what answers it.
  private func dialogue() throws(ChatTemplateError) -> (role: String, asking: Turn, answering: Turn)
  {
    for (role, other) in [("user", "assistant"), ("instruction", "output")] {
      if let asking = turns[role], let answering = turns[other] { return (role, asking, answering) }
    }
    throw ChatTemplateError(
      description: "template \(name): no roles user and assistant, and so no prompt")
  }

  /// The tokens of a text that the user says, up to where the assistant's answer begins.
  ///
  /// - Throws: ``ChatTemplateError`` for a template without these roles, or with a token that the
  ///   vocabulary does not have.
  func prompt(_ text: String, _ tokenizer: Tokenizer) throws(ChatTemplateError) -> [TokenID] {
    let (role, asking, answering) = try dialogue()
    var template = self
    // One message, which what is before the answer ends.
    template.turns = [role: asking]
    template.turns["system"] = turns["system"]
    template.turns[role]?.lastAfter = nil
    template.end = answering.before
    var encoder = tokenizer.makeEncoder()
    var ids: [TokenID] = []
    _ = try ConversationEncoder(template, tokenizer).encode(
      Conversation(messages: [ConversationMessage(role: role, content: Array(text.utf8))]),
      &encoder,
      into: &ids)
    return ids
  }

  /// The tokens that stand after an answer.
  func answerEnds(_ vocabulary: Vocabulary) -> Set<TokenID> {
    guard let answering = try? dialogue().answering else { return [] }
    let ends = [answering.after, answering.lastAfter ?? [], end].compactMap { parts -> String? in
      if case .token(let name)? = parts.first?.kind { name } else { nil }
    }
    return Set(vocabulary.specialTokens.lazy.filter { ends.contains($0.text) }.map(\.id))
  }
}
