internal import GobbetBPE

extension IntegerType {
  /// Fills rows of inputs and of targets in two arrays of a caller's, each with what `read` writes.
  ///
  /// Numbers of the size of ids are written where they stay, others by way of one row of ids.
  /// - Precondition: both arrays have room for `count` rows of `length` numbers, and ids are of the type.
  func fillRows(
    _ count: Int, length: Int, inputs: UnsafeMutableRawPointer, targets: UnsafeMutableRawPointer,
    _ read: (Int, inout MutableSpan<TokenID>, inout MutableSpan<TokenID>) throws -> Void
  ) throws {
    guard !hasSizeOfIDs else {
      let inputs = inputs.assumingMemoryBound(to: TokenID.self)
      let targets = targets.assumingMemoryBound(to: TokenID.self)
      for row in 0..<count {
        let start = row * length
        var inputRow = MutableSpan(
          _unsafeElements: UnsafeMutableBufferPointer(start: inputs + start, count: length))
        var targetRow = MutableSpan(
          _unsafeElements: UnsafeMutableBufferPointer(start: targets + start, count: length))
        try read(row, &inputRow, &targetRow)
      }
      return
    }
    var inputRow = [TokenID](repeating: 0, count: length)
    var targetRow = inputRow
    for row in 0..<count {
      var inputSpan = inputRow.mutableSpan
      var targetSpan = targetRow.mutableSpan
      try read(row, &inputSpan, &targetSpan)
      store(inputRow.span, to: inputs, at: row * length)
      storeTargets(targetRow.span, to: targets, at: row * length)
    }
  }
}
