extension ContainerReader {
  /// Bytes that verifying the file decodes at most.
  ///
  /// They are in proportion to the file, so that a small one cannot take hours. `GOBBET_DECODING_BUDGET` in the environment is another number for all files.
  package var decodingBudget: Int {
    if let given = FormatLimits.environmentDecodingBudget { return given }
    let (share, overflow) = byteCount.multipliedReportingOverflow(by: 256)
    return overflow ? .max : max(FormatLimits.leastDecodingBudget, share)
  }

  /// Checks that this number of bytes of compressed content may be decoded to verify the file.
  ///
  /// - Throws: ``FormatError`` (`overDecodingBudget`).
  package func requireDecoding(of byteCount: Int, _ field: String) throws(FormatError) {
    let budget = decodingBudget
    guard byteCount <= budget else {
      throw FormatError(
        code: .overDecodingBudget(needed: byteCount, budget: budget), offset: 0, field: field,
        file: path)
    }
  }

  /// Checks that the file may be decoded as a whole to verify it.
  ///
  /// - Throws: ``FormatError`` (`overDecodingBudget`).
  package func requireDecoding() throws(FormatError) { try requireDecoding(of: sections) }

  /// Checks that the compressed ones of `sections` may be decoded to verify the file.
  ///
  /// - Throws: ``FormatError`` (`overDecodingBudget`).
  func requireDecoding(of sections: [ContainerSection]) throws(FormatError) {
    var total = 0
    for section in sections where section.codec == .zstd {
      total = total.addingReportingOverflow(section.byteCount).partialValue
      // A file has fewer than 2^60 bytes of content in a section: a sum that turned negative is too much.
      try requireDecoding(of: total < 0 ? .max : total, "section.byteCount")
    }
  }
}
