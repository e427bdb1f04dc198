extension TokenEncoder {
  /// Hands the tokens of a text to `body`, some at a time, by way of the vocabulary's pipeline.
  ///
  /// - Returns: the first special token that the policy refuses; what is after it is left out.
  mutating func forEachRun<Failure: Error>(
    of text: Span<UInt8>, _ pipeline: PipelineTables, _ policy: SpecialTokenPolicy,
    _ body: (UnsafeBufferPointer<TokenID>) throws(Failure) -> Void
  ) throws(Failure) -> SpecialTokenError? {
    let scanner = tokenizer.scanner
    if let escaped = tokenizer.escapedSpaces(policy) {
      return try pipeline.forEachPart(of: text, escaped, policy) {
        (token, part, isFirst) throws(Failure) in
        guard let token else {
          let hasPrefix = escaped.addsPrefix(to: part, isFirst: isFirst)
          return try unsafe core.forEachRun(of: part, hasPrefix: hasPrefix, scanner, body)
        }
        try unsafe withUnsafePointer(to: token.id) { id throws(Failure) in
          // SAFETY: the pointer is good for one id until the closure returns.
          try unsafe body(UnsafeBufferPointer(start: id, count: 1))
        }
      }
    }
    return try pipeline.forEachPart(of: text, .untracked, policy) {
      (token, part, _) throws(Failure) in
      guard let token else { return try unsafe core.forEachRun(of: part, scanner, body) }
      try unsafe withUnsafePointer(to: token.id) { id throws(Failure) in
        // SAFETY: the pointer is good for one id until the closure returns.
        try unsafe body(UnsafeBufferPointer(start: id, count: 1))
      }
    }
  }

  /// Appends the ids of a text to `ids` by way of the pipeline, and to `ends` where in the text what
  /// each token was made from ends.
  ///
  /// - Returns: the first special token that the policy refuses; what is after it is left out.
  @discardableResult mutating func encode(
    _ text: Span<UInt8>, _ pipeline: PipelineTables, _ policy: SpecialTokenPolicy = .none,
    into ids: inout [TokenID], ends: inout [Int]
  ) -> SpecialTokenError? {
    let scanner = tokenizer.scanner
    let vocabulary = tokenizer.vocabulary
    let symbols = tokenizer.tables.symbols
    return pipeline.forEachPart(of: text, .offset(0), policy) { token, part, source in
      if let token {
        ids.append(token.id)
        ends.append(source[part.count - 1])
        return
      }
      func encode(_ range: Range<Int>, _ scanner: PretokenScanner) {
        let first = ids.count
        let bytes = part.extracting(range)
        if let symbols, let merger = symbols.textMerger {
          merger.forEachToken(of: bytes, symbols) { id, end in
            ids.append(id)
            ends.append(source[range.lowerBound + end - 1])
          }
          return
        }
        unsafe core.forEachRun(of: bytes, scanner) { unsafe ids.append(contentsOf: $0) }
        var place = 0
        for id in ids[first...] {
          let token = vocabulary.bytes(of: id) ?? []
          place = symbols?.end(of: id, in: bytes, at: place, token) ?? place + token.count
          let end = range.lowerBound + place
          ends.append(end == 0 ? ends.last ?? 0 : source[end - 1])
        }
      }
      guard let expression = scanner.pattern.expression, expression.leavesOut else {
        return encode(0..<part.count, scanner)
      }
      // What is left out has no token, so that each pretoken says where its own are.
      expression.forEachPart(of: part) { encode($0, PretokenScanner(.whole)) }
    }
  }
}
